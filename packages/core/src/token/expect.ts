/** `expect`: refuse to exchange any token but that of one project, environment or team. */

import type { SubjectClaims, TokenSourceDescription } from '../contract.js';
import { invalidOption, unknownOption } from '../options/assert.js';
import { ownCopy } from '../own.js';
import { loadOnce } from '../runtime/load-once.js';

/** Loaded with the first failure. */
const loadErrors = /* @__PURE__ */ loadOnce(() => import('./source-error.js'));

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

/** Whether the claims of a token are those that are expected. */
export function isExpected(
  expectation: Expectation | undefined,
  claims: SubjectClaims,
  { sharedIssuers = [] }: TokenSourceDescription,
): boolean {
  if (expectation === undefined) return true;
  if (isNameOnly(expectation) && sharedIssuers.includes(claims.iss ?? '')) return false;
  return unexpectedMembers(expectation, claims).length === 0;
}

/**
 * Compares a token's claims with the expectation, before any cloud is called.
 * @throws FederationError `subject_mismatch`
 */
export async function assertExpected(
  expectation: Expectation | undefined,
  claims: SubjectClaims,
  about: TokenSourceDescription,
): Promise<void> {
  if (expectation === undefined || isExpected(expectation, claims, about)) return;
  const { subjectMismatch } = await loadErrors();
  throw await subjectMismatch(expectation, claims, about);
}

/** True for an expectation without an id: names can be reused. */
export function isNameOnly({ projectId, ownerId }: Expectation): boolean {
  return projectId === undefined && ownerId === undefined;
}

/** The members that differ from the token's claims, with the claims that they stand for. */
export function unexpectedMembers(
  expectation: Expectation,
  claims: SubjectClaims,
): (readonly [member: keyof Expectation, claim: unknown])[] {
  return MEMBERS.filter((member) => expectation[member] !== undefined)
    .map((member) => [member, claims[CLAIM_OF[member]]] as const)
    .filter(([member, claim]) => claim !== expectation[member]);
}
