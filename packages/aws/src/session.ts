/** Session policies: what narrows the role's permissions for this credential. */

import { OptionError } from '@credex/core';
import type { Json } from '@credex/core';
import { canonicalJson, invalidOption, optionalStringList } from '@credex/core/internal';
import { POLICY_ARN } from './role-arn.js';

/** STS: the plain text of inline and managed session policies together. */
const MAX_CHARACTERS = 2_048;
const MAX_ARNS = 10;

export interface SessionPolicies {
  /** Canonical JSON text: one text for one meaning, so that two ways to write it share a cached credential. */
  readonly policy: string | undefined;
  /** Sorted, each once: their order means nothing. */
  readonly policyArns: readonly string[];
}

export function sessionPolicies(policy: unknown, policyArns: unknown): SessionPolicies {
  const text = policy === undefined ? undefined : policyText(policy);
  const arns = [
    ...new Set(optionalStringList({ option: 'policyArns' }, policyArns, POLICY_ARN) ?? []),
  ].sort();
  if (arns.length > MAX_ARNS)
    throw invalidOption({ option: 'policyArns' }, `at most ${MAX_ARNS} ARNs`, policyArns);
  const characters = (text?.length ?? 0) + arns.join('').length;
  if (characters > MAX_CHARACTERS) {
    throw new OptionError(
      'invalid_option',
      text === undefined ? 'policyArns' : 'policy',
      undefined,
      `\`policy\` and \`policyArns\` together must have at most ${MAX_CHARACTERS} characters; they have ${characters}.`,
    );
  }
  return { policy: text, policyArns: arns };
}

function policyText(policy: unknown): string {
  const refuse = (): never => {
    throw invalidOption({ option: 'policy' }, 'an IAM policy: a JSON object, or its text', policy);
  };
  let parsed: unknown;
  try {
    // An object takes the way through text as well: what isn't JSON (a cycle, a bigint) is found here.
    parsed = JSON.parse(typeof policy === 'string' ? policy : JSON.stringify(policy));
  } catch {
    return refuse();
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return refuse();
  const text = canonicalJson(parsed as Json);
  // STS takes Latin-1 only, tab, line feed and carriage return included.
  return /^[\t\n\r\u0020-\u00ff]+$/.test(text) ? text : refuse();
}
