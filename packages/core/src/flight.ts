/** One exchange from departure to landing: the subject, the steps with their limits and retries, the deadline. */

import type { CredentialCache, Flight, FlightOutcome, Slot } from './cache.js';
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
import { FederationError, OptionError, federationErrorOf, presentedToken } from './errors.js';
import type { Emitter } from './events.js';
import { warner } from './events.js';
import type { Expectation } from './expectation.js';
import { assertExpected } from './expectation.js';
import type { Transport } from './http.js';
import type { NetworkMessage } from './network-message.js';
import { networkMessage } from './network-message.js';
import { LEAST_LEFT_MS, STEP_MS, adviceOf, step } from './step.js';
import { subjectTokenOf } from './subject-token.js';
import { dependsOnToken } from './trouble.js';

/** What every flight of one provider shares. */
export interface FlightTools<C extends Credential, R> {
  readonly exchanger: Exchanger<C, R>;
  readonly cache: CredentialCache;
  readonly audience: string | undefined;
  readonly expectation: Expectation | undefined;
  readonly timeoutMs: number;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: () => number;
  readonly emitter: Emitter;
}

export interface FlightPlan<R> {
  readonly subject: Subject;
  /** Whether a token belongs to the partition that the flight's key names. */
  readonly covers: Subject['covers'];
  readonly request: R;
  readonly slot: Slot;
  readonly urgent: boolean;
}

/** The host of the step that is under way, or failed; `undefined` before the first one. */
interface Where {
  host: string | undefined;
}

/** What one flight brought, before it is kept. */
export type Landing<C extends Credential> =
  | { readonly kind: 'issued'; readonly issued: Issued<C>; readonly received: Moment }
  | {
      readonly kind: 'failed';
      readonly error: FederationError;
      readonly advice: ErrorClass;
      /** The captured token, where it alone may be at fault. */
      readonly token: SubjectToken | undefined;
    }
  /** The time ran out: no failure of the source, so nothing is held back for it. */
  | { readonly kind: 'out-of-time'; readonly error: FederationError }
  | { readonly kind: 'misuse'; readonly error: OptionError }
  | { readonly kind: 'foreign-subject' }
  | { readonly kind: 'abandoned' };

/** By the clock: an instance that was frozen comes back with dead sockets and late timers. */
const ABANDONED_AFTER_MS = 10_000;

/** How long a flight may be under way by the clock, in milliseconds. */
const abandonAfter = (timeoutMs: number): number => Math.max(ABANDONED_AFTER_MS, timeoutMs + 2_000);

/** Starts the exchange; `land` keeps what it brought before anyone who waits hears of it. */
export function depart<C extends Credential, R>(
  tools: FlightTools<C, R>,
  plan: FlightPlan<R>,
  land: (landing: Landing<C>, flight: Flight) => Promise<FlightOutcome>,
): Flight {
  const { clock, cache, timeoutMs, exchanger } = tools;
  const whole = new AbortController();
  const where: Where = { host: undefined };
  let interrupt!: (landing: Landing<C>) => void;
  const interrupted = new Promise<Landing<C>>((resolve) => {
    interrupt = resolve;
  });
  const flight: { -readonly [K in keyof Flight]: Flight[K] } = {
    departed: momentOf(clock),
    sequence: ++cache.state.sequence,
    generation: plan.slot.generation,
    slot: plan.slot,
    abandonAfterMs: abandonAfter(timeoutMs),
    sent: false,
    urgent: plan.urgent,
    abandon() {
      interrupt({ kind: 'abandoned' });
      whole.abort(new DOMException('The exchange was abandoned.', 'AbortError'));
    },
    displace(error) {
      interrupt({ kind: 'out-of-time', error });
      whole.abort(new DOMException('The exchange made room for others.', 'AbortError'));
    },
    outcome: undefined as unknown as Promise<FlightOutcome>,
  };
  const overdue = (): boolean => since(flight.departed, clock) >= flight.abandonAfterMs;
  const stop = startTimer(clock, timeoutMs, () => {
    interrupt(
      overdue()
        ? { kind: 'abandoned' }
        : { kind: 'out-of-time', error: outOfTime(exchanger.provider, timeoutMs, where.host) },
    );
    whole.abort(new DOMException('The exchange took too long.', 'TimeoutError'));
  });
  flight.outcome = Promise.race([
    attempt(tools, plan, flight, whole.signal, where, undefined),
    interrupted,
  ]).then((landing) => {
    stop();
    return land(overdue() && isOfBefore(landing) ? { kind: 'abandoned' } : landing, flight);
  });
  // Whoever waits hears of it; nobody may be waiting.
  flight.outcome.catch(() => undefined);
  return flight;
}

/**
 * Whether it says nothing of now, where the instance was frozen meanwhile: what was issued is of unknown age (the
 * answer's `Date` says nothing of the time since), and a dead connection is no failure of the source. A refusal
 * still stands.
 */
function isOfBefore(landing: Landing<Credential>): boolean {
  return landing.kind === 'issued' || (landing.kind === 'failed' && landing.advice.retry === 'now');
}

