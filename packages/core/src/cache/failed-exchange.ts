/** What a failed exchange means, and whether it is retried. Loaded with the first failure. */

import type {
  Credential,
  ErrorClass,
  Exchanger,
  PresentedToken,
  Subject,
  SubjectToken,
} from '../contract.js';
import { isFederationError, OptionError } from '../errors.js';
import { FederationError, federationErrorOf, loadFailureHint, presentedToken } from '../federation-error.js';
import type { NetworkMessage } from '../http/failure.js';
import { networkMessage } from '../http/failure.js';
import { ownCopy } from '../own.js';
import { cleanServerText } from '../redact.js';
import { since } from '../runtime/clock.js';
import { sleep } from '../runtime/deadline.js';
import { UNNAMED_SOURCE, subjectTokenOf } from '../token/subject-token.js';
import { isError } from '../visible.js';
import type { CredentialCache } from './cache.js';
import { processWideCache, rankToken } from './cache.js';
import type { Refresh } from './entry.js';
import { isTokenError } from './failed-refresh.js';
import type {
  ThrownExchange,
  ExchangeInput,
  ExchangeOutcome,
  FailedExchange,
  ProviderContext,
} from './exchange.js';
import { attempt, REQUEST_LIMIT_MS } from './exchange.js';

/** No retry starts with less time left. */
const LEAST_LEFT_MS = 1_000;
const DEFAULT_RETRIES = 2;
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 1_000;

/** Explains the failure, or tries once more with a fresher token where the server asks for one. Never rejects. */
export async function failedExchange<C extends Credential, R>(
  context: ProviderContext<C, R>,
  input: ExchangeInput<R>,
  refresh: Refresh,
  signal: AbortSignal,
  thrown: ThrownExchange,
): Promise<ExchangeOutcome<C>> {
  let failed = await explained(context, refresh, thrown);
  const { advice, presented } = failed;
  const left = context.timeoutMs - since(refresh.started, context.clock);
  if (advice?.retry === 'fresh-subject' && presented !== undefined && left >= LEAST_LEFT_MS) {
    const second = await attempt(context, input, refresh, signal, presented);
    if (second.kind !== 'thrown') return second;
    const again = await explained(context, refresh, second);
    // Within one request there is usually no fresher token: then the first error says what is wrong.
    if (again.error.code !== 'no_fresher_token') failed = again;
  }
  return { ...failed, blamed: await blamedToken(input.subject, failed, signal) };
}

async function explained<C extends Credential, R>(
  { exchanger, provider }: ProviderContext<C, R>,
  { host }: Refresh,
  { thrown, token }: ThrownExchange,
): Promise<FailedExchange> {
  const presented = token && presentedToken(token.claims);
  const advice = await classify(exchanger, thrown, presented);
  const network = describeNetwork(thrown, advice, host);
  const error = federationErrorOf(provider, thrown, advice, presented, network);
  return { kind: 'failed', error, advice, presented: token, blamed: undefined };
}

/** One request that failed. */
export interface FailedRequest {
  readonly thrown: unknown;
  /** Of the retry budget. */
  readonly bucket: string;
  /** How many retries were made before. */
  readonly retries: number;
  readonly token: SubjectToken | undefined;
}

