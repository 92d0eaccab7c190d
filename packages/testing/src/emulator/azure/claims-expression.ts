/**
 * The expressions of flexible federated credentials (language version 1): comparisons by `eq` and `matches`, joined by
 * `and`, of the claims that Entra allows for each issuer. From Microsoft's page "Flexible federated identity
 * credentials"; what Graph does beyond it was recorded in 2026 (github.com/verbanicm/azure-flexible-fic).
 */
import { matchesPattern } from '../aws/wildcards.js';

type Operator = 'eq' | 'matches';

export interface Comparison {
  readonly claim: string;
  readonly operator: Operator;
  readonly wanted: string;
}

export type IdentityKind = 'application' | 'managed-identity';

/** One space around the operator; a single quote stands for itself when it is doubled. */
const COMPARISON = /^claims\['([^']+)'\] (eq|matches) '((?:[^']|'')*)'/;

/** Undefined where it is no expression. */
export function parseExpression(text: string): readonly Comparison[] | undefined {
  const comparisons: Comparison[] = [];
  let rest = text;
  for (;;) {
    const [matched, claim = '', operator, wanted = ''] = COMPARISON.exec(rest) ?? [];
    if (matched === undefined) return undefined;
    comparisons.push({ claim, operator: operator as Operator, wanted: wanted.replaceAll("''", "'") });
    rest = rest.slice(matched.length);
    if (rest === '') return comparisons;
    if (!rest.startsWith(' and ')) return undefined;
    rest = rest.slice(' and '.length);
  }
}

/** Every comparison, in every letter; a claim that is absent or no text fits nothing. */
export const holdsExpression = (
  comparisons: readonly Comparison[],
  claims: Readonly<Record<string, unknown>>,
): boolean =>
  comparisons.every(({ claim, operator, wanted }) => {
    const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined;
    if (typeof value !== 'string') return false;
    return operator === 'eq' ? value === wanted : matchesPattern(wanted, value);
  });

interface IssuerRules {
  readonly issuer: RegExp;
  readonly claims: Readonly<Record<string, readonly Operator[]>>;
  /** One of these has to be compared. */
  readonly required?: readonly string[];
  readonly kinds: readonly IdentityKind[];
}

const BOTH: readonly Operator[] = ['eq', 'matches'];
const ANY_KIND: readonly IdentityKind[] = ['application', 'managed-identity'];

const RULES: readonly IssuerRules[] = [
  {
    issuer: /^https:\/\/token\.actions\.githubusercontent\.com$/,
    claims: { sub: BOTH, job_workflow_ref: BOTH, repository_id: ['eq'], repository_owner_id: ['eq'] },
    required: ['repository_id', 'repository_owner_id'],
    kinds: ['application'],
  },
  { issuer: /^https:\/\/gitlab\.(?:[^/]+\.)?(?:com|ca)$/, claims: { sub: BOTH }, kinds: ANY_KIND },
  { issuer: /^https:\/\/app\.(?:eu\.)?terraform\.io$/, claims: { sub: BOTH }, kinds: ANY_KIND },
];

/** Why Graph does not keep the expression; undefined: it does. */
export function expressionProblem(
  issuer: string,
  text: string,
  { kind, isOlder }: { readonly kind: IdentityKind; readonly isOlder: boolean },
): string | undefined {
  const comparisons = parseExpression(text);
  if (comparisons === undefined) return "is no expression such as claims['sub'] matches 'repo:acme/*'";
  const rules = RULES.find((one) => one.issuer.test(issuer));
  if (rules === undefined) return `is not supported for the issuer ${issuer}`;
  if (!rules.kinds.includes(kind)) return `is not supported for the issuer ${issuer} on a managed identity`;
  const isAllowed = comparisons.every(({ claim, operator }) =>
    (Object.hasOwn(rules.claims, claim) ? rules.claims[claim] : undefined)?.includes(operator),
  );
  const hasRequired =
    isOlder ||
    rules.required === undefined ||
    comparisons.some(({ claim }) => rules.required?.includes(claim));
  return isAllowed && hasRequired ? undefined : 'lacks all required claims or contains unallowed claims';
}
