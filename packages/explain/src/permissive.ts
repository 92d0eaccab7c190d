/**
 * What else a policy accepts: it is evaluated again with tokens of another project, environment, audience and team, so that
 * its effect decides, not its form.
 */

import type { TokenClaims } from './claims.js';
import { teamOfIssuer } from './differences.js';
import { finding } from './findings.js';
import type { Finding, FindingCode } from './findings.js';

const STRANGER = 'credex-probe';

interface Probe {
  readonly code: FindingCode;
  readonly claims: TokenClaims;
  readonly message: string;
  /** Less specific findings, which are left out. */
  readonly covers?: readonly FindingCode[];
}

/** @param isAccepted whether the policy accepts a token with these claims too */
export function permissiveFindings(
  claims: TokenClaims,
  at: string,
  isAccepted: (claims: TokenClaims) => boolean,
): readonly Finding[] {
  const found = probesOf(claims).filter((probe) => isAccepted(probe.claims));
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
      message: `Any other project of the team ${JSON.stringify(owner)} is accepted as well.`,
      covers: ['project_pattern'],
    },
    {
      code: 'project_pattern',
      claims: { ...claims, ...of(owner, `${project}-${STRANGER}`, environment), ...otherProject },
      message: `Any project whose name begins with ${JSON.stringify(project)} is accepted as well.`,
    },
    {
      code: 'any_environment',
      claims: { ...claims, ...of(owner, project, STRANGER) },
      message: `Every environment of ${JSON.stringify(project)} is accepted, not only ${JSON.stringify(environment)}.`,
    },
    {
      code: 'any_audience',
      claims: { ...claims, aud: `https://${STRANGER}.example` },
      message: 'A token of any audience is accepted: no condition compares it.',
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
      message:
        "The issuer is Vercel's global one, and no condition compares the team: every team is accepted.",
    });
  return probes;
}
