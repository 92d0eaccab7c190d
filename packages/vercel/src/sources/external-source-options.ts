/** The options of every external token source (not Vercel), and the rules that are made from them once. */

import type { Clock } from '@credex/core';
import {
  invalidOption,
  optionNames,
  optionalClock,
  optionalString,
  ownCopy,
  ownOptions,
} from '@credex/core/driver';
import { systemNow } from '../platform/defaults.js';

export interface ExternalSourceOptions {
  /**
   * Accept only a token with these claims, checked before it is used: `{ repository_id: '123', ref: 'refs/heads/main' }`.
   * Each claim must be a string in the token's payload. Default: any token is accepted.
   */
  readonly expectClaims?: Readonly<Record<string, string>> | undefined;
  /**
   * An identity key for the tokens of this source. With it, a credential stays cached longer than the token that was
   * exchanged for it, and a call that finds a cached credential reads no token. Set it only if every token of this source
   * has the same rights in the cloud for the lifetime of the process. Default: the SHA-256 digest of each token.
   */
  readonly identityKey?: string | undefined;
  /** Default: the system's clock. */
  readonly clock?: Clock | undefined;
}

/** The options of a source with a fixed audience, which is set where the token is issued. */
export interface FixedAudienceOptions extends ExternalSourceOptions {
  /** Accept only a token for this audience. Default: any audience is accepted. */
  readonly audience?: string | undefined;
}

const EXTERNAL_OPTION_NAMES: readonly string[] = optionNames<FixedAudienceOptions>({
  expectClaims: true,
  identityKey: true,
  clock: true,
  audience: true,
});

export interface TokenRules<O = FixedAudienceOptions> {
  /** The caller's options, as `ownOptions` returns them. */
  readonly options: O;
  now(): number;
  readonly expectClaims: Readonly<Record<string, string>>;
  readonly identityKey: string | undefined;
  readonly audience: string | undefined;
}

/** @throws OptionError */
export function tokenRules<O extends FixedAudienceOptions>(
  factory: string,
  given: O,
  own: { readonly [Name in Exclude<keyof O, keyof FixedAudienceOptions>]-?: true },
): TokenRules<O> {
  const options = ownOptions(factory, given, [...Object.keys(own), ...EXTERNAL_OPTION_NAMES]);
  return {
    options,
    now: systemNow(optionalClock(options.clock)),
    expectClaims: claimsToExpect(options.expectClaims),
    identityKey: optionalString({ option: 'identityKey' }, options.identityKey),
    audience: optionalString({ option: 'audience' }, options.audience),
  };
}

/** Claims with their own checks: the option `audience` covers `aud`, and the times are always checked. */
const RESERVED_CLAIMS: readonly string[] = ['aud', 'exp', 'nbf', 'iat'];

function claimsToExpect(value: unknown): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  const says = 'an object with at least one claim and its expected string';
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidOption({ option: 'expectClaims' }, says, value);
  const claims = Object.entries(value).filter(([, wanted]) => wanted !== undefined);
  if (claims.length === 0) throw invalidOption({ option: 'expectClaims' }, says, value);
  for (const [claim, wanted] of claims) {
    const option = `expectClaims.${claim}`;
    if (RESERVED_CLAIMS.includes(claim))
      throw invalidOption(
        { option },
        'left out: use `audience` for the audience; the times are always checked',
        wanted,
      );
    if (typeof wanted !== 'string' || wanted === '')
      throw invalidOption({ option }, 'a non-empty string', wanted);
  }
  return Object.freeze(ownCopy(Object.fromEntries(claims))) as Readonly<Record<string, string>>;
}
