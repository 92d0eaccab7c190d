/** The options that the factories of all clouds share. */

import type { CredentialCache } from './cache/cache.js';
import { rememberedSubjectToken } from './cache/remembered-token.js';
import type { Clock, Subject, SubjectToken, SubjectTokenSource } from './contract.js';
import type { EncryptedStore } from './store-contract.js';
import { FederationError, OptionError } from './errors.js';
import type { OnEvent } from './events.js';
import type { Fetch } from './http/http.js';
import { optionNames } from './own.js';
import type { Invocation } from './runtime/deadline.js';
import type { Expectation } from './token/expect.js';
import { normalizeExpectation } from './token/expect.js';
import { invalidOption, optionalFunction, optionalString } from './options/assert.js';
import type { CredentialProviderOptions } from './provider-options.js';

/** A function that returns the subject token; called once for each capture, with no argument. */
export type TokenFunction = () => string | Promise<string>;

export interface SharedOptions {
  /** Where the subject token comes from. Default: the Vercel request context, token file, environment. */
  readonly tokenSource?: SubjectTokenSource | TokenFunction | undefined;
  /** Ask Vercel for a token of this audience first, and exchange that one. Default: the token as it comes. */
  readonly audience?: string | undefined;
  /** Refuse to exchange any token but that of this project, team or environment. Default: any. */
  readonly expect?: Expectation | undefined;
  /** The cache. Default: the process-wide cache. */
  readonly cache?: CredentialCache | undefined;
  /**
   * A cache that many instances share: `encryptedStore()` of `@credex/store`. By code only: no environment variable and no
   * JSON names it. Default: none.
   */
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
   * needed. Default: from Vercel's request context.
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

/** What the platform gives where the user gives nothing. */
export interface PlatformDefaults {
  readonly source: () => SubjectTokenSource;
  readonly invocation: () => Invocation | undefined;
}

/** The shared options, asserted, as `createCredentialProvider` takes them. */
export function providerOptions(
  options: SharedOptions,
  platform: PlatformDefaults | (() => SubjectTokenSource),
): CredentialProviderOptions {
  const defaults: PlatformDefaults =
    typeof platform === 'function' ? { source: platform, invocation: () => undefined } : platform;
  const { tokenSource, cache, store, timeoutMs, minValidityMs, fetch, clock, random, onEvent } = options;
  const audience = optionalString({ option: 'audience' }, options.audience);
  if (audience !== undefined && typeof tokenSource === 'function') throw audienceUnsupported();
  return {
    source: tokenSource === undefined ? defaults.source() : tokenSourceOf(tokenSource),
    audience,
    expect: normalizeExpectation(options.expect),
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
          if (fresh) throw noFresherToken();
          return rememberedSubjectToken(await reading);
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

function noFresherToken(): FederationError {
  return new FederationError({
    code: 'no_fresher_token',
    provider: 'vercel',
    message: 'The function given as `tokenSource` was called already in this request.',
  });
}

function audienceUnsupported(): OptionError {
  return new OptionError(
    'conflicting_options',
    'audience',
    undefined,
    'A function given as `tokenSource` can not be asked for another `audience`: drop it and let the function ' +
      'return a token of that audience, or use vercelTokenSource().',
  );
}
