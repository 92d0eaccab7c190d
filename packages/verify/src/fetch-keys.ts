/** One GET of an issuer's keys: no redirect, a bounded answer, a time limit of its own. */

import type { Clock } from '@credex/core';
import { FederationError, OptionError } from '@credex/core';
import type { FederationErrorCode } from '@credex/core';
import { startTimer, transportFailure } from '@credex/core/driver';
import type { Transport } from '@credex/core/driver';

export interface KeysRequest {
  readonly url: URL;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/**
 * The text of the answer.
 *
 * @throws FederationError `timeout`, `network`, `redirect_refused`, `throttled`, `unavailable`, `invalid_response`;
 * what the network threw is its cause, scrubbed. OptionError where a package that the proxy needs is missing.
 */
export async function fetchKeys({ url, transport, clock, timeoutMs }: KeysRequest): Promise<string> {
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
    return await Promise.race([late, answerOf(url, transport, controller.signal)]);
  } catch (error) {
    if (FederationError.isInstance(error) || OptionError.isInstance(error)) throw error;
    const code = transportFailure(error)?.code ?? 'network';
    throw failure(code, `The keys could not be had from ${url.host}.`, { cause: error });
  } finally {
    stop();
  }
}

async function answerOf(url: URL, transport: Transport, signal: AbortSignal): Promise<string> {
  const { status, body } = await transport('vercel', url, {
    method: 'GET',
    headers: { accept: 'application/json, application/jwk-set+json' },
    signal,
  });
  if (status === 200) return body;
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
