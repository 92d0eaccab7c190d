/** Reads the bearer token of a request, exactly as RFC 6750 defines it. */

import { memberOf } from '@credex/core/internal';
import { refusal } from './refuse.js';

const SCHEME = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?: |,|$)/;
/** The part after the scheme: one space, then b64token (RFC 6750, section 2.1). */
const B64TOKEN = /^ ([A-Za-z0-9._~+/-]+=*)$/;
/** Some servers join duplicate headers with a comma; a token never contains one. */
const BEARER_JOINED = /,\s*bearer(?:[\s,]|$)/i;

/**
 * The bearer token among a request's Authorization headers. Other places (query, body, cookie,
 * `x-vercel-oidc-token`) are ignored.
 *
 * @param authorization All Authorization headers of the request, unchanged.
 * @throws TokenVerificationError `no_token` if there is no such header, or it has another scheme;
 * `invalid_request` if there are two, or the header is not exactly `Bearer`, one space, and a token.
 */
export function bearerToken(authorization: readonly string[]): string {
  const [header, second] = authorization;
  if (second !== undefined)
    throw refusal('invalid_request', 'The request has more than one Authorization header.');
  if (header === undefined || header === '')
    throw refusal('no_token', 'The request has no Authorization header.');
  if (BEARER_JOINED.test(header))
    throw refusal(
      'invalid_request',
      'The request has more than one Authorization header, joined by a comma.',
    );
  const scheme = SCHEME.exec(header)?.[1];
  if (scheme === undefined)
    throw refusal('invalid_request', 'The Authorization header does not begin with a scheme.');
  if (scheme.toLowerCase() !== 'bearer')
    throw refusal('no_token', 'The Authorization header has a scheme other than Bearer.');
  const token = B64TOKEN.exec(header.slice(scheme.length))?.[1];
  if (token === undefined)
    throw refusal('invalid_request', 'The Authorization header is not `Bearer`, one space, and one token.');
  return token;
}

/** The common members of Node's HTTP/1 and HTTP/2 requests. */
export interface WithRawHeaders {
  readonly rawHeaders: readonly string[];
  readonly headers: { readonly authorization?: string | undefined };
}

/** Node keeps the first of two Authorization headers in `headers` and drops the second: only `rawHeaders` has both. */
export function authorizationOf({ rawHeaders, headers }: WithRawHeaders): readonly string[] {
  const sent = rawHeaders.filter(
    (_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === 'authorization',
  );
  // A shim may set only `headers`, and an earlier handler may have changed it.
  const filled = memberOf(headers, 'authorization');
  return sent.length > 1 || filled === undefined ? sent : [filled];
}
