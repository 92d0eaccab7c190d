/** `watchCredentials`: hands each new credential to a client that takes static ones. */

import { processWideCache } from './cache/cache.js';
import type { Clock, Credential, CredentialProvider } from './contract.js';
import { callListener } from './events.js';
import { optionalClock, optionalFunction, invalidOption, ownOptions } from './options/assert.js';
import { ONCE, optionNames, ownCopy } from './own.js';
import { startIdleTimer, systemClock } from './runtime/clock.js';
import { builtinModule } from './runtime/environment.js';

export interface WatchCredentialsOptions<C extends Credential, R = void> {
  /** Ends the watch. After it no timer is set, and neither function is called. */
  readonly signal: AbortSignal;
  /**
   * Called with the first credential, and once with each later one, as soon as the provider has it. Each credential is a
   * new object. What it throws, or rejects with, goes to `onError`.
   */
  readonly onCredential: (credential: C) => void | Promise<void>;
  /**
   * Called with each failure that leaves the watch without a valid credential: a FederationError or OptionError. The watch
   * tries again after 1 s, 2 s, 4 s, … and at most 60 s. What it throws, or rejects with, is dropped.
   */
  readonly onError: (error: unknown) => void;
  /** The request of each call (Azure: `{ scopes }`). Default: the provider's own. */
  readonly request?: Partial<R> | undefined;
  /** The provider's `clock`, for tests. Default: the system's clocks. */
  readonly clock?: Clock | undefined;
}

/** What is watched: a provider of credex, the functions and TokenCredentials of the clouds included. */
type Watched<C extends Credential, R> = Pick<CredentialProvider<C, R>, 'getCredentials' | 'status'>;

const OPTION_NAMES: readonly string[] = optionNames<WatchCredentialsOptions<Credential>>({
  signal: true,
  onCredential: true,
  onError: true,
  request: true,
  clock: true,
});

/** A freeze stops timers: after one the watch wakes within this time. */
const MAX_DELAY_MS = 60_000;
const MIN_DELAY_MS = 1_000;

/**
 * Keeps a long-lived process supplied, also while nothing else asks for credentials: hands the present credential, and
 * each one that replaces it, to `onCredential`, before calls would have to wait for it. Use it for a client that takes
 * static credentials; a client that takes a provider needs no watch.
 *
 * The watch shares the cache with all other callers, so it costs no further exchange. It sets one timer at a time, of
 * at most 60 s, which does not keep the process alive; `invalidate` of any provider wakes it at once. It runs outside the
 * async context of the caller: it does not see the token of the request in which it was started once that request's token
 * has ended. `vercelTokenSource` remembers the last tokens that requests have brought; where no token outlasts a request,
 * `onError` is called at once with `no_subject_token`.
 *
 * @example
 * const stop = new AbortController();
 * watchCredentials(awsCredentialsProvider({ roleArn }), {
 *   signal: stop.signal,
 *   onCredential: ({ accessKeyId, secretAccessKey, sessionToken }) =>
 *     client.update({ accessKeyId, secretAccessKey, sessionToken }),
 *   onError: (error) => console.error(error),
 * });
 * @throws OptionError for an invalid option or request
 */
export function watchCredentials<C extends Credential, R = void>(
  provider: Watched<C, R>,
  given: WatchCredentialsOptions<C, R>,
): void {
  const { getCredentials, status } = Object(provider) as Partial<Watched<C, R>>;
  if (typeof getCredentials !== 'function' || typeof status !== 'function')
    throw invalidOption(
      { option: 'provider' },
      'a provider with getCredentials and status, such as awsCredentialsProvider() returns',
      provider,
    );
  const options = ownOptions('watchCredentials', given, OPTION_NAMES);
  for (const option of ['onCredential', 'onError'] as const)
    if (optionalFunction({ option }, options[option]) === undefined)
      throw invalidOption({ option }, 'a function', undefined);
  if (typeof (options.signal as AbortSignal | undefined)?.addEventListener !== 'function')
    throw invalidOption({ option: 'signal' }, 'an AbortSignal, which ends the watch', options.signal);
  optionalClock(options.clock);
  const { request } = options;
  const own = request === undefined ? {} : { request: ownCopy(request) };
  // In the context of the caller: the source sees the token of this request, and a malformed request is refused here.
  provider.status(own);
  if (!options.signal.aborted) new Watch(provider, options, own).start();
}

