import type { Clock, Subject, SubjectTokenSource } from '@credex/core';
import { OptionError } from '@credex/core';
import { readSubjectToken } from '@credex/core/driver';
import { TOKEN_HEADER } from './request-context.js';
import { allExpired, noFresherToken, noToken } from './token-errors.js';

/** A fetch `Request`, a node `IncomingMessage`, or the headers of either. */
export type RequestLike = { readonly headers: HeadersLike } | HeadersLike;
type HeadersLike =
  { get(name: string): string | null } | Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * The token of one request, for runtimes without a request context (middleware, a server of one's own). What a
 * request carries is a caller's word: the digest of the whole token is the partition.
 *
 * @example
 * export default async function middleware(request: Request) {
 *   const { accessToken } = await getGcpCredentials({ tokenSource: requestTokenSource(request) });
 * }
 * @throws OptionError where the argument has no headers
 */
export function requestTokenSource(
  request: RequestLike,
  options: { readonly clock?: Clock | undefined } = {},
): SubjectTokenSource {
  const header = tokenHeader(request);
  return {
    capture(): Subject {
      return {
        partition: undefined,
        async token({ audience, fresh }) {
          if (header === undefined) throw noToken(`the request has no ${TOKEN_HEADER} header`);
          if (fresh) throw noFresherToken();
          const token = readSubjectToken(header);
          const now = options.clock?.now() ?? Date.now();
          if (token.expiresAt <= now) throw allExpired([{ place: 'the request header', token }], now);
          return token;
        },
      };
    },
  };
}

function tokenHeader(request: RequestLike): string | undefined {
  const headers = headersOf(request);
  const value = isGetter(headers) ? headers.get(TOKEN_HEADER) : headers[TOKEN_HEADER];
  const first = Array.isArray(value) ? (value as readonly string[])[0] : (value as string | null | undefined);
  return first === undefined || first === null || first === '' ? undefined : first;
}

function headersOf(request: RequestLike): HeadersLike {
  if (typeof request === 'object' && request !== null) {
    if (isGetter(request)) return request;
    if ('headers' in request && typeof request.headers === 'object' && request.headers !== null)
      return request.headers as HeadersLike;
    if (TOKEN_HEADER in request) return request as HeadersLike;
  }
  throw new OptionError(
    'invalid_option',
    'request',
    undefined,
    '`request` must be a Request, an IncomingMessage or Headers.',
  );
}

function isGetter(value: object): value is { get(name: string): string | null } {
  return 'get' in value && typeof value.get === 'function';
}
