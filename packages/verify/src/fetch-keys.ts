/** One GET of an issuer's keys: no redirect, a bounded answer, a time limit of its own. */

import type { Clock, Fetch } from '@credex/core';
import { FederationError } from '@credex/core';
import type { FederationErrorCode } from '@credex/core';
import { MAX_ANSWER_BYTES, boundedText, discard, startTimer, transportFailure } from '@credex/core/driver';

export interface KeysRequest {
  readonly url: URL;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/**
 * The text of the answer.
 *
 * @throws FederationError `timeout`, `network`, `redirect_refused`, `throttled`, `unavailable`, `invalid_response`;
 * what `fetch` threw is its cause, scrubbed.
 */
export async function fetchKeys({ url, fetch, clock, timeoutMs }: KeysRequest): Promise<string> {
  const controller = new AbortController();
  let stop = (): void => undefined;
  // A fetch that does not heed its signal must not hold the callers.
  const late = new Promise<never>((_, reject) => {
    stop = startTimer(clock, timeoutMs, () => {
      controller.abort();
      reject(failure('timeout', `The keys did not come from ${url.host} within ${timeoutMs} ms.`));
    });
  });
  try {
    return await Promise.race([late, answerOf(url, fetch, controller.signal)]);
  } catch (error) {
    if (FederationError.isInstance(error)) throw error;
    const code = transportFailure(error)?.code ?? 'network';
    throw failure(code, `The keys could not be had from ${url.host}.`, { cause: error });
  } finally {
    stop();
  }
}

async function answerOf(url: URL, fetch: Fetch, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, {
    method: 'GET',
    headers: { accept: 'application/json, application/jwk-set+json' },
    redirect: 'manual',
    signal,
  });
  const { status, type, redirected } = response;
  if (status === 200 && !redirected && type !== 'opaqueredirect') {
    const text = await boundedText(response, MAX_ANSWER_BYTES);
    if (text !== undefined) return text;
    const message = `The answer of ${url.host} is longer than ${MAX_ANSWER_BYTES} bytes.`;
    throw failure('invalid_response', message);
  }
  discard(response.body);
  // A fetch of the caller's own may have followed one all the same.
  if (redirected || type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    // Whoever could redirect could name the keys.
    throw failure('redirect_refused', `${url.host} answered with a redirect, which is not followed.`, {
      status,
    });
  }
  throw failure(status === 429 ? 'throttled' : 'unavailable', `${url.host} answered with status ${status}.`, {
    status,
  });
}

function failure(
  code: FederationErrorCode,
  message: string,
  more: { readonly status?: number; readonly cause?: unknown } = {},
): FederationError {
  return new FederationError({ code, provider: 'vercel', message, ...more });
}
