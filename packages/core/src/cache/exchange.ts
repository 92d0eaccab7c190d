/** One token exchange: the subject token, and the requests with their limits and retries. Knows no cache entry. */

import type {
  Clock,
  Credential,
  ErrorClass,
  ExchangeContext,
  Exchanger,
  ExchangeResult,
  PresentedToken,
  Subject,
  SubjectToken,
  TokenSourceDescription,
} from '../contract.js';
import type { EncryptedStore } from '../store-contract.js';
import {
  FederationError,
  federationErrorOf,
  loadFailureHint,
  OptionError,
  presentedToken,
} from '../errors.js';
import type { ProviderEvent } from '../events.js';
import type { Transport } from '../http/http.js';
import type { NetworkMessage } from '../http/network-message.js';
import { ownCopy } from '../own.js';
import { cleanServerText, isError } from '../redact.js';
import type { Moment } from '../runtime/clock.js';
import { momentOf, since } from '../runtime/clock.js';
import { sleep, withDeadline } from '../runtime/deadline.js';
import type { Expectation } from '../token/expect.js';
import { assertExpected, isExpected } from '../token/expect.js';
import { UNNAMED_SOURCE, subjectTokenOf } from '../token/read.js';
import type { CredentialCache, Refresh } from './cache.js';
import { isTokenError } from './policy.js';
import { refill, takeRetry } from './retry-budget.js';

/** What all calls of one provider share. */
export interface ProviderContext<C extends Credential, R> {
  readonly exchanger: Exchanger<C, R>;
  /** Its name, in events and errors. */
  readonly provider: string;
  readonly cache: CredentialCache;
  readonly audience: string | undefined;
  readonly expectation: Expectation | undefined;
  /** The source of the subject token. */
  readonly about: TokenSourceDescription;
  readonly store: EncryptedStore | undefined;
  readonly timeoutMs: number;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: () => number;
  emit(event: ProviderEvent): void;
  /** False while nothing listens to events: then none need be built. */
  isListening(): boolean;
  warn(message: string): void;
  /** The same, once for each `option`. */
  warnOnce(option: string, message: () => string): void;
}

export interface ExchangeInput<R> {
  readonly subject: Subject;
  /** Whether a token belongs to the identity that the cache key names. */
  readonly matchesIdentity: Subject['matchesIdentity'];
  readonly request: R;
  /** The captured token, where it was read before the exchange. */
  readonly token?: Promise<SubjectToken> | undefined;
}

export interface FailedExchange {
  readonly kind: 'failed';
  readonly error: FederationError;
  /** `undefined` where the time ran out, which is no failure of the source. */
  readonly advice: ErrorClass | undefined;
  readonly presented: SubjectToken | undefined;
  /** The caller's own token, where it alone may be at fault. */
  readonly blamed: SubjectToken | undefined;
}

export type ExchangeOutcome<C extends Credential> =
  | { readonly kind: 'issued'; readonly issued: ExchangeResult<C>; readonly received: Moment }
  | FailedExchange
  /** Misuse that only the exchange could find, such as a package that is not installed. */
  | { readonly kind: 'misuse'; readonly error: OptionError }
  | { readonly kind: 'adopted' | 'deferred' | 'other-identity' | 'abandoned' };

/** No request takes longer. */
const REQUEST_LIMIT_MS = 2_500;
/** No retry starts with less time left. */
const LEAST_LEFT_MS = 1_000;
const DEFAULT_RETRIES = 2;
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 1_000;

/** Runs the exchange, and once more with a fresher token where the server asks for one. Never rejects. */
export async function exchange<C extends Credential, R>(
  context: ProviderContext<C, R>,
  input: ExchangeInput<R>,
  refresh: Refresh,
  signal: AbortSignal,
): Promise<ExchangeOutcome<C>> {
  let outcome = await attempt(context, input, refresh, signal, undefined);
  if (
    outcome.kind === 'failed' &&
    outcome.advice?.retry === 'fresh-subject' &&
    outcome.presented !== undefined &&
    context.timeoutMs - since(refresh.started, context.clock) >= LEAST_LEFT_MS
  ) {
    const second = await attempt(context, input, refresh, signal, outcome.presented);
    // Within one request there is usually no fresher token: then the first error says what is wrong.
    if (second.kind !== 'failed' || second.error.code !== 'no_fresher_token') outcome = second;
  }
  if (outcome.kind !== 'failed') return outcome;
  return { ...outcome, blamed: await blamedToken(input.subject, outcome, signal) };
}

/** `staleToken`: the token that the server refused as too old. */
async function attempt<C extends Credential, R>(
  context: ProviderContext<C, R>,
  input: ExchangeInput<R>,
  refresh: Refresh,
  signal: AbortSignal,
  staleToken: SubjectToken | undefined,
): Promise<ExchangeOutcome<C>> {
  const { exchanger, provider, clock, audience, expectation, about, warn } = context;
  let token: SubjectToken | undefined;
  let reading: Promise<SubjectToken> | undefined;
  let isOtherIdentity = false;

  const read = async (): Promise<SubjectToken> => {
    const fresh = staleToken !== undefined;
    const known = fresh || audience !== undefined ? undefined : input.token;
    const found = await (known ?? subjectTokenOf(input.subject, { audience, fresh, signal, warn }, about));
    if (found.jwt === staleToken?.jwt) throw sameTokenAgain(about.name);
    token = found;
    if (input.matchesIdentity?.(found.claims) === false) {
      isOtherIdentity = true;
      throw new Error('The subject token belongs to another identity.');
    }
    if (!isExpected(expectation, found.claims, about)) await assertExpected(expectation, found.claims, about);
    refresh.sent = true;
    return found;
  };
  const presented = (): PresentedToken | undefined => token && presentedToken(token.claims);
  const driverContext: ExchangeContext = {
    signal,
    subject: () => handled((reading ??= read())),
    step: (host, run) => handled(requestWithRetries(context, refresh, signal, host, presented, run)),
    post(url, { headers, body, signal: own }) {
      refresh.sent = true;
      // Not after a freeze: the callers start a new exchange.
      const again = (): boolean => since(refresh.started, clock) < refresh.maxAgeMs;
      return handled(context.transport(provider, url, { headers, body, signal: own ?? signal, again }));
    },
  };
  try {
    const issued = assertIssued(provider, await exchanger.exchange(input.request, driverContext));
    return { kind: 'issued', issued, received: momentOf(clock) };
  } catch (thrown) {
    if (isOtherIdentity) return { kind: 'other-identity' };
    if (OptionError.isInstance(thrown)) return { kind: 'misuse', error: thrown };
    const advice = await classify(exchanger, thrown, presented());
    const network = await describeNetwork(thrown, advice, refresh.host);
    const error = federationErrorOf(provider, thrown, advice, presented(), network);
    return { kind: 'failed', error, advice, presented: token, blamed: undefined };
  }
}

