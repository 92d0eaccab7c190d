/** What one capture took, and how its token is found. A class, since one is made for every call. */

import type { Subject, SubjectClaims, SubjectToken, SubjectTokenRequest } from '@credex/core';
import { callerError, environmentVariable } from '@credex/core/driver';
import type { LastPlace } from './last-place.js';
import type { PlatformPartition } from './platform-partition.js';
import type { SourceTools } from './source-options.js';
import type { Found, Place } from './token-errors.js';
import type { TokenMemo } from './token-memo.js';

/** A token with less than this left is used only where there is none with more. */
const COMFORTABLE_MS = 30_000;

export interface CaptureTools extends SourceTools {
  readonly memo: TokenMemo;
  readonly lastPlace: LastPlace;
}

/** The two variables that may hold a token, of one moment. */
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

export class CapturedSubject implements Subject {
  readonly partition: string | undefined;
  readonly #tools: CaptureTools;
  readonly #platform: PlatformPartition | undefined;
  readonly #header: string | undefined;
  /** `undefined` while the header answers: reading the environment costs more than all the rest. */
  #variables: TokenVariables | undefined;
  #shown: string | undefined;

  constructor(
    tools: CaptureTools,
    platform: PlatformPartition | undefined,
    header: string | undefined,
    variables: TokenVariables | undefined,
  ) {
    this.partition = platform?.name;
    this.#tools = tools;
    this.#platform = platform;
    this.#header = header;
    this.#variables = variables;
  }

  covers(claims: SubjectClaims): boolean {
    return this.#platform?.covers(claims) ?? true;
  }

  async token(wanted: SubjectTokenRequest): Promise<SubjectToken> {
    const found = await this.#firstLive(wanted.fresh ? this.#shown : undefined, wanted);
    this.#shown = found.jwt;
    return this.#tools.finish(found, wanted);
  }

  /** The first token with time left, in order; `but`: the one that was refused. */
  async #firstLive(but: string | undefined, wanted: SubjectTokenRequest): Promise<SubjectToken> {
    const { memo, now, lastPlace } = this.#tools;
    const { signal } = wanted;
    const variables = (this.#variables ??= tokenVariables());
    const { file } = variables;
    const places: readonly (readonly [Place, () => Promise<string> | string | undefined])[] = [
      ['the request header', () => this.#header],
      ['VERCEL_OIDC_TOKEN_FILE', () => (file === undefined ? undefined : fromFile(file, signal))],
      ['VERCEL_OIDC_TOKEN', () => variables.token],
    ];
    const expired: Found[] = [];
    let refused = false;
    let brief: SubjectToken | undefined;
    for (const [place, read] of places) {
      const jwt = await read();
      if (jwt === undefined) continue;
      const { token, error } = memo(jwt);
      if (token === undefined) throw callerError(error);
      const left = token.expiresAt - now();
      if (token.jwt === but) refused = true;
      else if (left >= COMFORTABLE_MS) return token;
      else if (left > 0) brief ??= token;
      else expired.push({ place, token });
    }
    if (brief !== undefined) return brief;
    const refreshed = await lastPlace(but, wanted);
    if (refreshed !== undefined) return refreshed;
    const { LOOKED_EVERYWHERE, allExpired, noFresherToken, noToken } = await import('./token-errors.js');
    if (refused) throw noFresherToken();
    throw expired.length === 0 ? noToken(LOOKED_EVERYWHERE) : allExpired(expired, now());
  }
}

async function fromFile(path: string, signal: AbortSignal): Promise<string> {
  const { readTokenFile } = await import('./token-file.js');
  return readTokenFile({ path, provider: 'vercel', named: 'VERCEL_OIDC_TOKEN_FILE names' }, signal);
}
