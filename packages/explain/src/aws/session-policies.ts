/**
 * The session policies of a role: its session may do what they allow, of what the role may do.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
 */

import { finding } from '../findings.js';
import type { Finding } from '../findings.js';
import { decide } from './evaluate.js';
import type { AccessRequest, Decision } from './evaluate.js';
import { readPolicyDocument } from './policy-document.js';
import type { Policy } from './policy-document.js';

export interface SessionPolicies {
  /** `assumeRole[0].policy` */
  readonly at: string;
  readonly inline: Policy | undefined;
  /** There are managed policies (`policyArns`) as well, whose documents no input contains. */
  readonly hasManaged: boolean;
}

export interface GivenPolicies {
  /** Undefined: the session may do all that its role may do. */
  readonly policies: SessionPolicies | undefined;
  /** Why STS takes no such session policy. */
  readonly findings: readonly Finding[];
}

/** Of the inline policy and the ARNs together. */
const MOST_CHARACTERS = 2048;

/** @param policy an object or JSON text */
export function readSessionPolicies(policy: unknown, arns: readonly string[], at: string): GivenPolicies {
  if (policy === undefined && arns.length === 0) return { policies: undefined, findings: [] };
  const hasManaged = arns.length > 0;
  const document = typeof policy === 'string' ? jsonOrNothing(policy) : policy;
  // credex sends the text without white space.
  const { length } = (JSON.stringify(document) ?? '') + arns.join('');
  if (length > MOST_CHARACTERS)
    return {
      policies: { at, inline: undefined, hasManaged: true },
      findings: [
        finding(
          'malformed_policy',
          at,
          `The session policies have ${length} characters; STS takes ${MOST_CHARACTERS}.`,
        ),
      ],
    };
  const inline = policy === undefined ? undefined : readPolicyDocument(document, { kind: 'session' });
  const problems = [...(inline?.problems ?? []), ...(inline?.notes ?? [])];
  return {
    policies: { at, inline, hasManaged },
    findings: problems.map((one) =>
      finding('malformed_policy', one.at === 'policy' ? at : `${at}.${one.at}`, one.message),
    ),
  };
}

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** `undecided` also where a managed policy may decide otherwise. */
export function decideBySession(
  { inline, hasManaged }: SessionPolicies,
  request: AccessRequest,
): Decision['effect'] {
  const { effect } = decide(inline === undefined ? [] : [inline], request);
  // Statements about resources are compared with the role's ARN, which may not be known.
  const isOpen = hasManaged || request.resource === undefined;
  return isOpen && effect !== 'explicit-deny' ? 'undecided' : effect;
}
