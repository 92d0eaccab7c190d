/** Which claim a part of an expression is, directly or through the mapping. */

import type { TokenClaims } from '../claims.js';
import type { ClaimKind } from '../differences.js';
import type { FindingCode } from '../findings.js';
import type { CelExpr } from './cel-tree.js';
import { pathOf } from './cel-tree.js';
import type { Program } from './cel.js';

export interface Meaning {
  readonly kind: ClaimKind;
  /** The finding if such a claim differs, if there is a specific one. */
  readonly part: FindingCode | undefined;
  readonly claim: string | undefined;
}

const KINDS: ReadonlyMap<string, ClaimKind> = new Map([
  ['iss', 'issuer'],
  ['aud', 'audience'],
  ['sub', 'subject'],
  ['scope', 'subject'],
]);

const PARTS: ReadonlyMap<string, FindingCode> = new Map([
  ['environment', 'environment_differs'],
  ['project', 'project_differs'],
  ['project_id', 'project_differs'],
  ['owner', 'team_differs'],
  ['owner_id', 'team_differs'],
]);

const OTHER: Meaning = { kind: 'other', part: undefined, claim: undefined };

const meaningOf = (claim: string): Meaning => ({
  kind: KINDS.get(claim) ?? 'other',
  part: PARTS.get(claim),
  claim,
});

/**
 * By its name where the expression is a claim, or an attribute that is mapped to one; else by the value that it gave,
 * as of `assertion.sub.split(':')[5]`.
 */
export function meaningIn(
  expr: CelExpr,
  value: string,
  mapping: ReadonlyMap<string, Program>,
  claims: TokenClaims,
): Meaning {
  const claim = claimOf(expr, mapping);
  if (claim !== undefined) return meaningOf(claim);
  const same = [...KINDS.keys(), ...PARTS.keys()].filter((name) => claims[name] === value);
  const [first, ...others] = same.map(meaningOf);
  const isOne = others.every(({ kind, part }) => kind === first?.kind && part === first.part);
  return first === undefined || !isOne ? OTHER : first;
}

/** `assertion.sub` of `google.subject` too, where that is mapped to it. */
function claimOf(expr: CelExpr, mapping: ReadonlyMap<string, Program>): string | undefined {
  const path = pathOf(expr);
  if (path === undefined) return undefined;
  if (path.startsWith('assertion.')) return path.slice('assertion.'.length);
  const source = mapping.get(path)?.expression.root;
  const origin = source === undefined ? undefined : pathOf(source);
  return origin?.startsWith('assertion.') === true ? origin.slice('assertion.'.length) : undefined;
}

/** The claim that holds an id where this one holds a name, and vice versa. */
const TWINS: ReadonlyMap<string, string> = new Map([
  ['owner', 'owner_id'],
  ['owner_id', 'owner'],
  ['project', 'project_id'],
  ['project_id', 'project'],
]);

/** `wanted` is the value of the claim's twin: an id where the token has a name, or a name for an id. */
export function twinMistake(
  { claim }: Meaning,
  wanted: string,
  presented: string,
  claims: TokenClaims,
): { readonly code: FindingCode; readonly message: string } | undefined {
  const twin = claim === undefined ? undefined : TWINS.get(claim);
  if (claim === undefined || twin === undefined || wanted === '') return undefined;
  const isId = twin.endsWith('_id');
  const isOfTwin = claims[twin] === wanted || (isId && /^(?:team|prj)_/.test(wanted));
  if (!isOfTwin) return undefined;
  return {
    code: isId ? 'id_instead_of_name' : 'name_instead_of_id',
    message: `\`${claim}\` holds ${isId ? 'a name' : 'an id'}, ${JSON.stringify(presented)}; ${JSON.stringify(wanted)} is ${isId ? 'an id' : 'a name'}, as in \`${twin}\`.`,
  };
}
