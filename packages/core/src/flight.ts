/** One exchange from departure to landing: the subject, the steps with their limits and retries, the deadline. */

import type { CredentialCache, Flight, FlightOutcome } from './cache.js';
import type { Moment } from './clock.js';
import { momentOf, since, startTimer } from './clock.js';
import type {
  Clock,
  Credential,
  ErrorClass,
  ExchangeContext,
  Exchanger,
  Issued,
  Subject,
  SubjectToken,
} from './contract.js';
import { FederationError, federationErrorOf, presentedToken } from './errors.js';
import type { Emitter } from './events.js';
import type { Expectation } from './expectation.js';
import { assertExpected } from './expectation.js';
import type { Fetch } from './http.js';
import { post } from './http.js';
import { refill, takeRetry } from './retry-budget.js';

/** What every flight of one provider shares. */
export interface FlightTools<C extends Credential, R> {
  readonly exchanger: Exchanger<C, R>;
  readonly cache: CredentialCache;
  readonly audience: string | undefined;
  readonly expectation: Expectation | undefined;
  readonly timeoutMs: number;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly random: () => number;
  readonly emitter: Emitter;
}

export interface FlightPlan<R> {
  readonly subject: Subject;
  /** Whether a token belongs to the partition that the flight's key names. */
  readonly covers: Subject['covers'];
  readonly request: R;
  readonly generation: number;
  readonly urgent: boolean;
}

/** What one flight brought, before it is kept. */
export type Landing<C extends Credential> =
  | { readonly kind: 'issued'; readonly issued: Issued<C>; readonly received: Moment }
  | {
      readonly kind: 'failed';
      readonly error: FederationError;
      readonly advice: ErrorClass;
      readonly token: SubjectToken | undefined;
    }
  /** The time ran out: no failure of the source, so nothing is held back for it. */
  | { readonly kind: 'out-of-time'; readonly error: FederationError }
  | { readonly kind: 'foreign-subject' }
  | { readonly kind: 'abandoned' };

/** One request of an exchange takes at most this long, and none starts with less than the second left. */
const STEP_MS = 2_500;
const LEAST_LEFT_MS = 1_000;
/** By the clock: an instance that was frozen comes back with dead sockets and late timers. */
export const ABANDONED_AFTER_MS: number = 10_000;
const DEFAULT_RETRIES = 2;
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 1_000;

/** Starts the exchange; `land` keeps what it brought before anyone who waits hears of it. */
export function depart<C extends Credential, R>(
  tools: FlightTools<C, R>,
  plan: FlightPlan<R>,
  land: (landing: Landing<C>, flight: Flight) => Promise<FlightOutcome> | FlightOutcome,
): Flight {
  const { clock, cache } = tools;
  const departed = momentOf(clock);
  let abandon = (): void => undefined;
  const abandoned = new Promise<Landing<C>>((resolve) => {
    abandon = () => resolve({ kind: 'abandoned' });
  });
  const flight: { -readonly [K in keyof Flight]: Flight[K] } = {
    departed,
    sequence: ++cache.state.sequence,
    generation: plan.generation,
    sent: false,
    urgent: plan.urgent,
    abandon: () => abandon(),
    outcome: undefined as unknown as Promise<FlightOutcome>,
  };
  flight.outcome = Promise.race([fly(tools, plan, flight), abandoned]).then((landing) =>
    land(landing, flight),
  );
  return flight;
}

/** Never rejects. */
async function fly<C extends Credential, R>(
  tools: FlightTools<C, R>,
  plan: FlightPlan<R>,
  flight: Flight,
): Promise<Landing<C>> {
  const { exchanger, clock, timeoutMs } = tools;
  const whole = new AbortController();
  let expire = (_landing: Landing<C>): void => undefined;
  const expired = new Promise<Landing<C>>((resolve) => {
    expire = resolve;
  });
  const stop = startTimer(clock, timeoutMs, () => {
    expire(
      since(flight.departed, clock) >= ABANDONED_AFTER_MS
        ? { kind: 'abandoned' }
        : { kind: 'out-of-time', error: outOfTime(exchanger.provider, timeoutMs) },
    );
    whole.abort(new DOMException('The exchange took too long.', 'TimeoutError'));
  });
  try {
    return await Promise.race([attempt(tools, plan, flight, whole.signal, undefined), expired]);
  } finally {
    stop();
  }
}

