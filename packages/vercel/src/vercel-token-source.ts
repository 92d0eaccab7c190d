import type {
  Clock,
  Expectation,
  Fetch,
  Subject,
  SubjectToken,
  SubjectTokenRequest,
  SubjectTokenSource,
} from '@credex/core';
import {
  assertExpected,
  endpointUrl,
  environmentVariable,
  normalizeExpectation,
  optionalBoolean,
  optionalFunction,
  refuseUnknownOptions,
} from '@credex/core/driver';
import type { AudienceExchange } from './audience-exchange.js';
import { exchangeAudience } from './audience-exchange.js';
import { platformPartition } from './platform-partition.js';
import { contextToken } from './request-context.js';
import type { Found, Place } from './token-errors.js';
import { LOOKED_EVERYWHERE, allExpired, noFresherToken, noToken } from './token-errors.js';
import { readTokenFile } from './token-file.js';
import { createTokenMemo } from './token-memo.js';

export interface VercelTokenSourceOptions {
  /** Refuse any token but that of this project, team or environment. Default: any. */
  readonly expect?: Expectation | undefined;
  /** Where a custom audience is asked for. Default: `https://oidc.vercel.com/~token`. */
  readonly tokenEndpoint?: string | undefined;
  /** Allow `http:` on loopback for `tokenEndpoint`. Default: false. */
  readonly allowLoopbackHttp?: boolean | undefined;
  /** Default: the global fetch. */
  readonly fetch?: Fetch | undefined;
  /** Default: the system's clock. */
  readonly clock?: Clock | undefined;
}

const DEFAULT_TOKEN_ENDPOINT = 'https://oidc.vercel.com/~token';

/** A token with less than this left is used only where there is none with more. */
const COMFORTABLE_MS = 30_000;

/**
 * The OIDC token that Vercel gives: the header of the request being served, then the file that
 * VERCEL_OIDC_TOKEN_FILE names (read on each call), then VERCEL_OIDC_TOKEN. An expired token is passed over in
 * favour of a live one.
 *
 * @example
 * const provider = awsCredentialsProvider({ roleArn, tokenSource: vercelTokenSource({ expect: { projectId } }) });
 * @throws OptionError for an option that can't be honoured
 */
export function vercelTokenSource(options: VercelTokenSourceOptions = {}): SubjectTokenSource {
  refuseUnknownOptions('vercelTokenSource', options, [
    'expect',
    'tokenEndpoint',
    'allowLoopbackHttp',
    'fetch',
    'clock',
  ]);
  const expectation = normalizeExpectation(options.expect);
  const allowLoopbackHttp =
    optionalBoolean({ option: 'allowLoopbackHttp' }, options.allowLoopbackHttp) ?? false;
  const rules = { allowLoopbackHttp, allowPath: true };
  const endpoint = endpointUrl(
    { option: 'tokenEndpoint' },
    options.tokenEndpoint ?? DEFAULT_TOKEN_ENDPOINT,
    rules,
  );
  const fetch: Fetch =
    optionalFunction({ option: 'fetch' }, options.fetch) ?? ((url, init) => globalThis.fetch(url, init));
  const audienceExchange: AudienceExchange = { endpoint, fetch };
  const now = (): number => options.clock?.now() ?? Date.now();
  const platform = platformPartition();
  const memo = createTokenMemo();

  return {
    capture(): Subject {
      const header = contextToken();
      const file = environmentVariable('VERCEL_OIDC_TOKEN_FILE');
      const variable = environmentVariable('VERCEL_OIDC_TOKEN');
      let shown: string | undefined;

      const token = async ({ audience, fresh, signal }: SubjectTokenRequest): Promise<SubjectToken> => {
        const found = await live(fresh ? shown : undefined, signal);
        shown = found.jwt;
        assertExpected(expectation, found.claims);
        return audience === undefined ? found : exchangeAudience(audienceExchange, found, audience, signal);
      };

      if (platform === undefined) return { partition: undefined, token };
      // The token that would be used, where it is known without I/O, must be of the platform's own identity:
      // a passed-through header of another project would otherwise find what this project holds.
      const first = known(header) ?? (file === undefined ? known(variable) : undefined);
      if (first !== undefined && !('token' in first && platform.covers(first.token.claims)))
        return { partition: undefined, token };
      return { partition: platform.name, covers: platform.covers, token };

      /** A token at hand that isn't expired, or is unreadable: an unreadable one is never passed over in silence. */
      function known(jwt: string | undefined): ReturnType<typeof memo> | undefined {
        if (jwt === undefined) return undefined;
        const peeked = memo(jwt);
        return 'token' in peeked && peeked.token.expiresAt <= now() ? undefined : peeked;
      }

      /** The first token with time left, in order; `but`: the one that was refused. */
      async function live(but: string | undefined, signal: AbortSignal): Promise<SubjectToken> {
        const places: readonly (readonly [Place, () => Promise<string> | string | undefined])[] = [
          ['the request header', () => header],
          ['VERCEL_OIDC_TOKEN_FILE', () => (file === undefined ? undefined : readTokenFile(file, signal))],
          ['VERCEL_OIDC_TOKEN', () => variable],
        ];
        const found: Found[] = [];
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
          else found.push({ place, token: peeked.token });
        }
        if (brief !== undefined) return brief;
        if (refused) throw noFresherToken();
        throw found.length === 0 ? noToken(LOOKED_EVERYWHERE) : allExpired(found, now());
      }
    },
  };
}
