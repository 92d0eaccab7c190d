/** What all external token sources (not Vercel) share: their options, and a subject that reads and validates one token. */

import type {
  Clock,
  FederationErrorCode,
  Json,
  Subject,
  SubjectToken,
  SubjectTokenRequest,
  SubjectTokenSource,
} from '@credex/core';
import { FederationError } from '@credex/core';
import {
  invalidOption,
  optionNames,
  optionalClock,
  optionalString,
  ownCopy,
  ownOptions,
  rememberedToken,
  shown,
} from '@credex/core/internal';
import { cleanServerText, presentedToken } from '@credex/core/failure';
import { readableToken } from '@credex/core/on-demand';
import { systemNow } from '../platform/runtime.js';

export interface ExternalSourceOptions {
  /**
   * Accept only a token with these claims, checked before it is used: `{ repository_id: '123', ref: 'refs/heads/main' }`.
   * Each claim must be a string in the token's payload. Without it, every token is accepted.
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
  /** Accept only a token for this audience. Without it, every audience is accepted. */
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

/** Describes a token source in its errors. */
export interface SourceDescription {
  /** The `provider` of its errors: `github-actions`. */
  readonly provider: string;
  /** Completes "The token of …". */
  readonly named: string;
  /** What to do about a token that has expired, is unreadable, or is for another audience. */
  readonly hints: {
    readonly expired: string;
    readonly unreadable: string;
    readonly audience: (audience: string) => string;
  };
}

/** Reads the token as text. `fresh` requests a token other than the last one. */
export type ReadToken = (request: SubjectTokenRequest) => Promise<string>;

/** The state of the environment at one capture. Later changes apply to later calls. */
export interface OpenedSource {
  readonly read: ReadToken;
  /** Distinguishes equal user-defined identity keys of different sources. It contains no secret. */
  readonly origin: readonly Json[];
}

export interface ExternalSource {
  readonly place: SourceDescription;
  /** True if the source can issue tokens for a requested audience; otherwise it has one token. */
  readonly requestsAudience: boolean;
  /** Runs at the capture. */
  open(): OpenedSource;
}

export function externalSource(rules: TokenRules, source: ExternalSource): SubjectTokenSource {
  const { provider: name, hints } = source.place;
  const about = { name, hints: async () => ({ invalid_subject_token: hints.unreadable }) };
  return { about, capture: () => new ExternalSubject(rules, source) };
}

class ExternalSubject implements Subject {
  readonly identityKey: string | undefined;
  readonly #rules: TokenRules;
  readonly #source: ExternalSource;
  readonly #read: ReadToken;
  /** By audience. Read once, because a file may change between the digest of its token and the exchange. */
  readonly #readings = new Map<string | undefined, Promise<SubjectToken>>();

  constructor(rules: TokenRules, source: ExternalSource) {
    const { read, origin } = source.open();
    this.identityKey = identityKeyOf(rules, source.place.provider, origin);
    this.#rules = rules;
    this.#source = source;
    this.#read = read;
  }

  async token(request: SubjectTokenRequest): Promise<SubjectToken> {
    const audience = request.audience ?? this.#rules.audience;
    const key = this.#source.requestsAudience ? audience : undefined;
    const before = this.#readings.get(key);
    const reading =
      before === undefined || request.fresh ? this.#reading(key, { ...request, audience }, before) : before;
    const token = await reading;
    this.#assertMeant(token, audience);
    return token;
  }

  #reading(
    key: string | undefined,
    request: SubjectTokenRequest,
    before: Promise<SubjectToken> | undefined,
  ): Promise<SubjectToken> {
    const reading = this.#readOnce(request, before);
    this.#readings.set(key, reading);
    const forget = (): void => {
      if (this.#readings.get(key) !== reading) return;
      if (before === undefined) this.#readings.delete(key);
      else this.#readings.set(key, before);
    };
    reading.catch(forget);
    return reading;
  }

  async #readOnce(
    request: SubjectTokenRequest,
    before: Promise<SubjectToken> | undefined,
  ): Promise<SubjectToken> {
    const last = request.fresh ? await before : undefined;
    const token = this.#decode(await this.#read(request));
    if (last !== undefined && token.jwt === last.jwt)
      throw noFresherToken(this.#source.place, 'the source returned the same token');
    // The cache key is the digest of the first token: another identity must not fill its cache entry.
    if (last !== undefined && !isSameIdentity(token, last))
      throw noFresherToken(this.#source.place, 'the source returned a token of another identity');
    const { now, expectClaims } = this.#rules;
    if (token.expiresAt <= now()) {
      const what = `expired ${Math.round((now() - token.expiresAt) / 1000)} seconds ago`;
      throw this.#error('subject_token_expired', what, this.#source.place.hints.expired, token);
    }
    const wrong = Object.entries(expectClaims).filter(([claim, value]) => token.claims[claim] !== value);
    if (wrong.length === 0) return token;
    const said = wrong.map(
      ([claim, value]) => `${shown(claim)} is ${quoted(token.claims[claim])}, expected ${quoted(value)}`,
    );
    throw this.#error(
      'subject_mismatch',
      `does not have the expected identity: ${said.join('; ')}`,
      'Nothing was sent to the cloud. Use the token of the expected identity, or change `expectClaims`.',
      token,
    );
  }

  #decode(jwt: string): SubjectToken {
    try {
      return readableToken(rememberedToken(jwt));
    } catch {
      const { unreadable } = this.#source.place.hints;
      throw this.#error('invalid_subject_token', 'is not a readable JWT with an `exp`', unreadable);
    }
  }

  #assertMeant(token: SubjectToken, audience: string | undefined): void {
    if (audience === undefined || isFor(token, audience)) return;
    const what = `is not for the requested audience ${quoted(audience)}`;
    throw this.#error('audience_mismatch', what, this.#source.place.hints.audience(audience), token);
  }

  /** `what` completes "The token of …". */
  #error(code: FederationErrorCode, what: string, hint: string, token?: SubjectToken): FederationError {
    const { provider, named } = this.#source.place;
    const presented = token === undefined ? undefined : presentedToken(token.claims);
    return new FederationError({
      code,
      provider,
      message: `The token of ${named} ${what}.`,
      hint,
      presented,
    });
  }
}

/** The user-defined identity key, extended by everything that distinguishes two sources with the same key. */
function identityKeyOf(rules: TokenRules, provider: string, origin: readonly Json[]): string | undefined {
  const { identityKey, audience, expectClaims } = rules;
  if (identityKey === undefined) return undefined;
  return JSON.stringify([provider, origin, audience ?? null, expectClaims, identityKey]);
}

/** True if `aud` (RFC 7519, section 4.1.3) contains the audience. */
export function isFor({ claims: { aud } }: SubjectToken, audience: string): boolean {
  return typeof aud === 'string' ? aud === audience : aud?.includes(audience) === true;
}

const IDENTITY = ['iss', 'sub', 'project_id', 'environment'] as const;

/** True for the same subject of the same issuer, and the same project: such a token may replace a rejected one. */
export function isSameIdentity(one: SubjectToken, other: SubjectToken): boolean {
  return IDENTITY.every((name) => one.claims[name] === other.claims[name]);
}

function noFresherToken({ provider, named }: SourceDescription, why: string): FederationError {
  return new FederationError({
    code: 'no_fresher_token',
    provider,
    message: `There is no fresher token of ${named}: ${why}.`,
  });
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? `'${cleanServerText(value, 100)}'` : 'missing';
}
