/** The options of a provider, and what all of its calls share. */

import type { CredentialCache } from './cache/cache.js';
import { processWideCache, rememberedToken } from './cache/cache.js';
import type { ProviderContext } from './cache/exchange.js';
import type {
  Clock,
  Credential,
  Exchanger,
  SubjectTokenSource,
  TokenSourceDescription,
  Subject,
  SubjectToken,
} from './contract.js';
import type { EncryptedStore } from './store-contract.js';
import { OptionError } from './errors.js';
import type { OnEvent, ProviderEvent } from './events.js';
import { createEmitter } from './events.js';
import type { Fetch } from './http/http.js';
import { transportOf } from './http/transport.js';
import { memberOf, optionNames } from './own.js';
import { systemClock } from './runtime/clock.js';
import type { Invocation } from './runtime/deadline.js';
import type { Expectation } from './token/subject-token.js';
import { UNNAMED_SOURCE, normalizeExpectation } from './token/subject-token.js';
import {
  invalidOption,
  optionalClock,
  optionalFunction,
  optionalInteger,
  optionalString,
} from './options/assert.js';
import { loadOnce } from './runtime/load-once.js';

/** A function that returns the subject token; called once for each capture, with no argument. */
export type TokenFunction = () => string | Promise<string>;

export interface SharedOptions {
  /** Where the subject token comes from. Default: the platform's source, `vercelTokenSource()` for the clouds of credex. */
  readonly tokenSource?: SubjectTokenSource | TokenFunction | undefined;
  /**
   * Request a token of this audience from the source first, and exchange that one. `'default'`: the audience that the cloud
   * expects by default. Left out: the token as it comes.
   */
  readonly audience?: string | undefined;
  /** Exchange only tokens of this project, team or environment. Default: no restriction. */
  readonly expect?: Expectation | undefined;
  /** The cache. Default: the process-wide cache. */
  readonly cache?: CredentialCache | undefined;
  /** A cache that many instances share. Default: none. */
  readonly store?: EncryptedStore | undefined;
  /** How long one exchange may take in all, in milliseconds, 100 to 60,000; default 8,000. */
  readonly timeoutMs?: number | undefined;
  /**
   * How long the credential that a call returns must still be valid, in milliseconds, 0 to 86,400,000; default 0. A call's
   * own `minValidityMs` takes precedence; the rule is documented there.
   */
  readonly minValidityMs?: number | undefined;
  /**
   * The fetch that exchanges are made with. Default: `node:https` on Node, with the proxy that HTTPS_PROXY names (by
   * the package `proxy-agent`); on other runtimes the global fetch.
   */
  readonly fetch?: Fetch | undefined;
  /** Time. Default: the system's clocks. */
  readonly clock?: Clock | undefined;
  /** From 0 (included) to 1 (excluded). Default: `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** Called with each exchange, refresh, refusal and warning. Must not throw. Default: none. */
  readonly onEvent?: OnEvent | undefined;
  /**
   * Returns the deadline and `waitUntil` of the invocation being served; called synchronously when an exchange may be
   * needed. Default: from the platform's request context.
   */
  readonly invocation?: (() => Invocation | undefined) | undefined;
}

export const SHARED_OPTION_NAMES: readonly (keyof SharedOptions)[] = optionNames<SharedOptions>({
  tokenSource: true,
  audience: true,
  expect: true,
  cache: true,
  store: true,
  timeoutMs: true,
  minValidityMs: true,
  fetch: true,
  clock: true,
  random: true,
  onEvent: true,
  invocation: true,
});

/** The options of `createCredentialProvider`: those that all clouds share, with a token source that is already chosen. */
export interface CredentialProviderOptions extends Omit<SharedOptions, 'tokenSource'> {
  readonly source: SubjectTokenSource;
  /** Issuers that many owners share, in addition to those that `source` names; see `TokenSourceDescription`. */
  readonly sharedIssuers?: TokenSourceDescription['sharedIssuers'];
  /**
   * The lifetime that the user asked for, in milliseconds: a refresh window, or a `minValidityMs`, of half of it is
   * refused.
   */
  readonly lifetimeMs?: number | undefined;
}

export const PROVIDER_OPTION_NAMES: readonly string[] = [
  ...SHARED_OPTION_NAMES.filter((name) => name !== 'tokenSource'),
  ...optionNames<Omit<CredentialProviderOptions, keyof SharedOptions>>({
    source: true,
    sharedIssuers: true,
    lifetimeMs: true,
  }),
];

const MAX_MIN_VALIDITY_MS = 86_400_000;

/** What all calls of a provider share, from its options. @throws OptionError */
export function contextOf<C extends Credential, R>(
  exchanger: Exchanger<C, R>,
  options: CredentialProviderOptions,
): ProviderContext<C, R> {
  const { provider } = exchanger;
  const emitter = createEmitter(optionalFunction({ option: 'onEvent' }, options.onEvent));
  const emit = (event: ProviderEvent): void => emitter.emit({ ...event, provider });
  const warn = (message: string): void => emit({ type: 'warning', message });
  const warned = new Set<string>();
  return {
    exchanger,
    provider,
    cache:
      assertContract('cache', options.cache, 'credex.cache.v4', 'createCredentialCache()') ??
      processWideCache(),
    store: assertContract('store', options.store, 'credex.store.v1', 'encryptedStore()'),
    clock: optionalClock(options.clock) ?? systemClock,
    expectation: normalizeExpectation(options.expect),
    about: aboutSource(options),
    audience: options.audience,
    timeoutMs: optionalInteger({ option: 'timeoutMs' }, options.timeoutMs, 100, 60_000) ?? 8_000,
    transport: transportOf(optionalFunction({ option: 'fetch' }, options.fetch)),
    random: optionalFunction({ option: 'random' }, options.random) ?? Math.random,
    emit,
    isListening: () => emitter.listening,
    warn,
    warnOnce(option, message) {
      if (warned.has(option)) return;
      warned.add(option);
      warn(message());
    },
  };
}

