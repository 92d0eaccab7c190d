import type { Subject, SubjectToken, SubjectTokenRequest, SubjectTokenSource } from '@credex/core';
import { environmentVariable } from '@credex/core/driver';
import { platformPartition } from './platform-partition.js';
import { contextToken } from './request-context.js';
import type { VercelTokenSourceOptions } from './source-options.js';
import { sourceTools } from './source-options.js';
import type { Found, Place } from './token-errors.js';
import { LOOKED_EVERYWHERE, allExpired, noFresherToken, noToken } from './token-errors.js';
import { readTokenFile } from './token-file.js';
import type { Peeked } from './token-memo.js';
import { createTokenMemo } from './token-memo.js';

/** A token with less than this left is used only where there is none with more. */
const COMFORTABLE_MS = 30_000;

/**
 * The OIDC token that Vercel gives: the header of the request being served, then the file that
 * VERCEL_OIDC_TOKEN_FILE names (read on each call), then VERCEL_OIDC_TOKEN. An expired token is passed over in
 * favour of a live one; an unreadable one is an error.
 *
 * @example
 * const tokenSource = vercelTokenSource({ expect: { projectId: 'prj_123', environment: 'production' } });
 * const credentials = awsCredentialsProvider({ roleArn, tokenSource });
 * @throws OptionError for an option that can't be honoured
 */
export function vercelTokenSource(options: VercelTokenSourceOptions = {}): SubjectTokenSource {
  const { now, finish } = sourceTools('vercelTokenSource', options);
  const platform = platformPartition();
  const memo = createTokenMemo();

  return {
    capture(): Subject {
      const held: Held = {
        header: contextToken(),
        file: environmentVariable('VERCEL_OIDC_TOKEN_FILE'),
        variable: environmentVariable('VERCEL_OIDC_TOKEN'),
      };
      let shown: string | undefined;
      const token = async (wanted: SubjectTokenRequest): Promise<SubjectToken> => {
        const found = await firstLive(held, wanted.fresh ? shown : undefined, wanted.signal);
        shown = found.jwt;
        return finish(found, wanted);
      };
      if (platform === undefined) return { partition: undefined, token };
      // The token that would be used, where it is known without I/O, must be of the platform's own identity: a
      // passed-through header of another project would otherwise find what this project holds.
      const first =
        usableNow(held.header) ?? (held.file === undefined ? usableNow(held.variable) : undefined);
      const foreign = first !== undefined && !('token' in first && platform.covers(first.token.claims));
      return foreign
        ? { partition: undefined, token }
        : { partition: platform.name, covers: platform.covers, token };
    },
  };

  /** What would be used of a token at hand: nothing of an expired one, its error of an unreadable one. */
  function usableNow(jwt: string | undefined): Peeked | undefined {
    if (jwt === undefined) return undefined;
    const peeked = memo(jwt);
    return 'token' in peeked && peeked.token.expiresAt <= now() ? undefined : peeked;
  }

  /** The first token with time left, in order; `but`: the one that was refused. */
  async function firstLive(held: Held, but: string | undefined, signal: AbortSignal): Promise<SubjectToken> {
    const places: readonly (readonly [Place, () => Promise<string> | string | undefined])[] = [
      ['the request header', () => held.header],
      [
        'VERCEL_OIDC_TOKEN_FILE',
        () => (held.file === undefined ? undefined : readTokenFile(held.file, signal)),
      ],
      ['VERCEL_OIDC_TOKEN', () => held.variable],
    ];
    const expired: Found[] = [];
    let refused = false;
    let brief: SubjectToken | undefined;
    for (const [place, read] of places) {
      const jwt = await read();
      if (jwt === undefined) continue;
      const peeked = memo(jwt);
      if ('error' in peeked) throw peeked.error;
      const left = peeked.token.expiresAt - now();
      if (peeked.token.jwt === but) refused = true;
      else if (left >= COMFORTABLE_MS) return peeked.token;
      else if (left > 0) brief ??= peeked.token;
      else expired.push({ place, token: peeked.token });
    }
    if (brief !== undefined) return brief;
    if (refused) throw noFresherToken();
    throw expired.length === 0 ? noToken(LOOKED_EVERYWHERE) : allExpired(expired, now());
  }
}

/** The tokens of one moment. */
interface Held {
  readonly header: string | undefined;
  readonly file: string | undefined;
  readonly variable: string | undefined;
}
