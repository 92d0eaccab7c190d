import type { Decision, Passed } from '@credex/explain/internal';
import { isoSeconds } from '../../runtime.js';
import type { EmulatorRuntime } from '../../service.js';
import type { IdentityStore, Role } from '../iam/identity-store.js';
import type { Place } from '../partitions.js';
import { sessionPolicies } from './session-policy.js';
import type { Session, SessionStore } from '../sessions.js';
import { refuse, validationError } from './responses.js';
import type { AssumeParameters } from './parameters.js';
import type { XmlElements } from '../../xml.js';

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
    403,
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