/** A contract's version is its type: plain data, of whichever copy of this package. */
function assertContract<T extends { readonly contract: string }>(
  option: string,
  value: T | undefined,
  contract: T['contract'],
  by: string,
): T | undefined {
  if (value === undefined || (value as T | null)?.contract === contract) return value;
  throw invalidOption({ option }, `what ${by} returned`, value);
}

/** What the source says about itself, with the shared issuers of the options. */
function aboutSource({ source, sharedIssuers }: CredentialProviderOptions): TokenSourceDescription {
  const about = memberOf(source, 'about') ?? UNNAMED_SOURCE;
  const name = typeof about.name === 'string' && about.name !== '' ? about.name : UNNAMED_SOURCE.name;
  return { ...about, name, sharedIssuers: [...(about.sharedIssuers ?? []), ...(sharedIssuers ?? [])] };
}

/** Refreshing at half of the lifetime, in every instance at once, is how refresh storms begin. */
export function refuseWideWindow({ refreshAheadMs }: CredentialCache, lifetimeMs: number | undefined): void {
  if (refreshAheadMs === undefined || lifetimeMs === undefined || refreshAheadMs < lifetimeMs / 2) return;
  throw lessThanHalf('refreshAheadMs', refreshAheadMs, lifetimeMs);
}

/** A `minValidityMs` of a provider or a call. @throws OptionError; with `isLimited`, not for more than a lifetime allows */
export function minValidityOf(
  value: number | undefined,
  lifetimeMs: number | undefined,
  isLimited = false,
): number | undefined {
  if (value === undefined) return undefined;
  const minValidityMs = optionalInteger({ option: 'minValidityMs' }, value, 0, MAX_MIN_VALIDITY_MS) as number;
  if (isLimited || lifetimeMs === undefined || minValidityMs < lifetimeMs / 2) return minValidityMs;
  throw lessThanHalf('minValidityMs', minValidityMs, lifetimeMs);
}

function lessThanHalf(option: string, value: number, lifetimeMs: number): OptionError {
  return new OptionError(
    'conflicting_options',
    option,
    undefined,
    `\`${option}\` (${value}) must be less than half of the duration asked for (${lifetimeMs} ms).`,
  );
}

// From the options that the factories of all clouds share to those of `createCredentialProvider`.

/** Loaded with the first failure. */
const loadErrors = /* @__PURE__ */ loadOnce(() => import('./token/source-error.js'));

/** What the platform gives where the user gives nothing. */
export interface PlatformDefaults {
  readonly source: () => SubjectTokenSource;
  readonly invocation: () => Invocation | undefined;
  /** For tokens of any source: the platform's issuers that many owners share. Default: none. */
  readonly sharedIssuers?: TokenSourceDescription['sharedIssuers'];
}

/**
 * The shared options, asserted, as `createCredentialProvider` takes them. `defaultAudience`: what `audience: 'default'`
 * means.
 */
export function providerOptions(
  options: SharedOptions,
  platform: PlatformDefaults | (() => SubjectTokenSource),
  defaultAudience?: string,
): CredentialProviderOptions {
  const defaults: PlatformDefaults =
    typeof platform === 'function' ? { source: platform, invocation: () => undefined } : platform;
  const { tokenSource, cache, store, timeoutMs, minValidityMs, fetch, clock, random, onEvent } = options;
  const audience = optionalString({ option: 'audience' }, options.audience);
  if (audience !== undefined && typeof tokenSource === 'function') throw audienceUnsupported();
  return {
    source: tokenSource === undefined ? defaults.source() : tokenSourceOf(tokenSource),
    audience: audience === 'default' ? defaultAudience : audience,
    expect: normalizeExpectation(options.expect),
    sharedIssuers: defaults.sharedIssuers,
    cache,
    store,
    timeoutMs,
    minValidityMs,
    fetch,
    clock,
    random,
    onEvent,
    invocation: optionalFunction({ option: 'invocation' }, options.invocation) ?? defaults.invocation,
  };
}

function tokenSourceOf(value: SubjectTokenSource | TokenFunction): SubjectTokenSource {
  if (typeof value === 'function') return functionTokenSource(value);
  if (typeof value === 'object' && value !== null && typeof value.capture === 'function') return value;
  throw invalidOption(
    { option: 'tokenSource' },
    'a token source, or a function that returns the token',
    value,
  );
}

/** Nothing says whose token a function returns, so the digest of the token is its identity key. */
function functionTokenSource(read: TokenFunction): SubjectTokenSource {
  return {
    capture(): Subject {
      // Called here, in the caller's request, before anything is awaited.
      const reading = startReading(read);
      return {
        identityKey: undefined,
        async token({ fresh }): Promise<SubjectToken> {
          if (fresh) throw (await loadErrors()).functionCalledOnce();
          const { token, fault } = rememberedToken(await reading);
          if (token === undefined) throw (await loadErrors()).unreadableToken(fault);
          return token;
        },
      };
    },
  };
}

function startReading(read: TokenFunction): Promise<string> {
  const reading = (async () => read())();
  // Handled where it is awaited; a capture whose token is never asked for must not end the process.
  reading.catch(() => undefined);
  return reading;
}

function audienceUnsupported(): OptionError {
  return new OptionError(
    'conflicting_options',
    'audience',
    undefined,
    '`audience` cannot be combined with a function as `tokenSource`. Let the function return a token of that audience.',
  );
}
