/** Errors of a request for a token: a response without a token, or no response. */

import type { ErrorClass, HttpResponse } from '@credex/core/internal';
import { parseJson } from '@credex/core/internal';
import { retryAfterMs, transportFailure } from '@credex/core/failure';

/** The object of a JSON body; an empty object for any other body. */
export function jsonObject(body: string): Readonly<Record<string, unknown>> {
  try {
    const parsed = parseJson(body);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** What a client error (4xx other than 429) means for this service. */
export interface Rejection {
  readonly code: ErrorClass['code'];
  readonly hint: string;
}

/** A response without a token. Its body is not kept, because it may repeat what was sent. */
export class RejectedTokenRequest extends Error {
  readonly #class: ErrorClass;

  /** `serverMessage`: what the body says; ignored unless it is a string. */
  constructor(
    service: string,
    { status, headers }: HttpResponse,
    serverMessage: unknown,
    rejection: Rejection,
  ) {
    super(`${service} responded with HTTP status ${status}.`);
    const details = {
      status,
      serverMessage: typeof serverMessage === 'string' ? serverMessage : undefined,
      retryAfterMs: retryAfterMs(headers),
    };
    if (status === 429) this.#class = { code: 'throttled', retry: 'now', throttled: true, ...details };
    else if (status >= 500) this.#class = { code: 'unavailable', retry: 'now', ...details };
    else if (status === 200)
      this.#class = { code: 'invalid_response', retry: 'now', retriesAtMost: 1, status };
    else this.#class = { ...rejection, ...details, retry: 'never', retryAfterMs: undefined };
  }

  /** A transport error is retried. Any other error, such as a defect of a given `fetch`, is `unknown`. */
  static classify(error: unknown): ErrorClass {
    if (error instanceof RejectedTokenRequest) return error.#class;
    const failure = transportFailure(error);
    if (failure === undefined) return { code: 'unknown', retry: 'never' };
    return {
      code: failure.code,
      retry: 'now',
      hint: failure.reason === 'certificate' ? CERTIFICATE_HINT : undefined,
    };
  }
}

const CERTIFICATE_HINT =
  'The TLS certificate was not accepted. Behind a proxy with its own authority, set NODE_EXTRA_CA_CERTS to its certificate.';