/** One run of the exchange; `freshAfter`: the token that was refused as too old. */
async function attempt<C extends Credential, R>(
  tools: FlightTools<C, R>,
  plan: FlightPlan<R>,
  flight: Flight,
  signal: AbortSignal,
  freshAfter: SubjectToken | undefined,
): Promise<Landing<C>> {
  const { exchanger, clock, audience, expectation } = tools;
  let token: SubjectToken | undefined;
  let reading: Promise<SubjectToken> | undefined;
  let foreign = false;
  const read = async (): Promise<SubjectToken> => {
    token = await plan.subject.token({ audience, fresh: freshAfter !== undefined, signal });
    if (plan.covers?.(token.claims) === false) {
      foreign = true;
      throw new Error('The subject token is of another partition.');
    }
    assertExpected(expectation, token.claims);
    flight.sent = true;
    return token;
  };
  const context: ExchangeContext = {
    signal,
    subject: () => (reading ??= read()),
    step: (host, run) => step(tools, flight, signal, host, () => token, run),
    post: (url, init) => post(tools.fetch, exchanger.provider, url, { signal, ...init }),
  };
  try {
    const issued = await exchanger.exchange(plan.request, context);
    return { kind: 'issued', issued, received: momentOf(clock) };
  } catch (thrown) {
    if (foreign) return { kind: 'foreign-subject' };
    const presented = token === undefined ? undefined : presentedToken(token.claims);
    const advice: ErrorClass = FederationError.isInstance(thrown)
      ? { code: thrown.code, retry: thrown.retryable ? 'now' : 'never', retryAfterMs: thrown.retryAfterMs }
      : exchanger.classify(thrown, presented);
    if (
      advice.retry === 'fresh-subject' &&
      freshAfter === undefined &&
      token !== undefined &&
      !signal.aborted
    ) {
      const fresher = await attempt(tools, plan, flight, signal, token);
      // Within one request there is usually no fresher token: the first error says what is wrong.
      if (!(fresher.kind === 'failed' && fresher.error.code === 'no_fresher_token')) return fresher;
    }
    return {
      kind: 'failed',
      error: federationErrorOf(exchanger.provider, thrown, advice, presented),
      advice,
      token,
    };
  }
}

/** One request with a limit of its own, and retries within the budget where somebody waits with empty hands. */
async function step<C extends Credential, R, T>(
  tools: FlightTools<C, R>,
  flight: Flight,
  whole: AbortSignal,
  host: string,
  token: () => SubjectToken | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { exchanger, cache, clock, random, emitter, timeoutMs } = tools;
  const bucket = `${exchanger.provider} ${host}`;
  let paid = 0;
  for (let retries = 0; ; retries++) {
    try {
      flight.sent = true;
      const result = await limited(clock, whole, run);
      refill(cache, bucket, paid);
      return result;
    } catch (thrown) {
      const claims = token()?.claims;
      const advice = FederationError.isInstance(thrown)
        ? ({
            code: thrown.code,
            retry: thrown.code === 'redirect_refused' || !thrown.retryable ? 'never' : 'now',
          } satisfies ErrorClass)
        : exchanger.classify(thrown, claims === undefined ? undefined : presentedToken(claims));
      const delayMs = delayBefore(retries, advice, random());
      const left = timeoutMs - since(flight.departed, clock) - delayMs;
      const worth =
        advice.retry === 'now' && flight.urgent && retries < (advice.retriesAtMost ?? DEFAULT_RETRIES);
      if (!worth || whole.aborted || left < LEAST_LEFT_MS) throw thrown;
      const price = takeRetry(cache, bucket, advice.throttled === true);
      if (price === undefined) throw thrown;
      paid += price;
      emitter.emit({ type: 'retrying', provider: exchanger.provider, code: advice.code, delayMs });
      await pause(clock, delayMs, whole);
    }
  }
}

function delayBefore(retries: number, advice: ErrorClass, drawn: number): number {
  const reach = Math.min(
    LONGEST_DELAY_MS,
    FIRST_DELAY_MS * 2 ** retries * (advice.throttled === true ? 5 : 1),
  );
  return Math.max(drawn * reach, advice.retryAfterMs ?? 0);
}

async function limited<T>(
  clock: Clock,
  whole: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  whole.throwIfAborted();
  const own = new AbortController();
  const abort = (): void => own.abort(whole.reason);
  whole.addEventListener('abort', abort, { once: true });
  const stop = startTimer(clock, STEP_MS, () =>
    own.abort(new DOMException('The request took too long.', 'TimeoutError')),
  );
  try {
    return await Promise.race([run(own.signal), rejected(own.signal)]);
  } catch (thrown) {
    // A driver's own word for being stopped says less than why it was.
    throw own.signal.aborted ? own.signal.reason : thrown;
  } finally {
    stop();
    whole.removeEventListener('abort', abort);
  }
}

/** Rejects when the signal fires: a driver that ignores it doesn't hold the flight. */
function rejected(signal: AbortSignal): Promise<never> {
  const promise = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  promise.catch(() => undefined);
  return promise;
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = startTimer(clock, ms, resolve);
    signal.addEventListener(
      'abort',
      () => {
        stop();
        reject(signal.reason as Error);
      },
      { once: true },
    );
  });
}

function outOfTime(provider: string, timeoutMs: number): FederationError {
  return new FederationError({
    code: 'timeout',
    provider,
    message: `The exchange did not end within ${timeoutMs} ms.`,
    hint: 'Raise `timeoutMs` if the network is known to be slow; otherwise the next call tries again.',
  });
}
