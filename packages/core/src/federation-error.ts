/** Why there is no credential: the error, its texts and its copies. Loaded with the first failure. */

import type { ErrorClass, FederationErrorCode, PresentedToken, SubjectClaims } from './contract.js';
import type { FederationErrorFields } from './errors.js';
import { FEDERATION_ERROR, isFederationError, OptionError } from './errors.js';
import { ownCopy } from './own.js';
import { cleanServerText, scrubbedCause } from './redact.js';
import { errorLine, oneLine } from './visible.js';

const TRANSIENT: ReadonlySet<FederationErrorCode> = new Set([
  'throttled',
  'unavailable',
  'network',
  'timeout',
  'invalid_response',
  'clock_skew',
]);

export interface FederationErrorInit {
  readonly code: FederationErrorCode;
  readonly provider: string;
  /** One sentence, without server text. */
  readonly message: string;
  readonly hint?: string | undefined;
  readonly presented?: PresentedToken | undefined;
  readonly retryable?: boolean | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly status?: number | undefined;
  readonly serverCode?: string | undefined;
  readonly serverMessage?: string | undefined;
  readonly cause?: unknown;
}

/**
 * Why no credential could be had: what a user catches. Holds claims, codes and cleaned texts; never a token, a
 * key or a body.
 *
 * @example
 * try {
 *   await getAwsCredentials({ roleArn });
 * } catch (error) {
 *   if (FederationError.isInstance(error) && error.code === 'access_denied') console.error(error.hint);
 * }
 */
export class FederationError extends Error implements FederationErrorFields {
  override readonly name = 'FederationError';
  /** A stable word for the cause: see the error table of the README. */
  readonly code: FederationErrorCode;
  /** Whether the same call can succeed later with nothing changed. */
  readonly retryable: boolean;
  /**
   * `aws`, `gcp` or `azure`; for an error of the subject token, its source: `vercel`, `github-actions`, `gitlab`,
   * `kubernetes`, `token-file`, `command`; `token-source` for a source that does not say its name.
   */
  readonly provider: string;
  /** The likely cause and what to do. `message` ends with it. */
  readonly hint: string | undefined;
  /** What was shown to the cloud: issuer, audience, subject, project, environment, expiry. */
  readonly presented: PresentedToken | undefined;
  /** How long the server asked clients to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** The HTTP status of the answer, where there was one. */
  readonly status: number | undefined;
  /** The server's own code: `AccessDenied`, `invalid_grant`, `AADSTS700213`. */
  readonly serverCode: string | undefined;
  /** The server's own words: token-shaped runs cut, at most 300 characters. Untrusted text. */
  readonly serverMessage: string | undefined;

  constructor(given: FederationErrorInit) {
    const init = ownCopy(given);
    const cause = scrubbedCause(init.cause);
    const serverMessage = init.serverMessage === undefined ? undefined : cleanServerText(init.serverMessage);
    const serverCode = init.serverCode === undefined ? undefined : cleanServerText(init.serverCode, 80);
    // Entra's messages begin with their code.
    const code = serverCode !== undefined && serverMessage?.startsWith(serverCode) === true ? '' : serverCode;
    const said = [code, serverMessage].filter((part) => part !== undefined && part !== '').join(': ');
    const hint = init.hint === undefined ? undefined : errorLine(init.hint);
    const message = [
      errorLine(init.message),
      said === '' ? '' : ` (${said})`,
      hint === undefined ? '' : ` ${hint}`,
    ];
    super(message.join(''), cause === undefined ? undefined : { cause });
    this.code = init.code;
    this.retryable = init.retryable ?? TRANSIENT.has(init.code);
    this.provider = init.provider;
    this.hint = hint;
    this.presented = init.presented;
    this.retryAfterMs = init.retryAfterMs;
    this.status = init.status;
    this.serverCode = serverCode;
    this.serverMessage = serverMessage;
    // So that `JSON.stringify(error)` and `{ ...error }` of loggers have it.
    Object.defineProperty(this, 'message', { enumerable: true });
    Object.defineProperty(this, FEDERATION_ERROR, { value: true });
  }

  /** True for a FederationError of any copy of this package. */
  static isInstance(error: unknown): error is FederationError {
    return isFederationError(error);
  }
}

/** Wraps what an exchanger threw; an error that already is a FederationError passes. */
export function federationErrorOf(
  provider: string,
  error: unknown,
  classified: ErrorClass,
  presented: PresentedToken | undefined,
  network?: { readonly message: string; readonly hint: string },
): FederationErrorFields {
  if (isFederationError(error)) return error;
  return new FederationError({
    code: classified.code,
    provider,
    message: network?.message ?? SENTENCES[classified.code],
    hint: network?.hint ?? classified.hint,
    presented,
    // Only a fresh subject token helps then; a retry with this one does not.
    retryable: classified.retry === 'now',
    retryAfterMs: classified.retryAfterMs,
    status: classified.status,
    serverCode: classified.serverCode,
    serverMessage: classified.serverMessage,
    cause: error,
  });
}

/**
 * The claims an error may show, as one line each: whoever made the token chose them. A development token's user_id
 * is left out on purpose.
 */