/** One run of the exchange; `freshAfter`: the token that was refused as too old. Never rejects. */
async function attempt<C extends Credential, R>(
  tools: FlightTools<C, R>,
  plan: FlightPlan<R>,
  flight: Flight,
  signal: AbortSignal,
  where: Where,
  freshAfter: SubjectToken | undefined,
): Promise<Landing<C>> {
  const { exchanger, clock, audience, expectation } = tools;
  let token: SubjectToken | undefined;
  let reading: Promise<SubjectToken> | undefined;
  let foreign = false;
  const warn = warner(tools.emitter, exchanger.provider);
  const read = async (): Promise<SubjectToken> => {
    const fresh = freshAfter !== undefined;
    const found = await subjectTokenOf(plan.subject, { audience, fresh, signal, warn });
    if (found.jwt === freshAfter?.jwt) throw sameAgain();
    token = found;
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
    subject: () => handled((reading ??= read())),
    step(host, run) {
      where.host = host;
      return handled(step(tools, flight, signal, host, () => token, run));
    },
    post(url, { headers, body, signal: own }) {
      flight.sent = true;
      // A socket that died while the instance was frozen: whoever is there now makes a new exchange.
      const again = (): boolean => since(flight.departed, clock) < flight.abandonAfterMs;
      return handled(
        tools.transport(exchanger.provider, url, { headers, body, signal: own ?? signal, again }),
      );
    },
  };
  try {
    const issued = asserted(exchanger.provider, await exchanger.exchange(plan.request, context));
    return { kind: 'issued', issued, received: momentOf(clock) };
  } catch (thrown) {
    if (foreign) return { kind: 'foreign-subject' };
    if (OptionError.isInstance(thrown)) return { kind: 'misuse', error: thrown };
    const presented = token === undefined ? undefined : presentedToken(token.claims);
    const advice = await adviceOf(exchanger, thrown, presented);
    if (advice.retry === 'fresh-subject' && freshAfter === undefined && token !== undefined) {
      const inTime = tools.timeoutMs - since(flight.departed, clock) >= LEAST_LEFT_MS;
      const fresher = inTime ? await attempt(tools, plan, flight, signal, where, token) : undefined;
      // Within one request there is usually no fresher token: the first error says what is wrong.
      if (fresher !== undefined && !(fresher.kind === 'failed' && fresher.error.code === 'no_fresher_token'))
        return fresher;
    }
    return {
      kind: 'failed',
      error: federationErrorOf(
        exchanger.provider,
        thrown,
        advice,
        presented,
        describedNetwork(thrown, advice, where.host),
      ),
      advice,
      token:
        token !== undefined && plan.subject.partition !== undefined && dependsOnToken(advice.code)
          ? await capturedToken(plan.subject, signal)
          : undefined,
    };
  }
}

/** A failure of the network says which host it was. */
function describedNetwork(
  thrown: unknown,
  advice: ErrorClass,
  host: string | undefined,
): NetworkMessage | undefined {
  if (host === undefined || (advice.code !== 'network' && advice.code !== 'timeout')) return undefined;
  return networkMessage(thrown, advice, host, STEP_MS);
}

/** The token as the caller's capture has it: not the one of another audience, nor the fresher one, that was shown. */
async function capturedToken(subject: Subject, signal: AbortSignal): Promise<SubjectToken | undefined> {
  try {
    return await subjectTokenOf(subject, { audience: undefined, fresh: false, signal });
  } catch {
    // Then nothing is held against any token; the failure itself is what the caller hears.
    return undefined;
  }
}

/** A driver's answer must at least say when the credential ends. */
function asserted<C extends Credential>(provider: string, issued: Issued<C>): Issued<C> {
  const credential: unknown = (issued as Issued<C> | undefined)?.credential;
  if (
    typeof credential === 'object' &&
    credential !== null &&
    Number.isFinite((credential as Partial<Credential>).expiresAt)
  )
    return issued;
  throw new FederationError({
    code: 'invalid_response',
    provider,
    message: 'The exchange brought no credential with a time of expiry.',
  });
}

/** A driver may leave a promise behind: its rejection must not end the process. */
function handled<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}

function sameAgain(): FederationError {
  return new FederationError({
    code: 'no_fresher_token',
    provider: 'vercel',
    message: 'The token source gave the token that was refused once more.',
  });
}

function outOfTime(provider: string, timeoutMs: number, host: string | undefined): FederationError {
  return new FederationError({
    code: 'timeout',
    provider,
    message: `The exchange${host === undefined ? '' : ` with ${host}`} did not end within ${timeoutMs} ms (\`timeoutMs\`).`,
    hint: 'Raise `timeoutMs` if the network is known to be slow; otherwise the next call tries again.',
  });
}

export function overAlready(provider: string, lifetimeMs: number): FederationError {
  return new FederationError({
    code: 'clock_skew',
    provider,
    message: `The credential that was issued ends in ${Math.round(lifetimeMs / 1000)} seconds by the clock of this machine.`,
    hint: 'Set the clock of this machine; if it is right, ask for a longer duration.',
  });
}