/** Waits until the request may be retried, and returns what that takes from the budget; otherwise throws what it threw. */
export async function payRetry<C extends Credential, R>(
  { exchanger, cache, clock, random, emit, timeoutMs }: ProviderContext<C, R>,
  refresh: Refresh,
  signal: AbortSignal,
  { thrown, bucket, retries, token }: FailedRequest,
): Promise<number> {
  const advice = await classify(exchanger, thrown, token && presentedToken(token.claims));
  const delayMs = retryDelay(retries, advice, random());
  const left = timeoutMs - since(refresh.started, clock) - delayMs;
  const isRetriable =
    advice.retry === 'now' && refresh.urgent && retries < (advice.retriesAtMost ?? DEFAULT_RETRIES);
  if (!isRetriable || signal.aborted || left < LEAST_LEFT_MS) throw thrown;
  const price = takeRetry(cache, bucket, advice.throttled === true);
  if (price === undefined) throw thrown;
  emit({ type: 'retrying', exchangeId: refresh.exchangeId, code: advice.code, delayMs });
  await sleep(clock, delayMs, signal);
  return price;
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
  if (isFederationError(thrown)) {
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

/** A network failure names its host. */
function describeNetwork(
  thrown: unknown,
  advice: ErrorClass,
  host: string | undefined,
): NetworkMessage | undefined {
  if (host === undefined || (advice.code !== 'network' && advice.code !== 'timeout')) return undefined;
  return networkMessage(thrown, advice, host, REQUEST_LIMIT_MS);
}

/**
 * As it was captured: not the token of another audience, nor the fresher one, that was presented. `undefined` where it
 * can't be read again, or where the cache key names it: then no token is blamed.
 */
async function blamedToken(
  subject: Subject,
  { error, advice, presented }: FailedExchange,
  signal: AbortSignal,
): Promise<SubjectToken | undefined> {
  const isSuspected = advice?.suspectsToken === true;
  if (presented === undefined || !(isSuspected || isTokenError(error.code))) return undefined;
  const wanted = { audience: undefined, fresh: false, signal };
  // The error is not shown, so the source needs no name.
  const captured =
    subject.identityKey === undefined
      ? undefined
      : await subjectTokenOf(subject, wanted, UNNAMED_SOURCE).catch(() => undefined);
  const { jwt } = captured ?? presented;
  rankToken({ jwt }, -1);
  if (!isSuspected) return captured;
  // A token that a cloud has accepted, or that no request has brought, is not forged: then the issuer is at fault.
  const known = processWideCache().state.earlierTokens.find(({ token }) => token.jwt === jwt);
  const mayBeForged = known === undefined ? subject.fromRequest === true : known.rank < 1;
  return mayBeForged ? captured : undefined;
}

export function noCredential(provider: string): FederationError {
  return new FederationError({
    code: 'invalid_response',
    provider,
    message: 'The exchanger returned no credential with a finite `expiresAt`.',
  });
}

const IDENTITY = ['iss', 'sub', 'project_id', 'environment'] as const;

/**
 * A token that replaces a stale one. Where the cache key is the digest of the stale token, a token of another identity must not
 * fill its entry.
 * @throws FederationError `no_fresher_token`
 */
export function assertFresher(
  found: SubjectToken,
  stale: SubjectToken,
  { identityKey }: Subject,
  provider: string,
): void {
  const isSame = found.jwt === stale.jwt;
  const isOther =
    identityKey === undefined && IDENTITY.some((name) => found.claims[name] !== stale.claims[name]);
  if (!isSame && !isOther) return;
  throw new FederationError({
    code: 'no_fresher_token',
    provider,
    message: isSame
      ? 'The token source returned the token that the cloud has just refused.'
      : 'The token source returned a token of another identity than the one that the cloud has just refused.',
  });
}

// The retry budget: one bucket for each provider and host of a cache, so that an outage costs a bounded number of retries.

const FULL = 500;
const TRANSIENT_COST = 14;
const THROTTLED_COST = 5;
const MAX_BUCKETS = 256;

/** Takes the price of one retry; `undefined` where the bucket can't pay it. */
export function takeRetry(cache: CredentialCache, bucket: string, throttled: boolean): number | undefined {
  const { budgets } = cache.state;
  const cost = throttled ? THROTTLED_COST : TRANSIENT_COST;
  const left = budgets.get(bucket) ?? FULL;
  if (left < cost) return undefined;
  if (budgets.size >= MAX_BUCKETS && !budgets.has(bucket)) budgets.clear();
  budgets.set(bucket, left - cost);
  return cost;
}

/** A success pays back what its retries took, and a little where it needed none. */
export function refill(cache: CredentialCache, bucket: string, paid: number): void {
  const { budgets } = cache.state;
  const left = budgets.get(bucket);
  if (left !== undefined) budgets.set(bucket, Math.min(FULL, left + Math.max(paid, 1)));
}
