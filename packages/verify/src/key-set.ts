/**
 * Caches and refreshes one issuer's keys. jose's createRemoteJWKSet lacks these limits: it reads bodies of any length,
 * retries immediately after a failure, blocks on every refresh, forgets a valid key if the issuer is down for longer than
 * the cache lives, and reads the system clock.
 */

import { OptionError, FederationError, type Clock, type FederationErrorCode } from '@credex/core';
import { momentOf, since, startTimer, type Moment, type Transport } from '@credex/core/internal';
import { callerError, transportFailure } from '@credex/core/failure';
import { readKeys, type VerificationKey } from './read-keys.js';
import { refusal } from './errors.js';
import { waitFor } from './waiting.js';

// Fetches an issuer's keys with one GET: no redirect, a bounded response, its own timeout.

interface KeysRequest {
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
async function fetchKeys({ url, transport, clock, timeoutMs }: KeysRequest): Promise<string> {
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

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** Keys that are older than this are refreshed in the background. */
const FRESH_MS = 10 * MINUTE;
/**
 * Keys that are older than this are refreshed before they are used, because a key may have been withdrawn. They get this old
 * after a pause, or on a runtime that stops after its response and loses background refreshes. If the refresh fails, they
 * are still used.
 */
const REFRESH_FIRST_MS = 60 * MINUTE;
/** How long keys are used while the issuer cannot be reached. */
const USABLE_MS = 24 * 60 * MINUTE;
/** Limits the fetches for unknown keys, because anyone can send a token with an unknown key id. */
const UNKNOWN_COOLDOWN_MS = 30 * SECOND;
/** The backoff after the first failure. Each further failure doubles it. */
const FAILURE_COOLDOWN_MS = SECOND;
const MAX_FAILURE_COOLDOWN_MS = MINUTE;

export interface KeySet {
  /** Returns the key if it is cached and may be used without waiting. Starts a refresh if it is stale. */
  cached(kid: string): VerificationKey | undefined;
  /**
   * Returns the key, and fetches the keys if it is not cached.
   * @throws TokenVerificationError `unknown_key`, `keys_unavailable`, `aborted`
   */
  find(kid: string, claims: object, signal: AbortSignal | undefined): Promise<VerificationKey>;
}

interface Refresh {
  readonly sent: Moment;
  /** Never rejects. */
  readonly done: Promise<void>;
}

interface Failure {
  readonly at: Moment;
  readonly error: unknown;
  /** The number of consecutive failures. */
  readonly count: number;
}

/** @param algorithms the algorithms that keys are imported for */
export function createKeySet(
  request: KeysRequest & { readonly clock: Clock },
  algorithms: ReadonlySet<string>,
): KeySet {
  const { clock } = request;
  let keys: ReadonlyMap<string, VerificationKey> = new Map();
  /** When the request for the current `keys` was sent. */
  let confirmed: Moment | undefined;
  let failure: Failure | undefined;
  /** When the last request for an unknown key was sent, if the response did not contain the key. */
  let lastUnknown: Moment | undefined;
  let refresh: Refresh | undefined;

  const isUsable = (): boolean => confirmed !== undefined && since(confirmed, clock) <= USABLE_MS;
  const coolsAfterFailure = (): boolean =>
    failure !== undefined && since(failure.at, clock) < cooldownOf(failure);
  const coolsAfterUnknown = (): boolean =>
    lastUnknown !== undefined && since(lastUnknown, clock) < UNKNOWN_COOLDOWN_MS;

  /**
   * The refresh in flight. One that exceeds twice its timeout is considered lost: workers cancel a request when the client
   * that caused it disconnects.
   */
  const inFlight = (): Refresh | undefined =>
    refresh !== undefined && since(refresh.sent, clock) <= 2 * request.timeoutMs ? refresh : undefined;

  const join = (joined: Refresh, signal: AbortSignal | undefined): Promise<void> =>
    waitForRefresh(joined, clock, 2 * request.timeoutMs, signal);

  const fetchAndStore = async (sent: Moment, sought: string | undefined): Promise<void> => {
    try {
      const found = await readKeys(await fetchKeys(request), algorithms, keys);
      // A refresh that started later has already finished.
      if (confirmed !== undefined && confirmed.mono > sent.mono) return;
      keys = found;
      confirmed = sent;
      failure = undefined;
      if (sought !== undefined && !keys.has(sought)) lastUnknown = sent;
    } catch (error) {
      failure = { at: momentOf(clock), error, count: (failure?.count ?? 0) + 1 };
    }
  };
  const startRefresh = (sought?: string): Promise<void> => {
    const sent = momentOf(clock);
    const started: Refresh = {
      sent,
      done: fetchAndStore(sent, sought).finally(() => {
        if (refresh === started) refresh = undefined;
      }),
    };
    refresh = started;
    return started.done;
  };

  const cached = (kid: string): VerificationKey | undefined => {
    const key = keys.get(kid);
    if (key === undefined || confirmed === undefined) return undefined;
    const age = since(confirmed, clock);
    if (age > FRESH_MS && inFlight() === undefined && !coolsAfterFailure()) void startRefresh();
    if (age > REFRESH_FIRST_MS && inFlight() !== undefined) return undefined;
    return age <= USABLE_MS ? key : undefined;
  };

  return {
    cached,
    async find(kid, claims, signal) {
      const ready = cached(kid);
      if (ready !== undefined) return ready;
      // A refresh in flight may have started before this key was published, so another one may follow.
      let started = inFlight();
      if (started !== undefined) await join(started, signal);
      let key = cached(kid);
      started = inFlight();
      if (key === undefined && started !== undefined) {
        await join(started, signal);
        key = cached(kid);
      } else if (key === undefined && !coolsAfterFailure() && !(isUsable() && coolsAfterUnknown())) {
        await waitFor(startRefresh(kid), signal);
        key = cached(kid);
      }
      // The refresh brought no new keys: continue with the known ones.
      if (isUsable()) key ??= keys.get(kid);
      if (key !== undefined) return key;
      throw failure === undefined && isUsable()
        ? unknownKey(claims, keys.size)
        : keysUnavailable(claims, failure);
    },
  };
}

/** Waits with a timer of the caller, because the timer of a lost refresh is lost as well. */
async function waitForRefresh(
  { sent, done }: Refresh,
  clock: Clock,
  lostAfterMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  let stop = (): void => undefined;
  const lost = new Promise<void>((resolve) => {
    stop = startTimer(clock, lostAfterMs - since(sent, clock) + 1, resolve);
  });
  try {
    await waitFor(Promise.race([done, lost]), signal);
  } finally {
    stop();
  }
}

const cooldownOf = ({ count }: Failure): number =>
  Math.min(FAILURE_COOLDOWN_MS * 2 ** Math.min(count - 1, 16), MAX_FAILURE_COOLDOWN_MS);

function unknownKey(claims: object, published: number): Error {
  return refusal('unknown_key', "The token's key is not among the keys of its issuer.", {
    claims,
    advice: published === 0 ? 'The issuer publishes no key for the allowed `algorithms`.' : undefined,
  });
}

function keysUnavailable(claims: object, failure: Failure | undefined): Error {
  return refusal('keys_unavailable', "The issuer's keys could not be fetched.", {
    claims,
    advice: OptionError.isInstance(failure?.error) ? failure.error.message : undefined,
    cause: callerError(failure?.error),
  });
}
