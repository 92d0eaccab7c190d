import type { Subject, SubjectTokenSource } from '@credex/core';
import { OptionError } from '@credex/core';
import { memberOf, rememberedSubjectToken } from '@credex/core/driver';
import { TOKEN_HEADER } from './request-context.js';
import type { VercelTokenSourceOptions } from './source-options.js';
import { sourceTools } from './source-options.js';

/** A fetch `Request`, a node `IncomingMessage`, or fetch `Headers`. */
export type RequestLike = { readonly headers: HeadersLike } | HeaderGetter;
export type HeadersLike = HeaderGetter | Readonly<Record<string, string | readonly string[] | undefined>>;
export interface HeaderGetter {
  get(name: string): string | null;
}

/**
 * The token of one request, for runtimes without a request context (middleware, a server of one's own). What a
 * request carries is its sender's word, so the digest of the whole token is the partition.
 *
 * @example
 * export default async function middleware(request: Request) {
 *   const { accessToken } = await getGcpCredentials({ tokenSource: requestTokenSource(request) });
 * }
 * @throws OptionError where the argument has no headers, or for an option that can't be honoured
 */
export function requestTokenSource(
  request: RequestLike,
  options: VercelTokenSourceOptions = {},
): SubjectTokenSource {
  const { now, finish } = sourceTools('requestTokenSource', options);
  const header = tokenHeader(request);
  return {
    capture(): Subject {
      return {
        partition: undefined,
        async token(wanted) {
          if (header !== undefined && !wanted.fresh) {
            const token = rememberedSubjectToken(header);
            if (token.expiresAt > now()) return finish(token, wanted);
          }
          const { allExpired, noFresherToken, noToken } = await import('./token-errors.js');
          if (header === undefined) throw noToken(`the request has no ${TOKEN_HEADER} header`);
          if (wanted.fresh) throw noFresherToken();
          throw allExpired([{ place: 'the request header', token: rememberedSubjectToken(header) }], now());
        },
      };
    },
  };
}

function tokenHeader(request: RequestLike): string | undefined {
  const headers = headersOf(request);
  const value = isGetter(headers) ? headers.get(TOKEN_HEADER) : memberOf(headers, TOKEN_HEADER);
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' && first !== '' ? first : undefined;
}

function headersOf(request: RequestLike): HeadersLike {
  if (typeof request === 'object' && request !== null) {
    if (isGetter(request)) return request;
    const headers = memberOf(request, 'headers');
    if (typeof headers === 'object' && headers !== null) return headers;
  }
  throw new OptionError(
    'invalid_option',
    'request',
    undefined,
    '`request` must be a Request, an IncomingMessage or Headers.',
  );
}

function isGetter(value: object): value is HeaderGetter {
  return typeof memberOf(value as Partial<HeaderGetter>, 'get') === 'function';
}
