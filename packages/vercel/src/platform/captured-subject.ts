/** The state of one capture, and how its token is found. A class, because one is created for every call. */

import type { Subject, SubjectClaims, SubjectToken, SubjectTokenRequest } from '@credex/core';
import type { DecodedToken } from '@credex/core/internal';
import { earlierTokens, environmentVariable, loadOnce, rememberedToken } from '@credex/core/internal';
import type { SourceTools } from './source-options.js';
import type { Found, Place } from './token-errors.js';

/** Loaded with the first failure. */
const loadErrors = /* @__PURE__ */ loadOnce(() => import('./token-errors.js'));

/** A token that expires sooner is used only if no other token is available. */
const MIN_REMAINING_MS = 30_000;

/**
 * Returns a token other than `rejectedToken`. `undefined` if this is not a laptop, or if its working directory is not
 * linked to a project.
 */
export type CliFallback = (
  rejectedToken: string | undefined,
  request: SubjectTokenRequest,
) => Promise<SubjectToken | undefined>;

export interface CaptureTools extends SourceTools {
  readonly memo: TokenMemo;
  readonly cliFallback: CliFallback;
}

/** The identity of this process. All deployments of one identity have the same rights. */
export interface PlatformIdentity {
  /** The identity without the source's `expect`: what tokens are remembered for. */
  readonly identity: string;
  readonly name: string;
  matchesIdentity(claims: SubjectClaims): boolean;
}

/** The two environment variables that may contain a token, read at the same time. */
export interface TokenVariables {
  readonly file: string | undefined;
  readonly token: string | undefined;
}

export function tokenVariables(): TokenVariables {
  return {
    file: environmentVariable('VERCEL_OIDC_TOKEN_FILE'),
    token: environmentVariable('VERCEL_OIDC_TOKEN'),
  };
}

type TokenPlace = readonly [Place, () => Promise<string> | string | undefined];

export class CapturedSubject implements Subject {
  readonly identityKey: string | undefined;
  readonly fromRequest: boolean;
  readonly #tools: CaptureTools;
  readonly #platform: PlatformIdentity | undefined;
  readonly #header: string | undefined;
  /** `undefined` while the header is enough: reading the environment costs more than everything else. */
  #variables: TokenVariables | undefined;
  #shown: string | undefined;
  /** All reads of one capture return one token: what was checked, or keyed by its digest, is what is presented. */
  #first: SubjectToken | undefined;

  constructor(
    tools: CaptureTools,
    platform: PlatformIdentity | undefined,
    header: string | undefined,
    variables: TokenVariables | undefined,
  ) {
    this.identityKey = platform?.name;
    this.fromRequest = header !== undefined;
    this.#tools = tools;
    this.#platform = platform;
    this.#header = header;
    this.#variables = variables;
  }

  matchesIdentity(claims: SubjectClaims): boolean {
    return this.#platform?.matchesIdentity(claims) ?? true;
  }

  async token(request: SubjectTokenRequest): Promise<SubjectToken> {
    const { fresh } = request;
    const known = fresh ? undefined : this.#first;
    const found = known ?? (await this.#firstLive(fresh ? this.#shown : undefined, request));
    // Another read may have ended first.
    const token = fresh ? found : (this.#first ??= found);
    this.#shown = token.jwt;
    return this.#tools.finish(token, request);
  }

  /** The first token in order that has not expired and is not `rejectedToken`. */
  async #firstLive(rejectedToken: string | undefined, request: SubjectTokenRequest): Promise<SubjectToken> {
    const { memo, now, cliFallback } = this.#tools;
    const { signal } = request;
    const variables = (this.#variables ??= tokenVariables());
    const { file } = variables;
    const expired: Found[] = [];
    let refused = false;
    let brief: SubjectToken | undefined;
    const places: readonly TokenPlace[] = [
      ['the request header', () => this.#header],
      ['VERCEL_OIDC_TOKEN_FILE', () => (file === undefined ? undefined : fromFile(file, signal))],
      ['VERCEL_OIDC_TOKEN', () => variables.token],
      // Never for a request with a token of another identity, which has no platform identity.
      ...earlierTokens(this.#platform?.identity).map(({ token, rank }): TokenPlace => [
        'an earlier request',
        // It may be forged: a live token is replaced only by one that a cloud has accepted.
        () => (rank < 1 && (refused || brief !== undefined) ? undefined : token.jwt),
      ]),
    ];
    for (const [place, read] of places) {
      const jwt = await read();
      if (jwt === undefined) continue;
      const { token, fault } = memo(jwt);
      if (token === undefined) throw (await loadErrors()).unreadableToken(fault);
      const left = token.expiresAt - now();
      if (token.jwt === rejectedToken) refused = true;
      else if (left >= MIN_REMAINING_MS) return token;
      else if (left > 0) brief ??= token;
      else expired.push({ place, token });
    }
    if (brief !== undefined) return brief;
    const refreshed = await cliFallback(rejectedToken, request);
    if (refreshed !== undefined) return refreshed;
    const { ALL_SOURCES, allExpired, noFresherToken, noToken } = await loadErrors();
    if (refused) throw noFresherToken();
    throw expired.length === 0 ? noToken(ALL_SOURCES) : allExpired(expired, now());
  }
}

async function fromFile(path: string, signal: AbortSignal): Promise<string> {
  const { readTokenFile } = await import('../sources/token-file.js');
  return readTokenFile({ path, provider: 'vercel', named: 'VERCEL_OIDC_TOKEN_FILE names' }, signal);
}

export type TokenMemo = (jwt: string) => DecodedToken;

/** Remembers only the last token: in a process that serves one identity it is nearly always the same. */
export function createTokenMemo(): TokenMemo {
  let lastJwt: string | undefined;
  let last: DecodedToken | undefined;
  return (jwt) => {
    if (jwt === lastJwt && last !== undefined) return last;
    last = rememberedToken(jwt);
    lastJwt = jwt;
    return last;
  };
}
