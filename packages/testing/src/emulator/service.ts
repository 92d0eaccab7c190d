/**
 * The interface of the emulator's services: a service answers requests; the server (sockets, TLS, faults, log, clock) is
 * written once around all of them.
 */

/** Time as the emulator sees it, epoch milliseconds. Every lifetime in every service is judged by it. */
export interface EmulatorClock {
  now(): number;
}

export interface ServiceRequest {
  readonly method: string;
  /** The path as it was sent, still encoded, without the query. */
  readonly path: string;
  /** The query as it was sent, without `?`; empty where there is none. */
  readonly rawQuery: string;
  readonly query: URLSearchParams;
  /** Names in lower case; repeated headers joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** The Host header: what a signature covers. */
  readonly host: string;
  readonly secure: boolean;
  /** The IP address of the peer, as conditions on `aws:SourceIp` see it. */
  readonly remoteAddress?: string | undefined;
  readonly body: Uint8Array;
}

export interface ServiceAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | Uint8Array | undefined;
  /**
   * What the request log says of this request beyond method, path and status: the action, the principal that
   * was authorized, why it was refused. No secret.
   */
  readonly log?: Readonly<Record<string, string>> | undefined;
}

/** One endpoint of one party, with its own listener. */
export interface Service {
  readonly name: ServiceName;
  handle(request: ServiceRequest): Promise<ServiceAnswer> | ServiceAnswer;
  /**
   * A planted fault in this party's own words: `throttle`, its real throttling answer (`status` is undefined);
   * `status`, its error body at that HTTP status. A service that is without gets a plain text body.
   */
  faultAnswer?(
    kind: FaultAnswerKind,
    request: ServiceRequest,
    status: number | undefined,
  ): Promise<ServiceAnswer> | ServiceAnswer;
}

/** One cloud: its services, and how a test sets it up. */
export interface EmulatedCloud<Admin> {
  readonly services: readonly Service[];
  readonly admin: Admin;
}

export type FaultAnswerKind = 'throttle' | 'status';

export type ServiceName =
  | 'issuer'
  | 'aws-sts'
  | 'aws-s3'
  | 'gcp-sts'
  | 'gcp-iam-credentials'
  | 'gcp-storage'
  | 'entra'
  | 'azure-blob'
  | 'vercel-api';

/** Why a cloud does not take a subject token; each service says it with its own code and words. */
export type TokenFault =
  | 'malformed'
  | 'unsupported_algorithm'
  | 'unknown_issuer'
  | 'unknown_key'
  | 'bad_signature'
  | 'expired'
  | 'not_yet_valid'
  | 'missing_claim'
  /** The issuer's keys could not be fetched; planted by `issuer.setReachable(false)`. */
  | 'issuer_unreachable';

export type TokenVerdict =
  | { readonly ok: true; readonly claims: Readonly<Record<string, unknown>> }
  | {
      readonly ok: false;
      readonly fault: TokenFault;
      readonly claims?: Readonly<Record<string, unknown>> | undefined;
    };

/** What a cloud takes: each has its own algorithms and allows its own difference of clocks. */
export interface TrustedTokens {
  /** The issuer that the cloud's configuration trusts; a token of another one is `unknown_issuer`. */
  readonly issuerUrl: string;
  /** Default: RS256 alone. */
  readonly algorithms?: readonly string[] | undefined;
  /** Seconds by which `exp`, `nbf` and `iat` may be off. Default: 0. */
  readonly toleranceSeconds?: number | undefined;
}

/**
 * What the clouds know of the outside: the time, fresh random ids, and whether a token's signature, issuer and
 * times hold (its audience and subject are each cloud's own policy to judge).
 */
export interface EmulatorRuntime {
  readonly clock: EmulatorClock;
  /** `bytes` random bytes, as lower-case hexadecimal. Seeded where the emulator was started with a seed. */
  randomHex(bytes: number): string;
  verifySubjectToken(jwt: string, trusted: TrustedTokens): Promise<TokenVerdict>;
}
