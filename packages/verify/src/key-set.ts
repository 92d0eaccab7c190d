/**
 * One issuer's keys, held and renewed. jose's createRemoteJWKSet has no such bounds: it reads bodies of any length,
 * asks again at once after a failure, blocks on every refresh, forgets a good key when the issuer is down for longer
 * than its cache lives, and reads the ambient clock.
 */

import { OptionError } from '@credex/core';
import type { Clock } from '@credex/core';
import type { Moment } from '@credex/core/driver';
import { callerError, momentOf, since, startTimer } from '@credex/core/driver';
import { fetchKeys } from './fetch-keys.js';
import type { KeysRequest } from './fetch-keys.js';
import { readKeys } from './read-keys.js';
import type { VerificationKey } from './read-keys.js';
import { refusal } from './refuse.js';
import { waitFor } from './waiting.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** Younger keys are used as they are; older ones too, and asked for again beside the call. */
const FRESH_MS = 10 * MINUTE;
/**
 * Older ones, after a pause or where refreshes beside the calls came to nothing (a runtime that stops with its answer),
 * are used once the issuer was asked in vain: a key may have been withdrawn since.
 */
const UNASKED_MS = 60 * MINUTE;
/** How long keys are used that the issuer no longer confirms: it is down, or cut off. */
const USABLE_MS = 24 * 60 * MINUTE;
/** Any stranger can name a key that does not exist: so often, at most, the issuer is asked for such a one. */
const UNKNOWN_COOLDOWN_MS = 30 * SECOND;
/** After a first failure, doubled by each that follows. */
const FAILURE_COOLDOWN_MS = SECOND;
const LONGEST_FAILURE_COOLDOWN_MS = MINUTE;

export interface KeySet {
  /** The key, where it is held and may be used without waiting; starts a refresh where it is stale. */
  held(kid: string): VerificationKey | undefined;
  /**
   * The key, asked for where it is not held.
   * @throws TokenVerificationError `unknown_key`, `keys_unavailable`, `aborted`
   */
  find(kid: string, claims: object, signal: AbortSignal | undefined): Promise<VerificationKey>;
}

interface Flight {
  readonly sent: Moment;
  /** Never rejects. */
  readonly done: Promise<void>;
}

interface Failure {
  readonly at: Moment;
  readonly error: unknown;
  /** How many in a row. */
  readonly count: number;
}

/** @param algorithms what keys are imported for */
export function createKeySet(
  request: KeysRequest & { readonly clock: Clock },
  algorithms: ReadonlySet<string>,
): KeySet {
  const { clock } = request;
  let keys: ReadonlyMap<string, VerificationKey> = new Map();
  /** When the request was sent that brought `keys`. */
  let confirmed: Moment | undefined;
  let failure: Failure | undefined;
  /** When the last request was sent for a key that its answer did not have. */
  let lastInVain: Moment | undefined;
  let flight: Flight | undefined;

  const isUsable = (): boolean => confirmed !== undefined && since(confirmed, clock) <= USABLE_MS;
  const coolsAfterFailure = (): boolean =>
    failure !== undefined && since(failure.at, clock) < cooldownOf(failure);
  const coolsAfterUnknown = (): boolean =>
    lastInVain !== undefined && since(lastInVain, clock) < UNKNOWN_COOLDOWN_MS;

  /**
   * The request under way. One that outlived its time limit by far was lost with the request that sent it, as workers
   * do when a client hangs up: nobody waits for it any more.
   */
  const underWay = (): Flight | undefined =>
    flight !== undefined && since(flight.sent, clock) <= 2 * request.timeoutMs ? flight : undefined;

  /** By a timer of one's own: the flight's may have been lost with it. */
  const join = async ({ sent, done }: Flight, signal: AbortSignal | undefined): Promise<void> => {
    let stop = (): void => undefined;
    const lost = new Promise<void>((resolve) => {
      stop = startTimer(clock, 2 * request.timeoutMs - since(sent, clock) + 1, resolve);
    });
    try {
      await waitFor(Promise.race([done, lost]), signal);
    } finally {
      stop();
    }
  };

  const fetchAnew = async (sent: Moment, sought: string | undefined): Promise<void> => {
    try {
      const found = await readKeys(await fetchKeys(request), algorithms, keys);
      // A later one was quicker.
      if (confirmed !== undefined && confirmed.mono > sent.mono) return;
      keys = found;
      confirmed = sent;
      failure = undefined;
      if (sought !== undefined && !keys.has(sought)) lastInVain = sent;
    } catch (error) {
      failure = { at: momentOf(clock), error, count: (failure?.count ?? 0) + 1 };
    }
  };
  const startFlight = (sought?: string): Promise<void> => {
    const sent = momentOf(clock);
    const started: Flight = {
      sent,
      done: fetchAnew(sent, sought).finally(() => {
        if (flight === started) flight = undefined;
      }),
    };
    flight = started;
    return started.done;
  };

  const held = (kid: string): VerificationKey | undefined => {
    const key = keys.get(kid);
    if (key === undefined || confirmed === undefined) return undefined;
    const age = since(confirmed, clock);
    if (age > FRESH_MS && underWay() === undefined && !coolsAfterFailure()) void startFlight();
    if (age > UNASKED_MS && underWay() !== undefined) return undefined;
    return age <= USABLE_MS ? key : undefined;
  };

  return {
    held,
    async find(kid, claims, signal) {
      const waited = held(kid);
      if (waited !== undefined) return waited;
      // One that others started may have been sent before this key was published: it is waited for, not relied on.
      let started = underWay();
      if (started !== undefined) await join(started, signal);
      let key = held(kid);
      started = underWay();
      if (key === undefined && started !== undefined) {
        await join(started, signal);
        key = held(kid);
      } else if (key === undefined && !coolsAfterFailure() && !(isUsable() && coolsAfterUnknown())) {
        await waitFor(startFlight(kid), signal);
        key = held(kid);
      }
      // Asked in vain: what was good goes on.
      if (isUsable()) key ??= keys.get(kid);
      if (key !== undefined) return key;
      throw failure === undefined && isUsable()
        ? unknownKey(claims, keys.size)
        : keysUnavailable(claims, failure);
    },
  };
}

const cooldownOf = ({ count }: Failure): number =>
  Math.min(FAILURE_COOLDOWN_MS * 2 ** Math.min(count - 1, 16), LONGEST_FAILURE_COOLDOWN_MS);

function unknownKey(claims: object, published: number): Error {
  return refusal('unknown_key', "The token's key is not among the keys of its issuer.", {
    claims,
    advice: published === 0 ? 'The issuer publishes no key that fits `algorithms`.' : undefined,
  });
}

function keysUnavailable(claims: object, failure: Failure | undefined): Error {
  return refusal('keys_unavailable', "The issuer's keys could not be had.", {
    claims,
    advice: OptionError.isInstance(failure?.error) ? failure.error.message : undefined,
    cause: callerError(failure?.error),
  });
}