export function presentedToken(claims: SubjectClaims): PresentedToken {
  return Object.freeze({
    iss: shown(claims.iss),
    aud:
      typeof claims.aud === 'object'
        ? Object.freeze(claims.aud.slice(0, 8).map((one) => oneLine(one, 256)))
        : shown(claims.aud),
    sub: shown(claims.sub),
    owner: shown(claims.owner),
    ownerId: shown(claims.owner_id),
    project: shown(claims.project),
    projectId: shown(claims.project_id),
    environment: shown(claims.environment),
    ...(claims['act'] === undefined ? {} : { exchanged: true }),
    expiresAt: claims.exp === undefined ? undefined : claims.exp * 1000,
  });
}

const shown = (claim: string | undefined): string | undefined =>
  claim === undefined ? undefined : oneLine(claim, 256);

const SENTENCES: Readonly<Record<FederationErrorCode, string>> = {
  no_subject_token: 'There is no subject token to exchange.',
  invalid_subject_token: 'The subject token is not a readable JWT.',
  subject_token_expired: 'The subject token has expired.',
  subject_token_not_yet_valid: 'The subject token is not valid yet.',
  subject_mismatch: 'The subject token does not have the identity that `expect` requires.',
  no_fresher_token: 'There is no fresher subject token.',
  token_rejected: 'The cloud rejected the subject token.',
  issuer_mismatch: "The cloud does not trust the subject token's issuer.",
  audience_mismatch: "The cloud does not accept the subject token's audience.",
  subject_not_allowed: 'The cloud trusts the issuer, but not this subject.',
  subject_case_mismatch: 'The subject differs from the trusted one only in upper and lower case.',
  access_denied: 'The cloud denied the exchange.',
  target_not_found: 'The requested role, pool, application or account does not exist.',
  invalid_request: 'The cloud refused the request as invalid.',
  region_disabled: 'The token service is not active in this region for this account.',
  throttled: 'The cloud limits the rate of requests.',
  unavailable: 'The cloud responded with a server error.',
  network: 'The cloud could not be reached.',
  timeout: 'The cloud did not respond in time.',
  redirect_refused:
    'The cloud responded with a redirect, which is not followed: the request contains a token.',
  invalid_response: "The cloud's response could not be parsed.",
  clock_skew: 'The credential has already expired according to the local clock.',
  aborted: "The call's `signal` was aborted.",
  unknown: 'The exchange failed.',
};

/**
 * The same failure as an error of this caller's own: the fields and the causes are equal, the stack is that of the
 * call. Other errors than FederationError and OptionError are returned as they are.
 */
export function callerError(shared: unknown): unknown {
  if (!isFederationError(shared) && !OptionError.isInstance(shared)) return shared;
  return errorCopy(shared, new Error(shared.message));
}

/** `own`: made where the stack is wanted. The prototype is that of the original, of whichever copy of this package. */
function errorCopy(shared: Error, own: Error): Error {
  Object.setPrototypeOf(own, Object.getPrototypeOf(shared) as object);
  for (const key of Reflect.ownKeys(shared)) {
    const descriptor = Object.getOwnPropertyDescriptor(shared, key) as PropertyDescriptor;
    if (key === 'stack') continue;
    if (key === 'cause') descriptor.value = causeCopy(descriptor.value);
    Object.defineProperty(own, key, descriptor);
  }
  return own;
}

/** A cause has the stack of the place where it arose. */
function causeCopy(cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause;
  const own = errorCopy(cause, new Error(cause.message));
  const { stack } = cause;
  if (stack !== undefined)
    Object.defineProperty(own, 'stack', { value: stack, configurable: true, writable: true });
  return own;
}

/** Node's codes for a module that isn't there and for a host without `import()`, webpack's and Bun's names. */
const LOADING = /MODULE_NOT_FOUND|DYNAMIC_IMPORT|ChunkLoadError|ResolveMessage|dynamically imported module/;

/**
 * What to do where `error` says that a module could not be loaded; `undefined` for any other error. Our packages load
 * what only a failure needs by `import()`, and a host that lacks it would report each failure as unknown.
 */
export function loadFailureHint(error: unknown): string | undefined {
  const { code, name, message } = (error ?? {}) as Readonly<Record<string, unknown>>;
  const words = [code, name, message].filter((word) => typeof word === 'string');
  if (!LOADING.test(words.join(' '))) return undefined;
  return `A module could not be loaded: ${cleanServerText(words.at(-1) ?? '')}. Deploy all files of the packages; for Jest, see the README of @credex/core.`;
}

// Why a caller stopped waiting.

export function abortedError(provider: string): FederationError {
  return new FederationError({
    code: 'aborted',
    provider,
    message: "The call's `signal` was aborted.",
    retryable: true,
  });
}

/** `limitMs`: how long the caller waited; `undefined` where its invocation had to answer sooner. */
export function callerTimeout(provider: string, limitMs: number | undefined): FederationError {
  if (limitMs !== undefined)
    return new FederationError({
      code: 'timeout',
      provider,
      message: `The credential did not come within ${limitMs} ms.`,
    });
  return new FederationError({
    code: 'timeout',
    provider,
    message: 'The credential did not come before the invocation had to answer.',
    hint: 'The exchange goes on for the next caller; raise the duration of the function if this recurs.',
  });
}
