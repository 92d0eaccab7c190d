/** A credential cache, the process-wide one, and the subject tokens that it remembers: plain data, so that two bundled copies of this package can share one. */

import { OptionError } from '../errors.js';
import { optionalInteger, ownOptions } from '../options/assert.js';
import { optionNames } from '../own.js';
import type { RefreshPolicy } from './policy.js';
import { awsSdkPolicy, defaultPolicy } from './policy.js';
import type { CacheState, EarlierToken } from './entry.js';
import type { SubjectToken } from '../contract.js';
import type { DecodedToken } from '../token/subject-token.js';
import { decodeSubjectToken } from '../token/subject-token.js';

/**
 * Keeps credentials and the refreshes in flight. Pass one as `cache` to providers that should share it.
 * `state` is private.
 */
export interface CredentialCache {
  readonly contract: 'credex.cache.v4';
  readonly maxEntries: number;
  readonly profile: 'default' | 'aws-sdk';
  readonly refreshAheadMs: number | undefined;
  readonly state: CacheState;
}

export interface CredentialCacheOptions {
  /** How many credentials are cached, 1 to 1,000,000; default 1,000. The least recently used one is evicted first. */
  readonly maxEntries?: number | undefined;
  /**
   * `aws-sdk`: the windows and rules that the AWS SDKs share (a refresh blocks, a cached credential is served
   * past its expiry, a rejection is raised early). Default: `default`, see this package's README.
   */
  readonly profile?: 'default' | 'aws-sdk' | undefined;
  /**
   * How long before its end a credential is refreshed, in milliseconds, 1,000 to 43,200,000; clamped to half of
   * the lifetime received. Default: a quarter of the lifetime, at most 15 minutes.
   */
  readonly refreshAheadMs?: number | undefined;
}

const CACHE_OPTION_NAMES: readonly string[] = optionNames<CredentialCacheOptions>({
  maxEntries: true,
  profile: true,
  refreshAheadMs: true,
});

/**
 * A cache of one's own, apart from the process-wide one.
 *
 * @example
 * const cache = createCredentialCache({ maxEntries: 10_000 });
 * const provider = awsCredentialsProvider({ roleArn, cache });
 * @throws OptionError
 */
export function createCredentialCache(given: CredentialCacheOptions = {}): CredentialCache {
  const options = ownOptions('createCredentialCache', given, CACHE_OPTION_NAMES);
  const maxEntries = optionalInteger({ option: 'maxEntries' }, options.maxEntries, 1, 1_000_000);
  const refreshAheadMs = optionalInteger(
    { option: 'refreshAheadMs' },
    options.refreshAheadMs,
    1_000,
    43_200_000,
  );
  const { profile } = options;
  if (profile !== undefined && profile !== 'default' && profile !== 'aws-sdk') {
    throw new OptionError(
      'invalid_option',
      'profile',
      undefined,
      "`profile` must be 'default' or 'aws-sdk'.",
    );
  }
  return emptyCache(maxEntries, profile, refreshAheadMs);
}

/** A cache of options that were checked. */
export function emptyCache(
  maxEntries = 1_000,
  profile: CredentialCache['profile'] = 'default',
  refreshAheadMs?: number,
): CredentialCache {
  const state: CacheState = {
    entries: new Map(),
    candidates: new Map(),
    unproven: new Map(),
    newest: undefined,
    refreshes: new Map(),
    challenges: new Map(),
    budgets: new Map(),
    stores: new Map(),
    keys: new Map(),
    digesting: new Map(),
    tokens: new Map(),
    digests: new Map(),
    sequence: 0,
    exchangeId: 0,
    watchers: new Set(),
    earlierTokens: [],
    latestToken: undefined,
  };
  const cache = { contract: 'credex.cache.v4', maxEntries, profile, refreshAheadMs } as const;
  // Not enumerable: printing a cache must not print credentials.
  return Object.freeze(Object.defineProperty(cache, 'state', { value: state })) as CredentialCache;
}

const PROCESS_WIDE = Symbol.for('credex.cache.v4');

/** The cache behind `getXCredentials()`: one for each process and contract version, even if a bundle has core twice. */
export function processWideCache(): CredentialCache {
  const scope = globalThis as { [PROCESS_WIDE]?: CredentialCache };
  const existing = scope[PROCESS_WIDE];
  if (existing !== undefined) return existing;
  const cache = emptyCache();
  // Not writable, configurable or enumerable.
  Object.defineProperty(globalThis, PROCESS_WIDE, { value: cache });
  return cache;
}

export const policyOf = ({ profile }: CredentialCache): RefreshPolicy =>
  profile === 'aws-sdk' ? awsSdkPolicy : defaultPolicy;

// Decoding a token costs tens of microseconds, and the same one comes back for up to 90 minutes.

/** More than one: several apps may share a process, and a token may change while an exchange is in flight. */
const REMEMBERED = 64;

/** Remembers the last ones for the process: a source lives as briefly as the call that made it. */
export function rememberedToken(jwt: string): DecodedToken {
  const { tokens } = processWideCache().state;
  const known = tokens.get(jwt);
  if (known !== undefined) return { token: known };
  const decoded = decodeSubjectToken(jwt);
  const { token } = decoded;
  if (token === undefined) return decoded;
  if (tokens.size >= REMEMBERED) tokens.delete(tokens.keys().next().value as string);
  tokens.set(jwt, token);
  return decoded;
}

/** A flood of forged tokens keeps no more of them. */
const MOST_EARLIER = 8;

/**
 * Remembers a live token of the platform's identity, for work that runs outside of any request. It may be forged: one that a
 * cloud has accepted is used before it and stays, and one that a cloud has refused is used last.
 */
export function rememberEarlier(identity: string, token: SubjectToken, now: number): void {
  const { state } = processWideCache();
  if (token.expiresAt <= now) return;
  const known = state.earlierTokens.find((one) => one.token.jwt === token.jwt);
  const latest = (state.latestToken = known ?? { identity, token, rank: 0 });
  const others = state.earlierTokens.filter((one) => one !== known && one.token.expiresAt > now);
  state.earlierTokens = [latest, ...others].sort(byRank).slice(0, MOST_EARLIER);
}

/** Whether the token is the last one that was remembered. */
export function isLatest(identity: string, jwt: string): boolean {
  const { latestToken } = processWideCache().state;
  return latestToken?.token.jwt === jwt && latestToken.identity === identity;
}

/** In the order in which they are used: of one rank, the most recent one first. */
export function earlierTokens(identity: string | undefined): readonly EarlierToken[] {
  return processWideCache().state.earlierTokens.filter((one) => one.identity === identity);
}

/** A cloud has accepted the token, or refused one that none has accepted. */
export function rankToken({ jwt }: Pick<SubjectToken, 'jwt'>, rank: EarlierToken['rank']): void {
  const tokens = processWideCache().state.earlierTokens;
  for (const one of tokens) if (one.token.jwt === jwt && one.rank < 1) one.rank = rank;
  tokens.sort(byRank);
}

const byRank = (a: EarlierToken, b: EarlierToken): number => b.rank - a.rank;
