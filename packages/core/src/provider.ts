/** The portable provider over an exchanger: what every cloud's factory is made with. */

import type {
  Clock,
  Credential,
  CredentialCall,
  CredentialProvider,
  CredentialStatus,
  ExchangeContext,
  Exchanger,
  Json,
  PresentedToken,
  Subject,
  SubjectToken,
  SubjectTokenSource,
} from './contract.js';
import type { CacheEntry, CredentialCache, Flight, FlightOutcome } from './cache.js';
import { processWideCache } from './cache.js';
import { canonicalJson, lengthPrefixed, sha256 } from './canonical.js';
import { FederationError, federationErrorOf, presentedToken } from './errors.js';
import type { CredentialEvent, OnEvent } from './events.js';
import type { Expectation } from './expectation.js';
import { assertExpected, normalizeExpectation } from './expectation.js';
import type { Fetch } from './http.js';
import { post } from './http.js';
import { optionalFunction, optionalInteger } from './options.js';

/** Options that core takes, the same for every cloud. */
export interface CredentialProviderOptions {
  readonly source: SubjectTokenSource;
  /** Ask the platform for a subject token of this audience first. */
  readonly audience?: string | undefined;
  readonly expect?: Expectation | undefined;
  /** Default: the process-wide cache. */
  readonly cache?: CredentialCache | undefined;
  /** How long one exchange may take in all, in milliseconds, 100 to 60,000; default 8,000. */
  readonly timeoutMs?: number | undefined;
  readonly fetch?: Fetch | undefined;
  readonly clock?: Clock | undefined;
  /** A number from 0 (included) to 1 (excluded), as `Math.random`. */
  readonly random?: (() => number) | undefined;
  readonly onEvent?: OnEvent | undefined;
}

/** What a driver may add to a user's call. */
export interface DriverCall<R> extends CredentialCall<R> {
  /**
   * The part of the request that the target does not depend on (AWS's region): asked for after the subject is
   * captured, and only when an exchange is needed.
   */
  readonly lateRequest?: (() => Promise<Partial<R>>) | undefined;
}

export interface DriverProvider<C extends Credential, R> extends CredentialProvider<C, R> {
  getCredentials(call?: DriverCall<R>): Promise<C>;
}

/** A margin, so that a credential isn't handed out that ends on the way: 60 s, or a tenth of a short lifetime. */
const MARGIN_MS = 60_000;

