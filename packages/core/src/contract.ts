/**
 * The contract: what a subject token source, an exchanger (the driver of one cloud) and a credential provider
 * promise each other. Types only; nothing here runs.
 */

/** A JSON value, as `cacheKeyFields` returns. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What every credential has. Plain data: no `Date`, no method, so that it survives a store and a clone. */
export interface Credential {
  /** When the credential ends, in epoch milliseconds. */
  readonly expiresAt: number;
}

/** The claims of a subject token that credex reads. All of them are unverified: only a cloud verifies. */
export interface SubjectClaims {
  readonly iss?: string;
  readonly aud?: string | readonly string[];
  readonly sub?: string;
  /** Epoch seconds (RFC 7519, section 4.1.4). */
  readonly exp?: number;
  readonly nbf?: number;
  readonly iat?: number;
  /** The team's slug and id. */
  readonly owner?: string;
  readonly owner_id?: string;
  /** The project's name and id. */
  readonly project?: string;
  readonly project_id?: string;
  /** `production`, `preview`, `development` or the slug of a custom environment. */
  readonly environment?: string;
  readonly [claim: string]: unknown;
}

/** A token that was read and decoded, not verified. */
export interface SubjectToken {
  readonly jwt: string;
  readonly claims: SubjectClaims;
  /** Epoch milliseconds, from `exp`. */
  readonly expiresAt: number;
}

export interface SubjectTokenRequest {
  /** Request a token of this audience from the platform. `undefined`: the platform's default. */
  readonly audience: string | undefined;
  /** A token other than the last one. Rejects with the code `no_fresher_token` if there is none. */
  readonly fresh: boolean;
  readonly signal: AbortSignal;
  /** Tells the provider's listener and the diagnostics channel, as an event `warning`. */
  readonly warn?: ((message: string) => void) | undefined;
}

/** One caller's identity, taken at one moment. */
export interface Subject {
  /** Names the identity without I/O. `undefined`: the token is read, and its digest is used instead. */
  readonly identityKey: string | undefined;
  /**
   * Whether a token that was read belongs to `identityKey`. If not, the digest of that token is the identity key instead, so
   * that a token of another identity neither finds nor changes anything that is cached for this one.
   */
  matchesIdentity?(claims: SubjectClaims): boolean;
  /** `true`: a request brought the token, so it may be forged: see `ErrorClass.suspectsToken`. Default: false. */
  readonly fromRequest?: boolean | undefined;
  token(request: SubjectTokenRequest): Promise<SubjectToken>;
}

/** What a token source says about itself, for errors about its tokens and for the option `expect`. */
export interface TokenSourceDescription {
  /** The `provider` of errors about the subject token, such as `vercel`. */
  readonly name: string;
  /**
   * What to do about an error of the subject token, by its code; called with the first such error. It replaces the neutral
   * hint. `subject_mismatch`: what to do about a token of one of `sharedIssuers`.
   */
  readonly hints?: (() => Promise<Readonly<Partial<Record<FederationErrorCode, string>>>>) | undefined;
  /**
   * Issuers that many owners share. One owner can take a name that another gave up, so a token of such an issuer is refused
   * if `expect` has neither `projectId` nor `ownerId`.
   */
  readonly sharedIssuers?: readonly string[] | undefined;
}

/** Where the subject token (RFC 8693, section 1.1) comes from. */
export interface SubjectTokenSource {
  /**
   * Runs synchronously in the caller's request, before anything is awaited. The identity and the token both come from this
   * one capture.
   */
  capture(): Subject;
  /** Default: a source without a name, whose errors have the provider `token-source` and neutral hints. */
  readonly about?: TokenSourceDescription | undefined;
}

/** Whether a failure is retried; see the error table of the README. */
export type RetryAdvice = 'now' | 'fresh-subject' | 'never';

