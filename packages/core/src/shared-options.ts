/** From the options that the factories of all clouds share to those of `createCredentialProvider`. */

import { rememberedToken } from './cache/remembered-token.js';
import type { Subject, SubjectToken, SubjectTokenSource, TokenSourceDescription } from './contract.js';
import { OptionError } from './errors.js';
import type { Invocation } from './runtime/deadline.js';
import { loadOnce } from './runtime/load-once.js';
import { normalizeExpectation } from './token/expect.js';
import { invalidOption, optionalFunction, optionalString } from './options/assert.js';
import type { CredentialProviderOptions, SharedOptions, TokenFunction } from './provider-options.js';

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
