import { FederationError, OptionError } from '@credex/core';

/** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

/**
 * A failed exchange as an error for Google's RPC clients, which decide by a numeric status whether to retry. They treat
 * an error without one as UNKNOWN (@grpc/grpc-js) or UNAVAILABLE (google-gax over REST), and clients such as Pub/Sub
 * retry both for ten minutes before they report an error.
 */
class RpcCredentialsError extends Error {
  override readonly name = 'RpcCredentialsError';
  /** The gRPC status. */
  readonly code: number;
  /** The equivalent HTTP status, for google-gax over REST. */
  readonly status: number;

  constructor(cause: FederationError | OptionError) {
    // gRPC keeps the code and the message, and drops the cause.
    super(cause.message, { cause });
    const retryable = FederationError.isInstance(cause) && cause.retryable;
    this.code = retryable ? UNAVAILABLE : UNAUTHENTICATED;
    this.status = retryable ? 503 : 401;
  }
}

/** Wraps an error of credex with the status that RPC clients read. Returns any other error unchanged. */
export function asRpcError(error: unknown): unknown {
  return FederationError.isInstance(error) || OptionError.isInstance(error)
    ? new RpcCredentialsError(error)
    : error;
}

/** True if `url` names a gRPC service, such as `https://pubsub.googleapis.com/google.pubsub.v1.Publisher`. */
export function isGrpcService(url: string | URL | undefined): boolean {
  return url !== undefined && /^https:\/\/[^/?#]+\/(?:\w+\.)+[A-Z]\w*$/.test(String(url));
}
