/** One request of an exchange: a time limit of its own, and retries where somebody waits with empty hands. */

import type { CredentialCache, Flight } from './cache.js';
import { since, startTimer } from './clock.js';
import type { Clock, ErrorClass, PresentedToken, SubjectToken } from './contract.js';
import { FederationError, OptionError, presentedToken } from './errors.js';
import type { Emitter } from './events.js';
import { ONCE, ownCopy } from './own.js';
import { cleanServerText, isError } from './scrub.js';
import { loadFailureHint } from './foreign-error.js';
import { refill, takeRetry } from './retry-budget.js';

/** What a step needs of its flight's tools. */
export interface StepTools {
  readonly exchanger: {
    readonly provider: string;
    classify(error: unknown, presented: PresentedToken | undefined): ErrorClass | Promise<ErrorClass>;
  };
  readonly cache: CredentialCache;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly emitter: Emitter;
}

/** One request takes at most this long, and none is made again with less than the second left. */
export const STEP_MS: number = 2_500;
export const LEAST_LEFT_MS: number = 1_000;
const DEFAULT_RETRIES = 2;
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 1_000;

/** What an error means: our own says it by itself, another's by its driver, whose own failing is no answer. */
export async function adviceOf(
  exchanger: StepTools['exchanger'],
  thrown: unknown,
  presented: PresentedToken | undefined,
): Promise<ErrorClass> {
  if (FederationError.isInstance(thrown)) {
    const { code, retryable, retryAfterMs } = thrown;
    const retry = retryable ? 'now' : 'never';
    // An answer that can't be read is asked for once more, whoever found that it can't.
    const retriesAtMost = code === 'invalid_response' ? 1 : undefined;
    return { code, retry, retriesAtMost, retryAfterMs, throttled: code === 'throttled' };
  }
  // A missing package, a URL that is refused: nothing that another try would mend.
  if (OptionError.isInstance(thrown))
    return { code: 'invalid_request', retry: 'never', hint: thrown.message };
  try {
    return ownCopy(await exchanger.classify(thrown, presented));
  } catch (failing) {
    const why = isError(failing) ? cleanServerText(failing.message) : `a ${typeof failing}`;
    const hint = loadFailureHint(failing) ?? `The error classifier threw: ${why}.`;
    return { code: 'unknown', retry: 'never', hint };
  }
}

/** One request with a limit of its own, and retries within the budget where somebody waits with empty hands. */
export async function step<T>(
  tools: StepTools,
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
      const presented = claims === undefined ? undefined : presentedToken(claims);
      const advice = await adviceOf(exchanger, thrown, presented);
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
  whole.addEventListener('abort', abort, ONCE);
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
    signal.addEventListener('abort', () => reject(signal.reason as Error), ONCE);
  });
  promise.catch(() => undefined);
  return promise;
}

async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  let abort = (): void => undefined;
  let stop = (): void => undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      stop = startTimer(clock, ms, resolve);
      abort = () => reject(signal.reason as Error);
      signal.addEventListener('abort', abort, ONCE);
    });
  } finally {
    stop();
    signal.removeEventListener('abort', abort);
  }
}