export interface ErrorClass {
  readonly code: FederationErrorCode;
  readonly retry: RetryAdvice;
  /** The server asked us to slow down. */
  readonly throttled?: boolean | undefined;
  /** The most retries for this failure; default 2. */
  readonly retriesAtMost?: number | undefined;
  /** The issuer's keys are unreachable, or lack the token's key: unless proven, this token alone is delayed. */
  readonly suspectsToken?: boolean | undefined;
  /** How long the server asked to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** The HTTP status of the response, if there was one. */
  readonly status?: number | undefined;
  /** The server's own code: `AccessDenied`, `invalid_grant`, `AADSTS700213`. */
  readonly serverCode?: string | undefined;
  /** The server's message. Untrusted: core removes token-shaped runs and keeps 300 characters. */
  readonly serverMessage?: string | undefined;
  /** The likely cause and what to do. It also ends the error's `message`. Do not quote the server: use `serverMessage` for its text. */
  readonly hint?: string | undefined;
}

/**
 * Why there is no credential. Transient: `network`, `timeout`, `throttled`, `unavailable`,
 * `invalid_response`, `clock_skew`. The rest lasts until something is changed.
 */
export type FederationErrorCode =
  | 'no_subject_token'
  | 'invalid_subject_token'
  | 'subject_token_expired'
  | 'subject_token_not_yet_valid'
  | 'subject_mismatch'
  | 'no_fresher_token'
  | 'token_rejected'
  | 'issuer_mismatch'
  | 'audience_mismatch'
  | 'subject_not_allowed'
  | 'subject_case_mismatch'
  | 'access_denied'
  | 'target_not_found'
  | 'invalid_request'
  | 'region_disabled'
  | 'throttled'
  | 'unavailable'
  | 'network'
  | 'timeout'
  | 'redirect_refused'
  | 'invalid_response'
  | 'clock_skew'
  | 'aborted'
  | 'unknown';

/** The claims of the token that was sent to the cloud: never the token, never a user's id. */
export interface PresentedToken {
  readonly iss?: string | undefined;
  readonly aud?: string | readonly string[] | undefined;
  readonly sub?: string | undefined;
  readonly owner?: string | undefined;
  readonly ownerId?: string | undefined;
  readonly project?: string | undefined;
  readonly projectId?: string | undefined;
  readonly environment?: string | undefined;
  /**
   * Whether it came from Vercel's audience exchange (it has an `act` claim). Such a token has the team issuer,
   * whatever the project's issuer mode.
   */
  readonly exchanged?: boolean | undefined;
  /** Epoch milliseconds. */
  readonly expiresAt?: number | undefined;
}

/** The response of one HTTP step of an exchange. */
export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** At most 256 KiB; a longer body is an `invalid_response`. */
  readonly body: string;
}