class Watch<C extends Credential, R> {
  readonly #provider: Watched<C, R>;
  readonly #options: WatchCredentialsOptions<C, R>;
  readonly #call: { readonly request?: Partial<R> };
  readonly #clock: Clock;
  #stopTimer: () => void = () => undefined;
  #isRunning = false;
  /** Woken while it ran: what it has read may be outdated. */
  #isOutdated = false;
  #failures = 0;
  /** Text of the last credential that was delivered. */
  #delivered: string | undefined;

  constructor(
    provider: Watched<C, R>,
    options: WatchCredentialsOptions<C, R>,
    call: { readonly request?: Partial<R> },
  ) {
    this.#provider = provider;
    this.#options = options;
    this.#call = call;
    this.#clock = options.clock ?? systemClock;
  }

  start(): void {
    const { watchers } = processWideCache().state;
    const wake = (): void => this.#wake();
    watchers.add(wake);
    const stop = (): void => {
      watchers.delete(wake);
      this.#stopTimer();
    };
    this.#options.signal.addEventListener('abort', stop, ONCE);
    this.#wake();
  }

  /** Runs in whichever context: that of a timer, or of a caller that invalidates. */
  #wake(): void {
    this.#stopTimer();
    this.#isOutdated = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    // After what woke it: `invalidate` is still going through the entries.
    void outsideRequests(() => Promise.resolve().then(() => this.#run()));
  }

  async #run(): Promise<void> {
    const { signal, clock } = this.#options;
    let delayMs = MAX_DELAY_MS;
    while (this.#isOutdated && !signal.aborted) {
      this.#isOutdated = false;
      delayMs = await this.#check();
    }
    this.#isRunning = false;
    if (!signal.aborted) this.#stopTimer = startIdleTimer(clock, delayMs, () => this.#wake());
  }

  /** Delivers the credential if it is a new one; returns how long it needs no look. */
  async #check(): Promise<number> {
    const { signal } = this.#options;
    try {
      const credential = await this.#provider.getCredentials({ ...this.#call, signal });
      this.#failures = 0;
      if (!signal.aborted) this.#deliver(credential);
      return this.#untilNext(MIN_DELAY_MS);
    } catch (error) {
      this.#report(error);
      this.#failures += 1;
      const leastMs = Math.min(MIN_DELAY_MS * 2 ** (this.#failures - 1), MAX_DELAY_MS);
      try {
        return this.#untilNext(leastMs);
      } catch {
        // A source that throws outside a request, as just reported.
        return leastMs;
      }
    }
  }

  /** The provider's ages compare both clocks, so a freeze shows here as soon as a timer runs again. */
  #untilNext(leastMs: number): number {
    const { state, refreshAt, backoff } = this.#provider.status(this.#call);
    // Past `refreshAt`, the call has started a refresh in the background, unless a backoff delays the next one.
    const next = state === 'fresh' ? refreshAt : backoff?.until;
    const delayMs = (next ?? 0) - this.#clock.now();
    return Math.min(Math.max(delayMs, leastMs), MAX_DELAY_MS);
  }

  #deliver(credential: C): void {
    const text = JSON.stringify(credential);
    if (text === this.#delivered) return;
    this.#delivered = text;
    try {
      const returned: unknown = this.#options.onCredential(credential);
      if (returned !== undefined) Promise.resolve(returned).catch((error: unknown) => this.#report(error));
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    const { signal, onError } = this.#options;
    if (!signal.aborted) callListener(onError, error);
  }
}

// Work that belongs to no request, wherever the module was loaded and whoever started it.

type Run = <T>(run: () => T) => T;

interface Storage {
  run<T>(store: true, run: () => T): T;
  getStore(): true | undefined;
}

interface AsyncHooks {
  readonly AsyncLocalStorage: (new () => Storage) & { snapshot?(): Run };
}

/** One for all bundled copies of this module. */
const KEY = Symbol.for('credex.outside-requests');
const holder = globalThis as { [KEY]?: Storage };

/** The async context in which this module was loaded: mostly no request's, but a route that is loaded late has one. */
const loadedContext: { readonly hooks: AsyncHooks | undefined; readonly run: Run } =
  /* @__PURE__ */ presentContext();

function presentContext(): typeof loadedContext {
  const hooks = builtinModule('node:async_hooks') as AsyncHooks | undefined;
  return { hooks, run: hooks?.AsyncLocalStorage.snapshot?.() ?? ((run) => run()) };
}

/** Runs it outside the async context of the caller, and marked, so that no context of a request is read in it. */
function outsideRequests<T>(run: () => T): T {
  const { hooks } = loadedContext;
  const marked = hooks && (holder[KEY] ??= new hooks.AsyncLocalStorage());
  return loadedContext.run(() => (marked === undefined ? run() : marked.run(true, run)));
}