/** One request with its own time limit. It is retried within the budget while a caller waits and no credential is cached. */
async function requestWithRetries<C extends Credential, R, T>(
  { exchanger, provider, cache, clock, random, emit, timeoutMs }: ProviderContext<C, R>,
  refresh: Refresh,
  signal: AbortSignal,
  host: string,
  presented: () => PresentedToken | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const bucket = `${provider} ${host}`;
  const timeout = (): unknown => new DOMException('The request took too long.', 'TimeoutError');
  refresh.host = host;
  let paid = 0;
  for (let retries = 0; ; retries++) {
    try {
      refresh.sent = true;
      const result = await withDeadline({ clock, ms: REQUEST_LIMIT_MS, signal, timeout }, async (own) =>
        run(own),
      );
      refill(cache, bucket, paid);
      return result;
    } catch (thrown) {
      const advice = await classify(exchanger, thrown, presented());
      const delayMs = retryDelay(retries, advice, random());
      const left = timeoutMs - since(refresh.started, clock) - delayMs;
      const isRetriable =
        advice.retry === 'now' && refresh.urgent && retries < (advice.retriesAtMost ?? DEFAULT_RETRIES);
      if (!isRetriable || signal.aborted || left < LEAST_LEFT_MS) throw thrown;
      const price = takeRetry(cache, bucket, advice.throttled === true);
      if (price === undefined) throw thrown;
      paid += price;
      emit({ type: 'retrying', exchangeId: refresh.exchangeId, code: advice.code, delayMs });
      await sleep(clock, delayMs, signal);
    }
  }
}

function retryDelay(retries: number, advice: ErrorClass, jitter: number): number {
  const range = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** retries * (advice.throttled === true ? 5 : 1));
  return Math.max(jitter * range, advice.retryAfterMs ?? 0);
}

/** What an error means: our own errors say it themselves, the driver classifies any other. */
async function classify<C extends Credential, R>(
  exchanger: Exchanger<C, R>,
  thrown: unknown,
  presented: PresentedToken | undefined,
): Promise<ErrorClass> {
  if (FederationError.isInstance(thrown)) {
    const { code, retryable, retryAfterMs } = thrown;
    const retry = retryable ? 'now' : 'never';
    // A response that can't be read is asked for once more.
    const retriesAtMost = code === 'invalid_response' ? 1 : undefined;
    return { code, retry, retriesAtMost, retryAfterMs, throttled: code === 'throttled' };
  }
  // A missing package, a URL that is refused: no retry changes it.
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

/** A network failure names its host. The texts are loaded with the first one. */
async function describeNetwork(
  thrown: unknown,
  advice: ErrorClass,
  host: string | undefined,
): Promise<NetworkMessage | undefined> {
  if (host === undefined || (advice.code !== 'network' && advice.code !== 'timeout')) return undefined;
  try {
    const { networkMessage } = await import('../http/network-message.js');
    return networkMessage(thrown, advice, host, REQUEST_LIMIT_MS);
  } catch (failing) {
    const hint = loadFailureHint(failing) ?? advice.hint;
    return hint === undefined ? undefined : { message: `${host} could not be reached.`, hint };
  }
}

/**
 * As it was captured: not the token of another audience, nor the fresher one, that was presented. `undefined` where it
 * can't be read again: then no token is blamed.
 */
async function blamedToken(
  subject: Subject,
  { error, presented }: FailedExchange,
  signal: AbortSignal,
): Promise<SubjectToken | undefined> {
  if (presented === undefined || subject.identityKey === undefined || !isTokenError(error.code))
    return undefined;
  const wanted = { audience: undefined, fresh: false, signal };
  // The error is not shown, so the source needs no name.
  return subjectTokenOf(subject, wanted, UNNAMED_SOURCE).catch(() => undefined);
}

/** A driver's result must at least say when the credential ends. */
function assertIssued<C extends Credential>(provider: string, issued: ExchangeResult<C>): ExchangeResult<C> {
  const credential: unknown = (issued as ExchangeResult<C> | undefined)?.credential;
  if (
    typeof credential === 'object' &&
    credential !== null &&
    Number.isFinite((credential as Partial<Credential>).expiresAt)
  )
    return issued;
  throw new FederationError({
    code: 'invalid_response',
    provider,
    message: 'The exchanger returned no credential with a finite `expiresAt`.',
  });
}

/** A driver may never await a promise: its rejection must not end the process. */
function handled<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}

function sameTokenAgain(provider: string): FederationError {
  return new FederationError({
    code: 'no_fresher_token',
    provider,
    message: 'The token source returned the token that the cloud has just refused.',
  });
}