export interface ExchangeContext {
  /**
   * The subject token, after the checks of audience, `expect` and identity. Lazy: an exchange that needs no token never reads
   * it. Each call returns the same token.
   */
  subject(): Promise<SubjectToken>;
  /**
   * One request to `host`, with a separate time limit (2.5 s). If a caller waits without a cached credential, it is retried as
   * `classify` allows and as far as the retry budget of that host lasts. `signal` ends one attempt.
   */
  step<T>(host: string, run: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** One HTTP POST without redirects and with a bounded response; `signal`: that of the step. */
  post(
    url: URL,
    init: {
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
      readonly signal?: AbortSignal;
    },
  ): Promise<HttpResponse>;
  readonly signal: AbortSignal;
}

/** The result of one exchange. */
export interface ExchangeResult<C extends Credential> {
  readonly credential: C;
  /** The `Date` of the response, epoch milliseconds: the server's clock. */
  readonly serverDate?: number | undefined;
  /** The server's advice when to refresh, epoch milliseconds. */
  readonly refreshAt?: number | undefined;
  /**
   * The longest lifetime to plan by, in milliseconds: what was requested, or the longest that this cloud gives.
   * A credential that claims more is used, but refreshed as if it expired then.
   */
  readonly maxLifetimeMs?: number | undefined;
}

/**
 * The driver of one cloud: six members, no caching, no retries. `R` is what one call asks for beyond the
 * options, as plain JSON (AWS `{ region }`, Google Cloud `{ scopes }`, Azure `{ scopes, tenantId, … }`).
 */
export interface Exchanger<C extends Credential, R = void> {
  readonly specificationVersion: 'v1';
  readonly provider: string;
  /** Pure: everything that changes what the credential can do, and nothing else. Part of the cache key. */
  cacheKeyFields(request: R): Readonly<Record<string, Json>>;
  /** Makes the exchange. It may throw anything: core turns it into a `FederationError` with `classify`. */
  exchange(request: R, context: ExchangeContext): Promise<ExchangeResult<C>>;
  /** Parses a record of a shared store. Throws if it is not a credential of this provider. */
  parseStored(record: unknown): C;
  /**
   * Says what a raw error means. It is not called for core's own errors (FederationError, OptionError). With `presented` a hint
   * can name the claim that is likely at fault. May be async, so that the classifier can be loaded lazily.
   */
  classify(error: unknown, presented: PresentedToken | undefined): ErrorClass | Promise<ErrorClass>;
}

export interface CredentialCall<R> {
  /** Aborts this call only; other callers of the same exchange are not affected. */
  readonly signal?: AbortSignal | undefined;
  /** Make a new exchange even if a valid credential is cached. */
  readonly forceRefresh?: boolean | undefined;
  /**
   * How long the credential must still be valid, in milliseconds, 0 to 86,400,000; default: the provider's option of this
   * name, else 0. A cached credential with less is refreshed first; the call waits at most 3 s for that, and receives the
   * cached credential, with an event `min-validity-missed`, where the refresh fails or takes longer. More than the
   * lifetime less the refresh window (an hour's credential: 45 minutes) is treated as that, with one warning, so that no
   * value costs more than one exchange for each refresh window. Throws an OptionError for half of an explicit duration or
   * more. Part of neither the cache key nor the request.
   */
  readonly minValidityMs?: number | undefined;
  readonly request?: Partial<R> | undefined;
}

/** The state of a cached credential; see the state table of this package's README. */
export type CredentialState =
  'empty' | 'fresh' | 'refresh-ahead' | 'must-refresh' | 'expired' | 'invalidated';

/** What `status()` says of one cached credential. Times are epoch milliseconds. */
export interface CredentialStatus {
  readonly state: CredentialState;
  /** When the cached credential was received. */
  readonly since?: number | undefined;
  /** `store`: another instance exchanged it. Left out: this process did. */
  readonly from?: 'store' | undefined;
  /** From this time on, calls refresh it in the background. */
  readonly refreshAt?: number | undefined;
  /** Until this time it is served. */
  readonly until?: number | undefined;
  /** Why the next exchange waits, and until when at the latest. */
  readonly backoff?: { readonly kind: 'backoff' | 'rejected'; readonly until: number } | undefined;
  /** Why the last exchange failed; gone with the next success. */
  readonly lastError?: FederationErrorCode | undefined;
  /** Since this entry was made. `exchanges`: those of this process. */
  readonly counts: { readonly served: number; readonly exchanges: number; readonly failures: number };
}

/** One interface for every cloud. */
export interface CredentialProvider<C extends Credential, R = void> {
  getCredentials(call?: CredentialCall<R>): Promise<C>;
  /**
   * Never serve this credential again, because a service refused it. `which`: the credential, or a predicate over the cached
   * ones; default: all of this provider.
   */
  invalidate(which?: C | ((cached: C) => boolean)): void;
  status(call?: { readonly request?: Partial<R> | undefined }): CredentialStatus;
}

/**
 * Passwords made of a credential, for clients of databases and brokers: each call returns one that is valid now. It takes no
 * argument, so a client may call it with its own.
 */
export interface PasswordFunction {
  (): Promise<string>;
  /** The password, and when it ends (epoch milliseconds): for a client that authenticates open connections again. */
  withExpiry(): Promise<{ readonly password: string; readonly expiresAt: number }>;
}

/** A source of time. `now`: epoch milliseconds. `monotonic`: milliseconds from any origin. */
export interface Clock {
  now(): number;
  monotonic(): number;
  /** Runs `run` after `ms`; returns what cancels it. Default: the system's timers. */
  setTimeout?(run: () => void, ms: number): () => void;
}
