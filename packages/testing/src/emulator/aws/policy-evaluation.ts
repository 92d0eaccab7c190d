import type { ContextValues } from './condition-operators.js';
import type { Matching, Policy, Principal, Statement } from './policy-document.js';
import { matchesPattern, type VariableLookup } from './wildcards.js';

/** The keys of one request. Names are compared without regard to case, values with it. */
export class RequestContext {
  readonly #values = new Map<string, NonNullable<ContextValues>>();

  /** A list makes a multivalued key, also where it has one value. */
  constructor(entries: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>) {
    for (const [key, value] of Object.entries(entries)) {
      if (value === undefined) continue;
      this.#values.set(
        key.toLowerCase(),
        typeof value === 'object'
          ? { values: value, isMultivalued: true }
          : { values: [String(value)], isMultivalued: false },
      );
    }
  }

  get(key: string): ContextValues {
    return this.#values.get(key.toLowerCase());
  }

  /** A policy variable stands for one value only. */
  readonly variable: VariableLookup = (key) => {
    const found = this.get(key);
    return found?.isMultivalued === false ? found.values[0] : undefined;
  };
}

export interface AccessRequest {
  readonly action: string;
  readonly resource: string;
  readonly context: RequestContext;
  /** Whether a principal of a trust policy is the caller; without it, principals aren't looked at. */
  readonly isCaller?: ((principal: Principal) => boolean) | undefined;
}

/** `implicit-deny`: nothing allows it. A Deny that matches always wins. */
export type Decision =
  | { readonly effect: 'allow'; readonly statements: readonly Statement[] }
  | { readonly effect: 'explicit-deny' }
  | { readonly effect: 'implicit-deny' };

export function decide(policies: readonly Policy[], request: AccessRequest): Decision {
  const matching = policies.flatMap((policy) =>
    policy.statements.filter((statement) => applies(statement, policy.variables, request)),
  );
  if (matching.some(({ effect }) => effect === 'Deny')) return { effect: 'explicit-deny' };
  const statements = matching.filter(({ effect }) => effect === 'Allow');
  return statements.length > 0 ? { effect: 'allow', statements } : { effect: 'implicit-deny' };
}

function applies(statement: Statement, hasVariables: boolean, request: AccessRequest): boolean {
  const { context, isCaller } = request;
  const variables = hasVariables ? context.variable : undefined;
  return (
    (isCaller === undefined || (statement.principals ?? []).some(isCaller)) &&
    fits(statement.actions, request.action, { ignoreCase: true }) &&
    (statement.resources === undefined || fits(statement.resources, request.resource, { variables })) &&
    statement.conditions.every(({ operator, key, values }) =>
      operator.test(context.get(key), values, variables),
    )
  );
}

const fits = (
  { negated, patterns }: Matching,
  text: string,
  options: Parameters<typeof matchesPattern>[2],
): boolean => patterns.some((pattern) => matchesPattern(pattern, text, options)) !== negated;
