import { missingControls, readPolicyDocument } from '@credex/explain/internal';
import type { Policy, PolicyKind } from '@credex/explain/internal';

/** A policy as a user writes it. What `createRole` and a session policy's text are checked against. */
export interface PolicyDocument {
  readonly Version?: string | undefined;
  readonly Id?: string | undefined;
  readonly Statement: PolicyStatement | readonly PolicyStatement[];
}

export interface PolicyStatement {
  readonly Sid?: string | undefined;
  /** `Allow` or `Deny`. */
  readonly Effect: string;
  readonly Principal?: string | Readonly<Record<string, string | readonly string[]>> | undefined;
  readonly Action?: string | readonly string[] | undefined;
  readonly NotAction?: string | readonly string[] | undefined;
  readonly Resource?: string | readonly string[] | undefined;
  readonly NotResource?: string | readonly string[] | undefined;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, PolicyValue>>>> | undefined;
}

export type PolicyScalar = string | number | boolean;
export type PolicyValue = PolicyScalar | readonly PolicyScalar[];

/** Thrown to the author of a test; on the wire it is AWS's `MalformedPolicyDocument` with `wireMessage`. */
export class MalformedPolicyDocumentError extends Error {
  override readonly name = 'MalformedPolicyDocumentError';
  readonly code = 'MalformedPolicyDocument';
  /** What AWS says, which is less. */
  readonly wireMessage: string;

  constructor(detail: string, wireMessage = 'Syntax errors in policy.') {
    super(`MalformedPolicyDocument: ${wireMessage} (${detail})`);
    this.wireMessage = wireMessage;
  }
}

export interface PolicyRules {
  /** Identity-provider controls of a trust policy are not checked: it is older than they are. Default: false. */
  readonly withoutControls?: boolean | undefined;
}

/**
 * Reads and checks a policy, an object or the text of one.
 *
 * @throws MalformedPolicyDocumentError for what IAM and STS refuse
 */
export function parsePolicy(document: unknown, kind: PolicyKind['kind'], rules: PolicyRules = {}): Policy {
  // Members that are undefined are not part of a document.
  const policy = readPolicyDocument(parsedJson(JSON.stringify(document)), { kind });
  const [problem] = [...policy.problems, ...policy.notes];
  if (problem !== undefined)
    throw new MalformedPolicyDocumentError(`${problem.at}: ${problem.message}`, problem.answer);
  const [control] =
    kind === 'trust' && rules.withoutControls !== true ? missingControls(policy.statements) : [];
  if (control !== undefined)
    throw new MalformedPolicyDocumentError(`${control.at}: many share this issuer`, control.answer);
  return policy;
}

function parsedJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? JSON.parse(value) : value;
  } catch {
    throw new MalformedPolicyDocumentError('the policy is not JSON');
  }
}