export function createCredentialProvider<C extends Credential, R = void>(
  exchanger: Exchanger<C, R>,
  options: CredentialProviderOptions,
): DriverProvider<C, R> {
  const { source, audience } = options;
  const expectation = normalizeExpectation(options.expect);
  const timeoutMs = optionalInteger({ option: 'timeoutMs' }, options.timeoutMs, 100, 60_000) ?? 8_000;
  const fetch: Fetch =
    optionalFunction({ option: 'fetch' }, options.fetch) ?? ((url, init) => globalThis.fetch(url, init));
  const onEvent = optionalFunction({ option: 'onEvent' }, options.onEvent);
  const clock: Clock = options.clock ?? systemClock;
  const cache = options.cache ?? processWideCache();
  const { provider } = exchanger;
  const expected = canonicalJson((expectation ?? null) as Json);

  return {
    async getCredentials(call: DriverCall<R> = {}): Promise<C> {
      const subject = source.capture();
      const request = (call.request ?? {}) as R;
      if (call.signal?.aborted === true) throw aborted();
      const target = canonicalJson(exchanger.target(request));
      if (subject.partition !== undefined) {
        const key = await valueKey(target, `platform:${subject.partition}`);
        const credential = await through(key, subject, subject.covers?.bind(subject), request, call);
        if (credential !== undefined) return credential;
      }
      const token = await readToken(subject, call.signal);
      const key = await valueKey(target, `digest:${await sha256(token.jwt)}`);
      const held: Subject = {
        partition: undefined,
        token: async (o) => (o.fresh ? subject.token(o) : token),
      };
      const credential = await through(key, held, undefined, request, call);
      if (credential === undefined) throw new Error('unreachable: a digest has no foreign subject');
      return credential;
    },
    invalidate(which?: C | ((held: C) => boolean)): void {
      for (const [key, entry] of cache.entries) {
        if (entry.provider !== provider) continue;
        const held = entry.credential as C;
        const meant =
          which === undefined ||
          (typeof which === 'function'
            ? which(held)
            : canonicalJson(which as unknown as Json) === canonicalJson(held as unknown as Json));
        if (meant) cache.entries.delete(key);
      }
    },
    status(): CredentialStatus {
      return { state: 'empty' };
    },
  };

  function valueKey(target: string, partition: string): Promise<string> {
    return sha256(lengthPrefixed(['v1', provider, target, audience ?? '', expected, partition]));
  }

  /** The held credential, or one exchange shared by all who wait; `undefined`: the subject is a foreign one. */
  async function through(
    key: string,
    subject: Subject,
    covers: Subject['covers'],
    request: R,
    call: DriverCall<R>,
  ): Promise<C | undefined> {
    const held = call.forceRefresh === true ? undefined : usable(key);
    if (held !== undefined) return held;
    const whole = call.lateRequest === undefined ? request : { ...request, ...(await call.lateRequest()) };
    const late = call.forceRefresh === true ? undefined : usable(key);
    if (late !== undefined) return late;
    const flightKey = lengthPrefixed([key, canonicalJson(whole as Json)]);
    const flight = cache.flights.get(flightKey) ?? depart(flightKey, key, subject, covers, whole);
    const outcome = await waitFor(flight, call.signal);
    if (outcome.kind === 'foreign-subject') return undefined;
    if (outcome.kind === 'failed') throw outcome.error;
    return outcome.entry.credential as C;
  }

  function usable(key: string): C | undefined {
    const entry = cache.entries.get(key);
    if (entry === undefined || clock.now() >= entry.usableUntil) return undefined;
    cache.entries.delete(key);
    cache.entries.set(key, entry);
    return entry.credential as C;
  }

  function depart(
    flightKey: string,
    key: string,
    subject: Subject,
    covers: Subject['covers'],
    request: R,
  ): Flight {
    const outcome = fly(subject, covers, request).then((landed) => {
      cache.flights.delete(flightKey);
      if (landed.kind === 'issued') keep(key, landed.entry);
      return landed;
    });
    const flight: Flight = { outcome, startedAt: clock.now() };
    cache.flights.set(flightKey, flight);
    return flight;
  }

  function keep(key: string, entry: CacheEntry): void {
    cache.entries.delete(key);
    cache.entries.set(key, entry);
    while (cache.entries.size > cache.maxEntries) {
      const [oldest] = cache.entries.keys();
      if (oldest === undefined) return;
      cache.entries.delete(oldest);
      emit({ type: 'evicted', provider });
    }
  }

  async function fly(subject: Subject, covers: Subject['covers'], request: R): Promise<FlightOutcome> {
    const startedAt = clock.monotonic();
    let presented: PresentedToken | undefined;
    let foreign = false;
    const signal = AbortSignal.timeout(timeoutMs);
    const context: ExchangeContext = {
      signal,
      async subject() {
        const token = await subject.token({ audience, fresh: false, signal });
        presented = presentedToken(token.claims);
        if (covers !== undefined && !covers(token.claims)) {
          foreign = true;
          throw new Error('foreign subject');
        }
        assertExpected(expectation, token.claims);
        return token;
      },
      post: (url, init) => post(fetch, provider, url, { ...init, signal }),
    };
    emit({ type: 'exchange-started', provider });
    try {
      const { credential } = await Promise.race([exchanger.exchange(request, context), timedOut(signal)]);
      const issuedAt = clock.now();
      const lifetime = credential.expiresAt - issuedAt;
      if (!(lifetime >= 30_000)) throw overAlready(presented);
      emit({
        type: 'exchange-succeeded',
        provider,
        durationMs: clock.monotonic() - startedAt,
        expiresAt: credential.expiresAt,
      });
      const usableUntil = credential.expiresAt - Math.min(MARGIN_MS, lifetime / 10);
      return {
        kind: 'issued',
        entry: { credential: Object.freeze(credential), provider, issuedAt, usableUntil },
      };
    } catch (thrown) {
      if (foreign) {
        emit({ type: 'partition-mismatch', provider });
        return { kind: 'foreign-subject' };
      }
      const error = federationErrorOf(
        provider,
        thrown,
        signal.aborted ? { code: 'timeout', retry: 'now' } : exchanger.classify(thrown, presented),
        presented,
      );
      emit({
        type: 'exchange-failed',
        provider,
        durationMs: clock.monotonic() - startedAt,
        code: error.code,
      });
      return { kind: 'failed', error };
    }
  }

  async function readToken(subject: Subject, signal: AbortSignal | undefined): Promise<SubjectToken> {
    const limit = AbortSignal.timeout(timeoutMs);
    return subject.token({
      audience: undefined,
      fresh: false,
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
  }

  function overAlready(presented: PresentedToken | undefined): FederationError {
    return new FederationError({
      code: 'clock_skew',
      provider,
      message:
        'The credential that was issued is over, or ends within 30 seconds, by the clock of this machine.',
      hint: 'Set the clock of this machine; ask for a longer duration if it is right.',
      presented,
    });
  }

  async function waitFor(flight: Flight, signal: AbortSignal | undefined): Promise<FlightOutcome> {
    if (signal === undefined) return flight.outcome;
    let detach: (() => void) | undefined;
    const gaveUp = new Promise<never>((_resolve, reject) => {
      const onAbort = (): void => reject(aborted());
      signal.addEventListener('abort', onAbort, { once: true });
      detach = () => signal.removeEventListener('abort', onAbort);
    });
    try {
      return await Promise.race([flight.outcome, gaveUp]);
    } finally {
      detach?.();
    }
  }

  function aborted(): FederationError {
    return new FederationError({
      code: 'aborted',
      provider,
      message: 'The caller gave up waiting.',
      retryable: true,
    });
  }

  function emit(event: CredentialEvent): void {
    onEvent?.(event);
  }
}

function timedOut(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };
