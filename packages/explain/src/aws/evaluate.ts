/** What the statements of policies decide about one request, in three-valued logic. */

import type { Truth } from '../truth.js';
import { allOf, anyOf } from '../truth.js';
import { fitsName, fitsPattern } from './glob.js';
import type { Policy, Statement } from './policy-document.js';
import type { Condition, Principal } from './policy-elements.js';
import { isMultivalued } from './request-keys.js';
import type { Lookup } from './request-keys.js';

export interface AccessRequest {
  /** `sts:AssumeRoleWithWebIdentity`, `s3:GetObject`. */
  readonly action: string;
  /** The ARN. Compared only if a statement has resources. */
  readonly resource?: string | undefined;
  readonly keys: Lookup;
  /** Whether a principal of a trust policy is the caller. Left out: principals are not compared. */
  readonly isCaller?: ((principal: Principal) => Truth) | undefined;
}

export interface JudgedStatement {
  readonly statement: Statement;
  readonly isCaller: Truth;
  readonly isAction: boolean;
  readonly conditions: readonly { readonly condition: Condition; readonly holds: Truth }[];
  readonly applies: Truth;
}

export interface Decision {
  /**
   * A Deny that matches wins over every Allow. `implicit-deny`: no statement allows the request. `undecided`: it depends
   * on a key whose value is not known, or on a rule that AWS does not document.
   */
  readonly effect: 'allow' | 'explicit-deny' | 'implicit-deny' | 'undecided';
  /** All statements of all policies, in their order. */
  readonly statements: readonly JudgedStatement[];
}

export function decide(policies: readonly Policy[], request: AccessRequest): Decision {
  const statements = policies.flatMap((policy) => {
    const variables = policy.hasVariables ? request.keys : undefined;
    return policy.statements.map((one) => judgeStatement(one, request, variables));
  });
  const ofEffect = (effect: Statement['effect']): Truth =>
    anyOf(statements.filter(({ statement }) => statement.effect === effect).map(({ applies }) => applies));
  const [allows, denies] = [ofEffect('Allow'), ofEffect('Deny')];
  if (denies === true) return { effect: 'explicit-deny', statements };
  if (allows === false) return { effect: 'implicit-deny', statements };
  return { effect: allows === true && denies === false ? 'allow' : 'undecided', statements };
}

function judgeStatement(
  statement: Statement,
  { action, resource = '', keys, isCaller }: AccessRequest,
  variables: Lookup | undefined,
): JudgedStatement {
  const { actions, resources } = statement;
  const caller = isCaller === undefined ? true : anyOf(statement.principals.map(isCaller));
  const isAction = actions.patterns.some((pattern) => fitsName(pattern, action)) !== actions.isNegated;
  const named = anyOf(
    (resources?.patterns ?? ['*']).map((pattern) => fitsPattern(pattern, resource, variables)),
  );
  const isResource = named === undefined ? named : named !== (resources?.isNegated ?? false);
  const conditions = statement.conditions.map((condition) => ({
    condition,
    holds: holdsOf(condition, keys, variables),
  }));
  const holds = conditions.map((one) => one.holds);
  return {
    statement,
    isCaller: caller,
    isAction,
    conditions,
    applies: allOf([caller, isAction, isResource, ...holds]),
  };
}

/** A value that is computed later can only add to what a comparison finds. */
function holdsOf(
  { operator, key, values, computed }: Condition,
  keys: Lookup,
  variables: Lookup | undefined,
): Truth {
  const presented = keys(key);
  // A plain operator never matches a key that may have several values.
  if (
    operator.set === undefined &&
    operator.base !== 'Null' &&
    typeof presented !== 'string' &&
    isMultivalued(key, presented)
  )
    return false;
  const holds = operator.test(presented, values, variables);
  if (computed.length === 0 || holds === undefined) return holds;
  return holds === !operator.isNegated ? holds : undefined;
}
