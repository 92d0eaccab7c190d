/** The token that a request carries, read as strictly as RFC 6750 writes it. */

import { memberOf } from '@credex/core/driver';
import { refusal } from './refuse.js';

const SCHEME = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?: |,|$)/;
/** What stands behind the scheme: one space, then b64token (RFC 6750, section 2.1). */
const B64TOKEN = /^ ([A-Za-z0-9._~+/-]+=*)$/;
/** Some servers join headers that came twice by a comma; no token holds one. */
const BEARER_JOINED = /,\s*bearer(?:[\s,]|$)/i;

/**
 * The bearer token among a request's Authorization headers. Tokens elsewhere (query, body, cookie,
 * `x-vercel-oidc-token`) are not looked at.
 *
 * @param authorization Every Authorization header of the request, as it came.
 * @throws TokenVerificationError `no_token` where there is no such header, or it is of another scheme;
 * `invalid_request` where there are two, or the one is not exactly `Bearer`, one space, and a token.
 */
export function bearerToken(authorization: readonly string[]): string {
  const [header, second] = authorization;
  if (second !== undefined)
    throw refusal('invalid_request', 'The request has more than one Authorization header.');
  if (header === undefined || header === '')
    throw refusal('no_token', 'The request has no Authorization header.');
  if (BEARER_JOINED.test(header))
    throw refusal('invalid_request', 'The request has more than one Authorization header, joined.');
  const scheme = SCHEME.exec(header)?.[1];
  if (scheme === undefined)
    throw refusal('invalid_request', 'The Authorization header does not begin with a scheme.');
  if (scheme.toLowerCase() !== 'bearer')
    throw refusal('no_token', 'The Authorization header is of another scheme than Bearer.');
  const token = B64TOKEN.exec(header.slice(scheme.length))?.[1];
  if (token === undefined)
    throw refusal('invalid_request', 'The Authorization header is not `Bearer`, one space, and one token.');
  return token;
}

/** What Node's own requests have in common, over HTTP/1 and HTTP/2. */
export interface WithRawHeaders {
  readonly rawHeaders: readonly string[];
  readonly headers: { readonly authorization?: string | undefined };
}

/** Node keeps the first of two Authorization headers in `headers` and drops the second: only `rawHeaders` has both. */
export function authorizationOf({ rawHeaders, headers }: WithRawHeaders): readonly string[] {
  const sent = rawHeaders.filter(
    (_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === 'authorization',
  );
  // A server's shim may fill `headers` alone, and a handler before this one may have changed it.
  const filled = memberOf(headers, 'authorization');
  return sent.length > 1 || filled === undefined ? sent : [filled];
}
