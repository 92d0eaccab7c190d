/** The result of `explain`: plain data that survives JSON and a structured clone. */

import type { Finding } from './findings.js';

export type Cloud = 'aws' | 'gcp' | 'azure';

/**
 * `allowed`, `refused`: what the cloud does with this token while the token is valid. `undecided`: it depends on a value that
 * no input contains, such as a source address or a custom role. `invalid`: the cloud refuses to keep the policy.
 */
export type Verdict = 'allowed' | 'refused' | 'undecided' | 'invalid';

/** One condition of the policy, and the value of the token that it is compared with. */
export interface Check {
  /** Where in the policy: `Statement[0].Condition.StringEquals`, `attributeCondition`, `[1].subject`. */
  readonly at: string;
  /** What is compared: a condition key, `issuer`, `audience`. */
  readonly what: string;
  /** The value in the policy, as written. */
  readonly wanted: string;
  /** The value in the token; undefined if it has none, or if the value is not known offline. */
  readonly presented: string | undefined;
  readonly result: 'match' | 'mismatch' | 'unknown';
}

export interface Explanation {
  readonly cloud: Cloud;
  readonly verdict: Verdict;
  /** The error code that the cloud responds with if it refuses: `AccessDenied`, `invalid_grant`, `AADSTS700213`. */
  readonly answer: string | undefined;
  /** The verdict in one sentence. */
  readonly summary: string;
  readonly checks: readonly Check[];
  /** Errors first, then warnings, then notes. */
  readonly findings: readonly Finding[];
}
