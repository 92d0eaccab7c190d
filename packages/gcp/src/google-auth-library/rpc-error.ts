import { FederationError, OptionError } from '@credex/core';

/** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

/**
 * A refused credential as Google's RPC clients can read it. They decide by a numeric status whether to call again; an
 * error without one counts as UNKNOWN in @grpc/grpc-js and as UNAVAILABLE in google-gax over REST. Clients such as
 * Pub/Sub repeat both for ten minutes before they show any error.
 */
class RpcCredentialsError extends Error {
  override readonly name = 'RpcCredentialsError';
  /** The status of gRPC. */
  readonly code: number;
  /** The HTTP status that stands for it, where google-gax calls by REST. */
  readonly status: number;

  constructor(cause: FederationError | OptionError) {
    // gRPC keeps the code and the message, and drops the cause.
    super(cause.message, { cause });
    const retryable = FederationError.isInstance(cause) && cause.retryable;
    this.code = retryable ? UNAVAILABLE : UNAUTHENTICATED;
    this.status = retryable ? 503 : 401;
  }
}

/** An error of ours with the status that RPC clients look for; any other error as it is. */
export function asRpcError(error: unknown): unknown {
  return FederationError.isInstance(error) || OptionError.isInstance(error)
    ? new RpcCredentialsError(error)
    : error;
}

/** Whether `url` names a service of gRPC, `https://pubsub.googleapis.com/google.pubsub.v1.Publisher`, not an API's path. */
export function isGrpcService(url: string | URL | undefined): boolean {
  return url !== undefined && /^https:\/\/[^/?#]+\/(?:\w+\.)+[A-Z]\w*$/.test(String(url));
}
