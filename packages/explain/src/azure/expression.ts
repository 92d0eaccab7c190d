/**
 * The expressions of flexible federated credentials, language version 1: comparisons of claims by `eq` and `matches`
 * (`*` for any run, `?` for any one character), joined by `and`.
 * https://learn.microsoft.com/entra/workload-id/workload-identities-flexible-federated-identity-credentials
 */

import type { TokenClaims } from '../claims.js';
import { fitsPattern } from '../aws/glob.js';

export interface Comparison {
  readonly claim: string;
  readonly operator: 'eq' | 'matches';
  readonly wanted: string;
}

/** A lookup, one space, the operator, one space, a text in single quotes, in which a doubled quote is one. */
const COMPARISON = /claims\['([^']+)'\] (eq|matches) '((?:[^']|'')*)'( and |$)/y;

/** Longer than Graph takes by far. */
const LONGEST = 8_192;

/** Undefined where it is in no form that is documented. */
export function parseExpression(expression: string): readonly Comparison[] | undefined {
  if (expression.length > LONGEST) return undefined;
  const comparisons: Comparison[] = [];
  COMPARISON.lastIndex = 0;
  for (;;) {
    const [matched, claim = '', operator, wanted = '', next] = COMPARISON.exec(expression) ?? [];
    if (matched === undefined) return undefined;
    comparisons.push({
      claim,
      operator: operator === 'eq' ? 'eq' : 'matches',
      wanted: wanted.replaceAll("''", "'"),
    });
    if (next === '') return comparisons;
  }
}

/** The claim as a text; undefined where it is absent or something else: nothing holds of it. */
export function textClaim(claims: TokenClaims, name: string): string | undefined {
  const value: unknown = Object.hasOwn(claims, name) ? claims[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}

export function holds({ claim, operator, wanted }: Comparison, claims: TokenClaims): boolean {
  const presented = textClaim(claims, claim);
  if (presented === undefined) return false;
  return operator === 'eq' ? presented === wanted : fitsPattern(wanted, presented, undefined) === true;
}

const OPERATORS_OF_GITHUB: Readonly<Record<string, readonly string[]>> = {
  sub: ['eq', 'matches'],
  job_workflow_ref: ['eq', 'matches'],
  repository_id: ['eq'],
  repository_owner_id: ['eq'],
};
const OPERATORS_OF_OTHERS: typeof OPERATORS_OF_GITHUB = { sub: ['eq', 'matches'] };

const GITHUB = 'https://token.actions.githubusercontent.com';
const OTHERS = /^https:\/\/(?:gitlab\.(?:[^/]+\.)?(?:com|ca)|app\.(?:eu\.)?terraform\.io)$/;

export interface ExpressionProblem {
  readonly code: 'malformed_policy' | 'flexible_credential' | 'flexible_claim' | 'refused_today';
  readonly message: string;
}

interface Placed {
  readonly issuer: string;
  readonly isManagedIdentity: boolean;
}

/** Why Graph does not keep the expression, or would not keep it today. */
export function problemOfExpression(
  expression: string,
  { issuer, isManagedIdentity }: Placed,
): ExpressionProblem | undefined {
  const comparisons = parseExpression(expression);
  if (comparisons === undefined)
    return {
      code: 'malformed_policy',
      message:
        "An expression is `claims['sub'] matches 'text with * and ?'`: `eq` or `matches` between single spaces, single quotes, and ` and ` between comparisons.",
    };
  if (issuer !== GITHUB && !OTHERS.test(issuer))
    return {
      code: 'flexible_credential',
      message: `Entra keeps no claimsMatchingExpression for the issuer ${JSON.stringify(issuer)}.`,
    };
  if (issuer === GITHUB && isManagedIdentity)
    return {
      code: 'flexible_credential',
      message: `Entra keeps no claimsMatchingExpression for the issuer ${JSON.stringify(issuer)} on a managed identity.`,
    };
  return claimProblem(comparisons, issuer === GITHUB);
}

function claimProblem(comparisons: readonly Comparison[], isGitHub: boolean): ExpressionProblem | undefined {
  const operators = isGitHub ? OPERATORS_OF_GITHUB : OPERATORS_OF_OTHERS;
  const wrong = comparisons.find(
    ({ claim, operator }) =>
      !(Object.hasOwn(operators, claim) ? (operators[claim] ?? []) : []).includes(operator),
  );
  if (wrong !== undefined)
    return {
      code: 'flexible_claim',
      message: `Entra allows no \`${wrong.operator}\` on the claim ${JSON.stringify(wrong.claim)} for this issuer.`,
    };
  if (!isGitHub || comparisons.some(({ claim }) => /^repository_(?:owner_)?id$/.test(claim)))
    return undefined;
  return {
    code: 'refused_today',
    message:
      'A new expression for GitHub compares `repository_id` or `repository_owner_id` with `eq`. An older one stays as it is.',
  };
}
