/** What `explain` says, as plain data: it prints nothing, and survives JSON. */

import type { FindingCode } from './finding-codes.js';

export type Cloud = 'aws' | 'gcp' | 'azure';

/**
 * `allowed`, `refused`: what the cloud would do with this token under this policy while the token is valid.
 * `undecided`: it depends on what no file says (a source address, a custom role). `invalid`: the cloud would not even
 * keep such a policy.
 */
export type Verdict = 'allowed' | 'refused' | 'undecided' | 'invalid';

/** One thing the policy asks of the token, beside what the token has. */
export interface Check {
  /** Where in the file: `Statement[0].Condition.StringEquals`, `attributeCondition`, `[1].subject`. */
  readonly at: string;
  /** What is compared: a condition key, `issuer`, `audience`. */
  readonly what: string;
  /** What the policy asks for, as written there. */
  readonly wanted: string;
  /** What the token has; undefined where it has nothing of the kind, or where that is not known offline. */
  readonly presented: string | undefined;
  readonly result: 'match' | 'mismatch' | 'unknown';
}

/** `error`: why the cloud refuses. `warning`: it lets in more than it seems to. `note`: what was assumed. */
export type Severity = 'error' | 'warning' | 'note';

/** Something that is wrong, too permissive, or worth knowing, in words. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly at: string;
  /** What is so, with the values at hand. */
  readonly message: string;
  /** What to do about it, in one sentence. */
  readonly fix: string;
}

export interface Explanation {
  readonly cloud: Cloud;
  readonly verdict: Verdict;
  /** What the cloud answers where it refuses: `AccessDenied`, `invalid_grant`, `AADSTS700213`. */
  readonly answer: string | undefined;
  readonly summary: string;
  readonly checks: readonly Check[];
  /** Errors first, then warnings, then notes. */
  readonly findings: readonly Finding[];
}
