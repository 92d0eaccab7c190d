import { timingSafeEqual } from 'node:crypto';
import type { EmulatorRuntime } from '../service.js';
import { sessionArn, type IdentityStore, type Role, type User } from './iam/identity-store.js';
import { secretAccessKey, sessionToken, temporaryAccessKeyId } from './identifiers.js';
import { decide, type Decision, type Passed, type Policy } from '@credex/explain/internal';

/** Temporary credentials and what they were issued for. */
export interface Session {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Epoch milliseconds, whole seconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly roleArn: string;
  readonly roleId: string;
  readonly name: string;
  readonly arn: string;
  readonly account: string;
  /** Undefined: the session has all that its role has. Else the two are intersected. */
  readonly policies: readonly Policy[] | undefined;
  /** Condition keys that stay with the session: the web identity it began with, its tags, its source identity. */
  readonly keys: Readonly<Record<string, string | readonly string[]>>;
  readonly passed: Passed;
}

export type Caller =
  | { readonly kind: 'session'; readonly session: Session; readonly role: Role }
  | { readonly kind: 'user'; readonly user: User };

export type CallerFault = 'invalid' | 'expired';

/** Who signed. Narrow enough for both services: each has its own words for a fault. */
export interface CallerLookup {
  readonly caller: Caller;
  readonly secretAccessKey: string;
}

/** Sessions outlive their end, so that a late caller hears `expired`; the oldest go first. */
const MOST_SESSIONS = 50_000;

export class SessionStore {
  readonly #runtime: EmulatorRuntime;
  readonly #identities: IdentityStore;
  readonly #sessions = new Map<string, Session>();
  readonly #tokens = new Set<string>();

  constructor(runtime: EmulatorRuntime, identities: IdentityStore) {
    this.#runtime = runtime;
    this.#identities = identities;
  }

  issue(
    role: Role,
    grant: {
      readonly name: string;
      readonly durationSeconds: number;
      readonly policies: readonly Policy[] | undefined;
      readonly keys: Session['keys'];
      readonly passed: Passed;
    },
  ): Session {
    const issuedAt = Math.floor(this.#runtime.clock.now() / 1000) * 1000;
    const session: Session = {
      accessKeyId: temporaryAccessKeyId(this.#runtime),
      secretAccessKey: secretAccessKey(this.#runtime),
      sessionToken: sessionToken(this.#runtime),
      issuedAt,
      expiresAt: issuedAt + grant.durationSeconds * 1000,
      roleArn: role.arn.arn,
      roleId: role.id,
      name: grant.name,
      arn: sessionArn(role.arn, grant.name),
      account: role.arn.account,
      policies: grant.policies,
      keys: grant.keys,
      passed: grant.passed,
    };
    this.#sessions.set(session.accessKeyId, session);
    this.#tokens.add(session.sessionToken);
    const [oldest] = this.#sessions.values();
    if (this.#sessions.size > MOST_SESSIONS && oldest !== undefined) {
      this.#sessions.delete(oldest.accessKeyId);
      this.#tokens.delete(oldest.sessionToken);
    }
    return session;
  }

  /** Whether a session token was ever issued, to whomever. */
  knowsToken(token: string): boolean {
    return this.#tokens.has(token);
  }

  /** Key id and session token must be of one issue; a token with a permanent key is as wrong as none with a temporary one. */
  find(accessKeyId: string, token: string | undefined): CallerLookup | CallerFault {
    const user = this.#identities.userByAccessKey(accessKeyId);
    if (user !== undefined) {
      const caller = { kind: 'user', user } as const;
      return token === undefined ? { caller, secretAccessKey: user.secretAccessKey } : 'invalid';
    }
    const session = this.#sessions.get(accessKeyId);
    if (session === undefined || token === undefined || !sameText(session.sessionToken, token))
      return 'invalid';
    const role = this.#identities.role(session.roleArn);
    // A role created again under the same name has another id; the sessions of the first one are invalid.
    if (role?.id !== session.roleId) return 'invalid';
    if (this.#runtime.clock.now() >= session.expiresAt) return 'expired';
    return { caller: { kind: 'session', session, role }, secretAccessKey: session.secretAccessKey };
  }
}

/** In time that doesn't depend on where two texts differ. */
export function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** What the policies of a caller decide: its role's or its own, and of these what its session kept. */
export function callerDecisions(
  caller: Caller,
  request: Parameters<typeof decide>[1],
): { readonly identity: Decision; readonly session: Decision | undefined } {
  const session = caller.kind === 'session' ? caller.session.policies : undefined;
  return {
    identity: decide((caller.kind === 'session' ? caller.role : caller.user).policies, request),
    session: session === undefined ? undefined : decide(session, request),
  };
}

export const callerArn = (caller: Caller): string =>
  caller.kind === 'session' ? caller.session.arn : caller.user.arn;

export const callerAccount = (caller: Caller): string =>
  caller.kind === 'session' ? caller.session.account : caller.user.account;

export const callerUserId = (caller: Caller): string =>
  caller.kind === 'session' ? `${caller.session.roleId}:${caller.session.name}` : caller.user.id;

/** The caller's own side of every request's context. */
export function callerKeys(caller: Caller): Readonly<Record<string, string | readonly string[]>> {
  const common = {
    'aws:PrincipalAccount': callerAccount(caller),
    'aws:userid': callerUserId(caller),
  };
  if (caller.kind === 'user') {
    return {
      ...common,
      'aws:PrincipalArn': caller.user.arn,
      'aws:PrincipalType': 'User',
      'aws:username': caller.user.arn.split('/').pop() ?? '',
    };
  }
  return {
    ...common,
    ...caller.session.keys,
    'aws:PrincipalArn': caller.session.roleArn,
    'aws:PrincipalType': 'AssumedRole',
    'aws:TokenIssueTime': new Date(caller.session.issuedAt).toISOString(),
  };
}
