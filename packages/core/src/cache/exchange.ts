/** One token exchange: the subject token, and the requests with their limits and retries. Knows no cache entry. */

import type {
  Clock,
  Credential,
  ErrorClass,
  ExchangeContext,
  Exchanger,
  ExchangeResult,
  Subject,
  SubjectClaims,
  SubjectToken,
  SubjectTokenSource,
  TokenSourceDescription,
} from '../contract.js';
import type { FederationErrorFields } from '../errors.js';
import { OptionError } from '../errors.js';
import type { EncryptedStore } from '../store-contract.js';
import type { ProviderEvent } from '../events.js';
import type { Transport } from '../http/http.js';
import type { Moment } from '../runtime/clock.js';
import { momentOf, since } from '../runtime/clock.js';
import { withDeadline } from '../runtime/deadline.js';
import { loadOnce } from '../runtime/load-once.js';
import type { Expectation } from '../token/subject-token.js';
import { assertExpected, subjectTokenOf } from '../token/subject-token.js';
import type { CredentialCache } from './cache.js';
import { rankToken } from './cache.js';
import type { Refresh } from './entry.js';

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

/** What exchangers of our own packages receive in addition. */
export interface SourcedContext extends ExchangeContext {
  /**
   * The subject that was captured for this exchange, as a source: for one that needs the credential of another provider of
   * the same subject first.
   */
  readonly source: SubjectTokenSource;
}

export interface FailedExchange {
  readonly kind: 'failed';
  readonly error: FederationErrorFields;
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

/** An exchange that threw, before anything explains it. */
export interface ThrownExchange {
  readonly kind: 'thrown';
  readonly thrown: unknown;
  /** The token that was presented. */
  readonly token: SubjectToken | undefined;
}

/** What follows a failure is loaded with the first one. */
const loadFailures = /* @__PURE__ */ loadOnce(() => import('./failed-exchange.js'));

/** No request takes longer. */
export const REQUEST_LIMIT_MS = 2_500;

/** Runs the exchange. What follows a failure, such as one more attempt with a fresher token, is in `failed-exchange.ts`. */
export async function exchange<C extends Credential, R>(
  context: ProviderContext<C, R>,
  input: ExchangeInput<R>,
  refresh: Refresh,
  signal: AbortSignal,
): Promise<ExchangeOutcome<C>> {
  const outcome = await attempt(context, input, refresh, signal, undefined);
  if (outcome.kind !== 'thrown') return outcome;
  const { failedExchange } = await loadFailures();
  return failedExchange(context, input, refresh, signal, outcome);
}

/** `staleToken`: the token that the server refused as too old. */
export async function attempt<C extends Credential, R>(
  context: ProviderContext<C, R>,
  input: ExchangeInput<R>,
  refresh: Refresh,
  signal: AbortSignal,
  staleToken: SubjectToken | undefined,
): Promise<Exclude<ExchangeOutcome<C>, FailedExchange> | ThrownExchange> {
  const { exchanger, provider, clock, audience, expectation, about, warn } = context;
  let token: SubjectToken | undefined;
  let reading: Promise<SubjectToken> | undefined;
  let isOtherIdentity = false;

  const isOfIdentity = (claims: SubjectClaims): boolean => {
    isOtherIdentity ||= input.matchesIdentity?.(claims) === false;
    return !isOtherIdentity;
  };
  const read = async (): Promise<SubjectToken> => {
    const fresh = staleToken !== undefined;
    const known = fresh || audience !== undefined ? undefined : input.token;
    const found = await (known ?? subjectTokenOf(input.subject, { audience, fresh, signal, warn }, about));
    if (staleToken !== undefined)
      (await loadFailures()).assertFresher(found, staleToken, input.subject, about.name);
    token = found;
    if (!isOfIdentity(found.claims)) throw new Error('The subject token belongs to another identity.');
    await assertExpected(expectation, found.claims, about);
    refresh.sent = true;
    return found;
  };
  const driverContext: SourcedContext = {
    signal,
    source: {
      about,
      capture: () => ({
        identityKey: input.subject.identityKey,
        fromRequest: input.subject.fromRequest,
        matchesIdentity: isOfIdentity,
        // Remembered, so that a refusal counts against this token.
        token: async (wanted) => (token = await input.subject.token(wanted)),
      }),
    },
    subject: () => handled((reading ??= read())),
    step: (host, run) => handled(requestWithRetries(context, refresh, signal, host, () => token, run)),
    post(url, { headers, body, signal: own }) {
      refresh.sent = true;
      // Not after a freeze: the callers start a new exchange.
      const again = (): boolean => since(refresh.started, clock) < refresh.maxAgeMs;
      return handled(context.transport(provider, url, { headers, body, signal: own ?? signal, again }));
    },
  };
  try {
    const issued = await exchanger.exchange(input.request, driverContext);
    if (!isIssued(issued)) throw (await loadFailures()).noCredential(provider);
    // Another provider may have read the token from `source`, and gone on for the identity that it belongs to.
    if (isOtherIdentity) return { kind: 'other-identity' };
    if (token !== undefined) rankToken(token, 1);
    return { kind: 'issued', issued, received: momentOf(clock) };
  } catch (thrown) {
    if (isOtherIdentity) return { kind: 'other-identity' };
    if (OptionError.isInstance(thrown)) return { kind: 'misuse', error: thrown };
    return { kind: 'thrown', thrown, token };
  }
}

/** One request with its own time limit. It is retried within the budget while a caller waits and no credential is cached. */
async function requestWithRetries<C extends Credential, R, T>(
  context: ProviderContext<C, R>,
  refresh: Refresh,
  signal: AbortSignal,
  host: string,
  presented: () => SubjectToken | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { provider, cache, clock } = context;
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
      if (cache.state.budgets.has(bucket)) (await loadFailures()).refill(cache, bucket, paid);
      return result;
    } catch (thrown) {
      const { payRetry } = await loadFailures();
      paid += await payRetry(context, refresh, signal, { thrown, bucket, retries, token: presented() });
    }
  }
}

/** A driver's result must at least say when the credential ends. */
function isIssued<C extends Credential>(issued: ExchangeResult<C>): boolean {
  const credential: unknown = (issued as ExchangeResult<C> | undefined)?.credential;
  return (
    typeof credential === 'object' &&
    credential !== null &&
    Number.isFinite((credential as Partial<Credential>).expiresAt)
  );
}

/** A driver may never await a promise: its rejection must not end the process. */
function handled<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}
