/** What the sources outside of Vercel share: one token for each capture, held against what was asked of it. */

import type { Json, Subject, SubjectToken, SubjectTokenRequest, SubjectTokenSource } from '@credex/core';
import { FederationError } from '@credex/core';
import { cleanServerText, presentedToken, rememberedSubjectToken, shown } from '@credex/core/driver';
import type { TokenRules } from './elsewhere-options.js';

/** Where a token comes from, in the words of its errors. */
export interface TokenPlace {
  /** The `provider` of its errors: `github-actions`. */
  readonly provider: string;
  /** Completes "The token of …". */
  readonly named: string;
  /** What to do about a token that has ended, that is none, or that is for another audience. */
  readonly hints: {
    readonly expired: string;
    readonly unreadable: string;
    readonly audience: (audience: string) => string;
  };
}

/** Brings the token, as text. `fresh`: another than the last one, if it has one. */
export type ReadToken = (wanted: SubjectTokenRequest) => Promise<string>;

/** What one capture takes of the environment: what changes later is of another call. */
export interface OpenedPlace {
  readonly read: ReadToken;
  /** What tells a partition that the user names here from one of the same name elsewhere. No secret. */
  readonly origin: readonly Json[];
}

export interface ElsewhereSource {
  readonly place: TokenPlace;
  /** Whether it is asked for an audience; where not, one token is all there is. */
  readonly asksAudience: boolean;
  /** Runs at the capture. */
  open(): OpenedPlace;
}

export function elsewhereSource(rules: TokenRules, source: ElsewhereSource): SubjectTokenSource {
  return { capture: () => new ElsewhereSubject(rules, source) };
}

class ElsewhereSubject implements Subject {
  readonly partition: string | undefined;
  readonly #rules: TokenRules;
  readonly #source: ElsewhereSource;
  readonly #read: ReadToken;
  /** By audience. Read once: a file may turn over between the digest of its token and the exchange of it. */
  readonly #readings = new Map<string | undefined, Promise<SubjectToken>>();

  constructor(rules: TokenRules, source: ElsewhereSource) {
    const { read, origin } = source.open();
    this.partition = partitionOf(rules, source.place.provider, origin);
    this.#rules = rules;
    this.#source = source;
    this.#read = read;
  }

  async token(wanted: SubjectTokenRequest): Promise<SubjectToken> {
    const audience = wanted.audience ?? this.#rules.audience;
    const key = this.#source.asksAudience ? audience : undefined;
    const before = this.#readings.get(key);
    const reading =
      before === undefined || wanted.fresh ? this.#reading(key, { ...wanted, audience }, before) : before;
    const token = await reading;
    this.#assertMeant(token, audience);
    return token;
  }

  #reading(
    key: string | undefined,
    wanted: SubjectTokenRequest,
    before: Promise<SubjectToken> | undefined,
  ): Promise<SubjectToken> {
    const reading = this.#readOnce(wanted, before);
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
    wanted: SubjectTokenRequest,
    before: Promise<SubjectToken> | undefined,
  ): Promise<SubjectToken> {
    const last = wanted.fresh ? await before : undefined;
    const token = this.#decode(await this.#read(wanted));
    if (last !== undefined && token.jwt === last.jwt) throw noFresher(this.#source.place, 'it is the same');
    // What the first token's digest stands for must not be filled by somebody else's.
    if (last !== undefined && !isSameIdentity(token, last))
      throw noFresher(this.#source.place, 'it is of another identity now');
    const { now, expectClaims } = this.#rules;
    if (token.expiresAt <= now()) throw this.#expired(token);
    const wrong = Object.entries(expectClaims).filter(([claim, value]) => token.claims[claim] !== value);
    if (wrong.length > 0) throw this.#mismatch(token, wrong);
    return token;
  }

  #decode(jwt: string): SubjectToken {
    try {
      return rememberedSubjectToken(jwt);
    } catch {
      const { provider, named, hints } = this.#source.place;
      throw new FederationError({
        code: 'invalid_subject_token',
        provider,
        message: `The token of ${named} is not a readable JWT with an \`exp\`.`,
        hint: hints.unreadable,
      });
    }
  }

  #expired(token: SubjectToken): FederationError {
    const { provider, named, hints } = this.#source.place;
    const seconds = Math.round((this.#rules.now() - token.expiresAt) / 1000);
    return new FederationError({
      code: 'subject_token_expired',
      provider,
      message: `The token of ${named} ended ${seconds} seconds ago.`,
      hint: hints.expired,
      presented: presentedToken(token.claims),
    });
  }

  #mismatch(token: SubjectToken, wrong: readonly (readonly [string, string])[]): FederationError {
    const { provider, named } = this.#source.place;
    const said = wrong.map(
      ([claim, value]) => `${shown(claim)} ${quoted(token.claims[claim])} where ${quoted(value)} is expected`,
    );
    return new FederationError({
      code: 'subject_mismatch',
      provider,
      message: `The token of ${named} is not of the expected identity: ${said.join('; ')}.`,
      hint: 'Nothing was sent to the cloud. Use the token of the expected identity, or change `expectClaims`.',
      presented: presentedToken(token.claims),
    });
  }

  #assertMeant(token: SubjectToken, audience: string | undefined): void {
    if (audience === undefined || isFor(token, audience)) return;
    const { provider, named, hints } = this.#source.place;
    throw new FederationError({
      code: 'audience_mismatch',
      provider,
      message: `The token of ${named} is not for the audience asked for, ${quoted(audience)}.`,
      hint: hints.audience(audience),
      presented: presentedToken(token.claims),
    });
  }
}

/** The user's name for it, and all that may tell two sources apart that were given the same one. */
function partitionOf(rules: TokenRules, provider: string, origin: readonly Json[]): string | undefined {
  const { partition, audience, expectClaims } = rules;
  if (partition === undefined) return undefined;
  return JSON.stringify([provider, origin, audience ?? null, expectClaims, partition]);
}

/** Whether `aud` (RFC 7519, section 4.1.3) names the audience. */
export function isFor({ claims: { aud } }: SubjectToken, audience: string): boolean {
  return typeof aud === 'string' ? aud === audience : aud?.includes(audience) === true;
}

/** The same subject of the same issuer: what may take the place of a token that was refused. */
export function isSameIdentity(one: SubjectToken, other: SubjectToken): boolean {
  return one.claims.iss === other.claims.iss && one.claims.sub === other.claims.sub;
}

function noFresher({ provider, named }: TokenPlace, why: string): FederationError {
  return new FederationError({
    code: 'no_fresher_token',
    provider,
    message: `There is no fresher token of ${named}: ${why}.`,
  });
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? `'${cleanServerText(value, 100)}'` : 'none';
}
