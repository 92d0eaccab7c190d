/** `explain` for Google Cloud: a pool's provider, and a service account's allow policy, against a token. */

import type { TokenClaims } from '../claims.js';
import type { Explanation } from '../findings.js';
import { permissiveFindings } from '../permissive.js';
import { assertKind, isAncestorList, onlyOne } from '../recognise.js';
import { evaluating } from './cel.js';
import { checksOf } from './gcp-checks.js';
import { invalidFindings, notesOf, providerFindings } from './gcp-findings.js';
import { compileProvider, readPoolProvider } from './identity.js';
import { answerOf, judgeGcp, type GcpTrust } from './judge-gcp.js';
import { readInherited, readBindings } from './members.js';

/** The allow policies that may give the token a role. */
export interface GcpAccess {
  /** Undefined: no service account is judged. */
  readonly serviceAccountPolicy: unknown;
  readonly projectPolicies: readonly unknown[];
}

/** @throws PolicyFileError */
export function explainGcp(
  value: unknown,
  claims: TokenClaims,
  access: GcpAccess,
): Omit<Explanation, 'cloud' | 'summary'> {
  // The library takes plain objects alone, and claims have no prototype.
  return evaluating(() => explained(value, structuredClone(claims), access));
}

function explained(
  value: unknown,
  claims: TokenClaims,
  { serviceAccountPolicy, projectPolicies }: GcpAccess,
): Omit<Explanation, 'cloud' | 'summary'> {
  assertKind(value, 'gcp', 'policy');
  if (serviceAccountPolicy !== undefined)
    assertKind(serviceAccountPolicy, 'gcp-allow-policy', 'serviceAccountPolicy');
  for (const policy of projectPolicies)
    if (!isAncestorList(policy)) assertKind(policy, 'gcp-allow-policy', 'projectPolicies');
  const provider = readPoolProvider(onlyOne(value, 'gcp', 'policy'));
  const compiled = compileProvider(provider);
  const bindings = serviceAccountPolicy === undefined ? undefined : readBindings(serviceAccountPolicy);
  const trust: GcpTrust = { provider, compiled, bindings, inherited: readInherited(projectPolicies) };
  const judgement = judgeGcp(trust, claims);
  const checks = checksOf(trust, judgement, claims);
  const invalid = [...invalidFindings(trust)];
  if (invalid.length > 0)
    return { verdict: 'invalid', answer: 'INVALID_ARGUMENT', checks, findings: invalid };
  const { allowed } = judgement;
  const notes = [...notesOf(trust, judgement, claims)];
  if (allowed === true) {
    const isAccepted = (other: TokenClaims): boolean => judgeGcp(trust, other).allowed === true;
    // What the principals may do is in the bindings: without them nothing is known to be too permissive.
    const open = permissiveFindings(
      claims,
      bindings === undefined ? 'attributeCondition' : 'bindings',
      isAccepted,
    ).map((found) =>
      bindings === undefined && found.code !== 'any_team' ? { ...found, severity: 'note' as const } : found,
    );
    return { verdict: 'allowed', answer: undefined, checks, findings: [...open, ...notes] };
  }
  return {
    verdict: allowed === undefined ? 'undecided' : 'refused',
    answer: allowed === undefined ? undefined : answerOf(judgement),
    checks,
    findings: [...providerFindings(trust, judgement, claims), ...notes],
  };
}
