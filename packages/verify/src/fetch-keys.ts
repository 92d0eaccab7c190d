/** Fetches an issuer's keys with one GET: no redirect, a bounded response, its own timeout. */

import type { Clock } from '@credex/core';
import { FederationError, OptionError } from '@credex/core';
import type { FederationErrorCode } from '@credex/core';
import { startTimer } from '@credex/core/internal';
import { transportFailure } from '@credex/core/failure';
import type { Transport } from '@credex/core/internal';

export interface KeysRequest {
  readonly url: URL;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/**
 * Returns the text of the response.
 *
 * @throws FederationError `timeout`, `network`, `redirect_refused`, `throttled`, `unavailable`, `invalid_response`; its
 * cause is the network error without secrets. OptionError if the package for the proxy is not installed.
 */
export async function fetchKeys({ url, transport, clock, timeoutMs }: KeysRequest): Promise<string> {
  const controller = new AbortController();
  let stop = (): void => undefined;
  // A fetch that ignores its signal must not block the callers.
  const late = new Promise<never>((_, reject) => {
    stop = startTimer(clock, timeoutMs, () => {
      controller.abort();
      reject(failure('timeout', `${url.host} did not return the keys within ${timeoutMs} ms.`));
    });
  });
  try {
    return await Promise.race([late, responseText(url, transport, controller.signal)]);
  } catch (error) {
    if (FederationError.isInstance(error) || OptionError.isInstance(error)) throw error;
    const code = transportFailure(error)?.code ?? 'network';
    throw failure(code, `The keys could not be fetched from ${url.host}.`, { cause: error });
  } finally {
    stop();
  }
}

async function responseText(url: URL, transport: Transport, signal: AbortSignal): Promise<string> {
  const { status, body } = await transport('vercel', url, {
    method: 'GET',
    headers: { accept: 'application/json, application/jwk-set+json' },
    signal,
  });
  if (status === 200) return body;
  throw failure(
    status === 429 ? 'throttled' : 'unavailable',
    `${url.host} responded with status ${status}.`,
    {
      status,
    },
  );
}

function failure(
  code: FederationErrorCode,
  message: string,
  more: { readonly status?: number; readonly cause?: unknown } = {},
): FederationError {
  return new FederationError({ code, provider: 'vercel', message, ...more });
}
