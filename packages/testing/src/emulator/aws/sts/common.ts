import type { Decision, Passed, Policy } from '@credex/explain/internal';
import { isoSeconds } from '../../runtime.js';
import type { EmulatorRuntime } from '../../service.js';
import type { IdentityStore, Role } from '../iam/identity-store.js';
import type { Place } from '../partitions.js';
import type { Session, SessionStore } from '../sessions.js';
import { refuse, validationError } from './responses.js';
import type { AssumeParameters } from './parameters.js';
import type { XmlElements } from '../../xml.js';
import { deflateRawSync } from 'node:zlib';
import { MalformedPolicyDocumentError, parsePolicy } from '../iam/policy-document.js';

interface SessionPolicies {
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
function sessionPolicies(
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
    refuse('ValidationError', `ARN ${foreign} is not valid.`, 'a managed policy of another account');
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
    return refuse('MalformedPolicyDocument', error.wireMessage, error.message);
  }
}

/** What an action has at hand. */
export interface StsScene {
  readonly runtime: EmulatorRuntime;
  readonly identities: IdentityStore;
  readonly sessions: SessionStore;
  /** What the Host header says; undefined on loopback. */
  readonly place: Place | undefined;
  readonly secure: boolean;
  readonly sourceIp: string | undefined;
  readonly userAgent: string | undefined;
}

export interface StsOutcome {
  readonly result: XmlElements;
  readonly log: Readonly<Record<string, string>>;
}

const DEFAULT_DURATION = 3600;

export function checkRegion(account: string, { place, identities }: StsScene): void {
  if (place === undefined || !identities.isStsDisabled(account, place.region)) return;
  refuse(
    'RegionDisabledException',
    `STS is not activated in this region for account:${account}. Your account administrator can activate STS in this region using the IAM Console.`,
  );
}

/** Condition keys that every way to assume a role brings. */
export function commonKeys(
  { sessionName }: AssumeParameters,
  { runtime, place, secure, sourceIp, userAgent }: StsScene,
): Record<string, string | number | boolean | undefined> {
  const now = runtime.clock.now();
  return {
    'sts:RoleSessionName': sessionName,
    'aws:CurrentTime': new Date(now).toISOString(),
    'aws:EpochTime': Math.floor(now / 1000),
    'aws:SecureTransport': secure,
    'aws:SourceIp': sourceIp,
    'aws:UserAgent': userAgent,
    'aws:RequestedRegion': place?.region,
  };
}

/** Why a trust policy accepts no caller, for the log. */
export const trustRefusal = (effect: Decision['effect']): string =>
  effect === 'undecided'
    ? 'the emulator cannot decide the trust policy: AWS does not document one of its conditions'
    : `the trust policy says ${effect}`;

/** Issues the session, within the limits of its role. */
export function grant(
  role: Role,
  parameters: AssumeParameters,
  { sessions, identities }: StsScene,
  terms: {
    readonly limit: number;
    readonly chainedLimit?: number | undefined;
    readonly keys: Session['keys'];
    readonly tags: Readonly<Record<string, string>>;
    readonly passed: Passed;
  },
): { readonly session: Session; readonly packedSize: number | undefined } {
  const duration = parameters.duration ?? DEFAULT_DURATION;
  if (duration > terms.limit) {
    validationError('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.');
  }
  if (terms.chainedLimit !== undefined && duration > terms.chainedLimit) {
    validationError(
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    );
  }
  const { policy, policyArns, sessionName } = parameters;
  const { policies, packedSize } = sessionPolicies(
    policy,
    policyArns,
    role.arn.account,
    identities,
    terms.tags,
  );
  const session = sessions.issue(role, {
    name: sessionName,
    durationSeconds: duration,
    policies,
    keys: terms.keys,
    passed: terms.passed,
  });
  return { session, packedSize };
}

/** What every way to assume a role answers. */
export const sessionElements = (session: Session, packedSize: number | undefined): XmlElements => ({
  AssumedRoleUser: { AssumedRoleId: `${session.roleId}:${session.name}`, Arn: session.arn },
  Credentials: {
    AccessKeyId: session.accessKeyId,
    SecretAccessKey: session.secretAccessKey,
    SessionToken: session.sessionToken,
    Expiration: isoSeconds(session.expiresAt),
  },
  PackedPolicySize: packedSize,
});
