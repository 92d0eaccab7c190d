/**
 * The contract: what a subject token source, an exchanger (the driver of one cloud) and a credential provider
 * promise each other. Types only; nothing here runs.
 */

/** A JSON value. What an exchanger's target is made of. */
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
  /** Ask the platform for a token of this audience; `undefined`: as it comes. */
  readonly audience: string | undefined;
  /** Another token than the last one; rejects with code `no_fresher_token` where there is none. */
  readonly fresh: boolean;
  readonly signal: AbortSignal;
  /** Tells the provider's listener and the diagnostics channel, as an event `warning`. */
  readonly warn?: ((message: string) => void) | undefined;
}

/** One caller's identity, taken at one moment. */
export interface Subject {
  /** Whose token this is, known without I/O; `undefined`: the token is read and its digest is used. */
  readonly partition: string | undefined;
  /**
   * Whether a token that was read belongs to `partition`. Where it says no, the digest of that token takes the
   * partition's place, so that a foreign token fills, finds and spoils nothing of the partition.
   */
  covers?(claims: SubjectClaims): boolean;
  token(request: SubjectTokenRequest): Promise<SubjectToken>;
}

/** Where the subject token (RFC 8693, section 1.1) comes from. */
export interface SubjectTokenSource {
  /**
   * Runs in the caller's request, synchronously, before anything is awaited: whose token and which token come
   * from this one capture.
   */
  capture(): Subject;
}

/** How a failure is met; see the error table of the README. */
export type RetryAdvice = 'now' | 'fresh-subject' | 'never';

export interface ErrorClass {
  readonly code: FederationErrorCode;
  readonly retry: RetryAdvice;
  /** The server asked us to slow down. */
  readonly throttled?: boolean | undefined;
  /** How many retries this failure is worth at most; default 2. */
  readonly retriesAtMost?: number | undefined;
  /** How long the server asked to be left alone, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** The HTTP status of the answer, where there was one. */
  readonly status?: number | undefined;
  /** The server's own code: `AccessDenied`, `invalid_grant`, `AADSTS700213`. */
  readonly serverCode?: string | undefined;
  /** The server's own words. Untrusted: core cuts token-shaped runs and keeps 300 characters. */
  readonly serverMessage?: string | undefined;
  /** The likely cause and what to do, in one or two sentences. Never made of server text. */
  readonly hint?: string | undefined;
}

/**
 * Why a credential could not be had. Transient: `network`, `timeout`, `throttled`, `unavailable`,
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

/** The claims of the token that was shown to the cloud: never the token, never a user's id. */
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

/** What an HTTP step of an exchange brings back. */
export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** At most 256 KiB; a longer body is an `invalid_response`. */
  readonly body: string;
}

export interface ExchangeContext {
  /**
   * The subject token, with audience, `expect` and the partition check applied. Lazy: an exchange that needs
   * none never reads it. The same token however often it is asked for.
   */
  subject(): Promise<SubjectToken>;
  /**
   * One request to `host`, with a time limit of its own (2.5 s) and, where somebody waits with nothing in hand,
   * the retries that `classify` allows and the budget of that host pays for. `signal` ends the one attempt.
   */
  step<T>(host: string, run: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** One HTTP POST without redirect and with a bounded answer; `signal`: the step's. */
  post(
    url: URL,
    init: {
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
      readonly signal?: AbortSignal;
    },
  ): Promise<HttpAnswer>;
  readonly signal: AbortSignal;
}

/** What one exchange brought. */
export interface Issued<C extends Credential> {
  readonly credential: C;
  /** The answer's `Date`, epoch milliseconds: the server's clock. */
  readonly serverDate?: number | undefined;
  /** The server's advice when to refresh, epoch milliseconds. */
  readonly refreshAt?: number | undefined;
  /**
   * The longest lifetime to plan by, in milliseconds: what was asked for, or the longest that this cloud gives.
   * A credential that claims more is used, but refreshed as if it ended then.
   */
  readonly longestMs?: number | undefined;
}

/**
 * The driver of one cloud: six members, no caching, no retries. `R` is what one call asks for beyond the
 * options, as plain JSON (AWS `{ region }`, Google Cloud `{ scopes }`, Azure `{ scopes, tenantId, … }`).
 */
export interface Exchanger<C extends Credential, R = void> {
  readonly specificationVersion: 'v1';
  readonly provider: string;
  /** Pure: everything that changes what the credential can do, and nothing else. Part of the cache key. */
  target(request: R): Readonly<Record<string, Json>>;
  /** Makes the exchange. Throws whatever it met: core turns it into a `FederationError` by `classify`. */
  exchange(request: R, context: ExchangeContext): Promise<Issued<C>>;
  /** Parses what a shared store gave back; throws where it isn't a credential of this provider. */
  revive(record: unknown): C;
  /**
   * Says what a raw error means; what core's own say, FederationError and OptionError, it isn't asked. `presented` lets
   * a hint name the claim that is likely at fault. A promise where what explains failures is loaded with the first.
   */
  classify(error: unknown, presented: PresentedToken | undefined): ErrorClass | Promise<ErrorClass>;
}

export interface CredentialCall<R> {
  /** Detaches this caller; others who wait for the same exchange go on. */
  readonly signal?: AbortSignal | undefined;
  /** Make a new exchange even where a good credential is held. */
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

/** Where a held credential stands; see the state table of this package's README. */
export type CredentialState =
  'empty' | 'fresh' | 'refresh-ahead' | 'must-refresh' | 'expired' | 'invalidated';

/** What a person would ask about one credential. Times are epoch milliseconds. */
export interface CredentialStatus {
  readonly state: CredentialState;
  /** When the held credential was received. */
  readonly since?: number | undefined;
  /** From when on it is refreshed beside the calls. */
  readonly refreshAt?: number | undefined;
  /** Until when it is handed out. */
  readonly until?: number | undefined;
  /** What keeps the next exchange waiting, and until when at the latest. */
  readonly holding?: { readonly kind: 'backoff' | 'rejected'; readonly until: number } | undefined;
  /** Why the last exchange failed; gone with the next success. */
  readonly lastError?: FederationErrorCode | undefined;
  /** Since this entry was made. */
  readonly counts: { readonly served: number; readonly exchanges: number; readonly failures: number };
}

/** What sits on top of all three clouds. */
export interface CredentialProvider<C extends Credential, R = void> {
  getCredentials(call?: CredentialCall<R>): Promise<C>;
  /** Forget a credential that a service refused: that very one, or those the predicate names, or all. */
  invalidate(which?: C | ((held: C) => boolean)): void;
  status(call?: { readonly request?: Partial<R> | undefined }): CredentialStatus;
}

/** A cache that many instances share. Core takes it only sealed. */
export interface CredentialStore {
  get(key: string, signal: AbortSignal): Promise<string | undefined>;
  set(key: string, record: string, ttlMs: number, signal: AbortSignal): Promise<void>;
  /** Compare-and-delete where the store can. */
  delete(key: string, ifRecord: string | undefined, signal: AbortSignal): Promise<void>;
  lock?(key: string, ttlMs: number, signal: AbortSignal): Promise<(() => Promise<void>) | undefined>;
}

/** Time, as it comes in. `now`: epoch milliseconds. `monotonic`: milliseconds from any origin. */
export interface Clock {
  now(): number;
  monotonic(): number;
  /** Runs `run` after `ms`; returns what cancels it. Default: the system's timers. */
  setTimeout?(run: () => void, ms: number): () => void;
}
