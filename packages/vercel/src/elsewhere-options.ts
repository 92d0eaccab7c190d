/** The options that every source outside of Vercel takes, and what is made of them once. */

import type { Clock } from '@credex/core';
import {
  invalidOption,
  optionNames,
  optionalClock,
  optionalString,
  ownCopy,
  ownOptions,
} from '@credex/core/driver';
import { systemNow } from './outside.js';

export interface ElsewhereOptions {
  /**
   * Refuse any token whose claims differ, before it is used: `{ repository_id: '123', ref: 'refs/heads/main' }`.
   * Each must be a string claim of the token's payload. Default: any.
   */
  readonly expectClaims?: Readonly<Record<string, string>> | undefined;
  /**
   * A name for whose tokens these are. With it, credentials outlive the token that brought them, and a call that
   * finds one held does not look for a token. Give one only where every token of this source has the same rights in
   * the cloud, for as long as the process lives. Default: the SHA-256 digest of each token.
   */
  readonly partition?: string | undefined;
  /** Default: the system's clock. */
  readonly clock?: Clock | undefined;
}

/** Beside them where the audience can not be asked for: it was fixed where the token was made. */
export interface FixedAudienceOptions extends ElsewhereOptions {
  /** Refuse a token that is not for this audience. Default: any. */
  readonly audience?: string | undefined;
}

const ELSEWHERE_OPTION_NAMES: readonly string[] = optionNames<FixedAudienceOptions>({
  expectClaims: true,
  partition: true,
  clock: true,
  audience: true,
});

export interface TokenRules<O = FixedAudienceOptions> {
  /** The caller's own options, as `ownOptions` returns them. */
  readonly options: O;
  now(): number;
  readonly expectClaims: Readonly<Record<string, string>>;
  readonly partition: string | undefined;
  readonly audience: string | undefined;
}

/** @throws OptionError */
export function tokenRules<O extends FixedAudienceOptions>(
  factory: string,
  given: O,
  own: { readonly [Name in Exclude<keyof O, keyof FixedAudienceOptions>]-?: true },
): TokenRules<O> {
  const options = ownOptions(factory, given, [...Object.keys(own), ...ELSEWHERE_OPTION_NAMES]);
  return {
    options,
    now: systemNow(optionalClock(options.clock)),
    expectClaims: claimsToExpect(options.expectClaims),
    partition: optionalString({ option: 'partition' }, options.partition),
    audience: optionalString({ option: 'audience' }, options.audience),
  };
}

/** Other options say more of these: the audience may be one of several, and the end is always looked at. */
const NOT_HERE: readonly string[] = ['aud', 'exp', 'nbf', 'iat'];

function claimsToExpect(value: unknown): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  const says = 'an object of claims and the strings that they must be, at least one of them';
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidOption({ option: 'expectClaims' }, says, value);
  const claims = Object.entries(value).filter(([, wanted]) => wanted !== undefined);
  if (claims.length === 0) throw invalidOption({ option: 'expectClaims' }, says, value);
  for (const [claim, wanted] of claims) {
    const option = `expectClaims.${claim}`;
    if (NOT_HERE.includes(claim))
      throw invalidOption({ option }, 'left out: `audience` says for whom the token is', wanted);
    if (typeof wanted !== 'string' || wanted === '')
      throw invalidOption({ option }, 'a string that is not empty', wanted);
  }
  return Object.freeze(ownCopy(Object.fromEntries(claims))) as Readonly<Record<string, string>>;
}
