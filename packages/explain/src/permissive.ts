/**
 * What else a policy lets in: found by asking it again about tokens that nobody should hold, and so by what it does,
 * not by how it looks.
 */

import type { TokenClaims } from './claims.js';
import { teamOfIssuer } from './differences.js';
import type { Finding } from './explanation.js';
import type { FindingCode } from './finding-codes.js';
import { finding } from './findings.js';

const STRANGER = 'credex-probe';

interface Probe {
  readonly code: FindingCode;
  readonly claims: TokenClaims;
  readonly message: string;
  /** Says more than these, which are then left out. */
  readonly covers?: readonly FindingCode[];
}

/** @param isLetIn whether the policy lets a token of these claims in as it does the one at hand */
export function permissiveFindings(
  claims: TokenClaims,
  at: string,
  isLetIn: (claims: TokenClaims) => boolean,
): readonly Finding[] {
  const found = probesOf(claims).filter((probe) => isLetIn(probe.claims));
  const covered = new Set(found.flatMap(({ covers }) => covers ?? []));
  return found
    .filter(({ code }) => !covered.has(code))
    .map(({ code, message }) => finding(code, at, message));
}

function probesOf(claims: TokenClaims): readonly Probe[] {
  const { owner = '', project = '', environment = '' } = claims;
  const of = (team: string, name: string, stage: string): Partial<TokenClaims> => ({
    sub: `owner:${team}:project:${name}:environment:${stage}`,
    scope: `owner:${team}:project:${name}:environment:${stage}`,
    owner: team,
    project: name,
    environment: stage,
  });
  const otherProject = { project_id: `prj_${STRANGER}` };
  const probes: Probe[] = [
    {
      code: 'any_project',
      claims: { ...claims, ...of(owner, STRANGER, environment), ...otherProject },
      message: `Any other project of the team ${JSON.stringify(owner)} gets in as well.`,
      covers: ['project_pattern'],
    },
    {
      code: 'project_pattern',
      claims: { ...claims, ...of(owner, `${project}-${STRANGER}`, environment), ...otherProject },
      message: `Any project whose name begins with ${JSON.stringify(project)} gets in as well.`,
    },
    {
      code: 'any_environment',
      claims: { ...claims, ...of(owner, project, STRANGER) },
      message: `Every environment of ${JSON.stringify(project)} gets in, not only ${JSON.stringify(environment)}.`,
    },
    {
      code: 'any_audience',
      claims: { ...claims, aud: `https://${STRANGER}.example` },
      message: 'A token of any audience gets in: nothing here asks for one.',
    },
  ];
  if (claims.iss !== undefined && teamOfIssuer(claims.iss) === '')
    probes.push({
      code: 'any_team',
      claims: {
        ...claims,
        ...of(STRANGER, project, environment),
        ...otherProject,
        owner_id: `team_${STRANGER}`,
        aud: `https://vercel.com/${STRANGER}`,
      },
      message: "The issuer is Vercel's global one, and nothing asks whose token it is: every team gets in.",
    });
  return probes;
}
