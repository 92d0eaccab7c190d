/** `expect`: refuse to exchange any token but that of one project, environment or team. */

import type { SubjectClaims } from '../contract.js';
import { FederationError, presentedToken } from '../errors.js';
import { invalidOption, unknownOption } from '../options/assert.js';
import { ownCopy } from '../own.js';
import { shown } from '../redact.js';

/** Each member that is set must equal the token's claim. Ids survive a rename; names don't. */
export interface Expectation {
  /** `prj_…`: the claim `project_id`. */
  readonly projectId?: string | undefined;
  /** `team_…`: the claim `owner_id`. */
  readonly ownerId?: string | undefined;
  /** `production`, `preview`, `development` or a custom environment's slug: the claim `environment`. */
  readonly environment?: string | undefined;
  /** The project's name: the claim `project`. */
  readonly project?: string | undefined;
  /** The team's slug: the claim `owner`. */
  readonly owner?: string | undefined;
}

const CLAIM_OF = {
  projectId: 'project_id',
  ownerId: 'owner_id',
  environment: 'environment',
  project: 'project',
  owner: 'owner',
} as const satisfies Record<keyof Expectation, keyof SubjectClaims>;

const MEMBERS = Object.keys(CLAIM_OF) as readonly (keyof Expectation)[];

/** Under it every team's token carries one issuer, and a name that one team gives up another may take. */
const GLOBAL_ISSUER = 'https://oidc.vercel.com';

/** The option as plain data with known members only; `undefined` where nothing is expected. */
export function normalizeExpectation(value: unknown): Expectation | undefined {
  if (value === undefined) return undefined;
  const says = `an object of ${MEMBERS.join(', ')}, at least one of them`;
  if (typeof value !== 'object' || value === null) throw invalidOption({ option: 'expect' }, says, value);
  const given = Object.entries(value).filter(([, wanted]) => wanted !== undefined);
  if (given.length === 0) throw invalidOption({ option: 'expect' }, says, value);
  for (const [member, wanted] of given) {
    if (!(MEMBERS as readonly string[]).includes(member))
      throw unknownOption('`expect`', member, MEMBERS, undefined, 'expect.');
    if (typeof wanted !== 'string' || wanted === '') {
      throw invalidOption({ option: `expect.${member}` }, 'a string that is not empty', wanted);
    }
  }
  return Object.freeze(ownCopy(Object.fromEntries(given))) as Expectation;
}

/**
 * Holds a token's claims against the expectation, before any cloud is called.
 * @throws FederationError `subject_mismatch`
 */
export function assertExpected(expectation: Expectation | undefined, claims: SubjectClaims): void {
  if (expectation === undefined) return;
  const presented = presentedToken(claims);
  if (
    claims.iss === GLOBAL_ISSUER &&
    expectation.projectId === undefined &&
    expectation.ownerId === undefined
  ) {
    throw new FederationError({
      code: 'subject_mismatch',
      provider: 'vercel',
      message: 'The token comes from the global issuer, where names can be reused by another team.',
      hint: 'Add `projectId` (prj_…) or `ownerId` (team_…) to `expect`, or switch the project to the team issuer.',
      presented,
    });
  }
  const wrong = MEMBERS.filter(
    (member) => expectation[member] !== undefined && claims[CLAIM_OF[member]] !== expectation[member],
  );
  if (wrong.length === 0) return;
  const said = wrong.map(
    (member) =>
      `${member} ${quoted(claims[CLAIM_OF[member]])} where ${quoted(expectation[member])} is expected`,
  );
  throw new FederationError({
    code: 'subject_mismatch',
    provider: 'vercel',
    message: `The subject token is not of the expected identity: ${said.join('; ')}.`,
    hint: 'Nothing was sent to the cloud. Use the token of the expected deployment, or change `expect`.',
    presented,
  });
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? `'${shown(value)}'` : 'none';
}
