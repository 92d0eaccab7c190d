import type { Policy } from '@credex/explain/internal';
import { deflateRawSync } from 'node:zlib';
import type { IdentityStore } from '../iam/identity-store.js';
import { MalformedPolicyDocumentError, parsePolicy } from '../iam/policy-document.js';
import { refuse } from './responses.js';

export interface SessionPolicies {
  /** Undefined: none were asked for, the session has all that its role has. */
  readonly policies: readonly Policy[] | undefined;
  /** Percent; undefined where none were asked for. */
  readonly packedSize: number | undefined;
}

/**
 * AWS packs session policies in a form it doesn't publish, with a limit in addition to that of the plain text. Here it is
 * deflate, and a space that text which hardly compresses fills before it reaches 2,048 characters.
 */
const PACKED_SPACE = 1400;

/** Reads session policies: the session may do what these allow, of what its role allows. */
export function sessionPolicies(
  inline: string | undefined,
  arns: readonly string[],
  account: string,
  identities: IdentityStore,
  tags: Readonly<Record<string, string>> = {},
): SessionPolicies {
  const packedSize = packedSizeOf(inline, arns, tags);
  if (inline === undefined && arns.length === 0) return { policies: undefined, packedSize };
  const foreign = arns.find((arn) => ![account, 'aws'].includes(arn.split(':')[4] ?? ''));
  if (foreign !== undefined) {
    refuse('ValidationError', 400, `ARN ${foreign} is not valid.`, 'a managed policy of another account');
  }
  const documents = [
    ...(inline === undefined ? [] : [parsedInline(inline)]),
    // One that doesn't exist allows nothing, and so the session does nothing by it.
    ...arns.flatMap((arn) => identities.managedPolicy(arn) ?? []),
  ];
  return { policies: documents, packedSize };
}

/** Policies and tags share the space. */
function packedSizeOf(
  inline: string | undefined,
  arns: readonly string[],
  tags: Readonly<Record<string, string>>,
): number | undefined {
  const hasPolicy = inline !== undefined || arns.length > 0;
  const pairs = Object.entries(tags).map(([key, value]) => `${key}=${value}`);
  if (!hasPolicy && pairs.length === 0) return undefined;
  const packed = deflateRawSync([inline ?? '', ...arns, ...pairs].join('\n')).byteLength;
  const packedSize = Math.ceil((packed / PACKED_SPACE) * 100);
  if (packedSize <= 100) return packedSize;
  return refuse(
    'PackedPolicyTooLarge',
    400,
    hasPolicy
      ? `Packed policy consumes ${packedSize}% of allotted space, please use smaller policy.`
      : `Packed size of session tags consumes ${packedSize}% of allotted space.`,
  );
}

function parsedInline(text: string): Policy {
  try {
    return parsePolicy(text, 'session');
  } catch (error) {
    if (!(error instanceof MalformedPolicyDocumentError)) throw error;
    return refuse('MalformedPolicyDocument', 400, error.wireMessage, error.message);
  }
}
