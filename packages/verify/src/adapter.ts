/** The part that all adapters share: turns the headers of a request into the claims of its caller, or into a refusal. */

import { adapterOptions, type VercelTokenOptions } from './adapter-options.js';
import type { VercelTokenClaims } from './contract.js';
import { TokenVerificationError, refusal } from './errors.js';
import { callListener, memberOf } from '@credex/core/internal';

// Reads the bearer token of a request, exactly as RFC 6750 defines it.

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
interface WithRawHeaders {
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

// The responses to refused requests (RFC 6750, section 3). They reveal nothing about the policy.

export interface RefusalResponse {
  readonly status: 400 | 401 | 403 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Seconds after which a caller may retry if the issuer's keys could not be fetched. */
const RETRY_AFTER_SECONDS = 5;

/**
 * Returns the response for an error. There is one fixed body for each kind of refusal, without the policy, the issuer, the
 * audience, a claim or the reason, so that the holder of a stolen token learns nothing.
 */
export function refusalResponse(
  { code, status }: TokenVerificationError,
  realm: string | undefined,
): RefusalResponse {
  if (status === 503)
    return response(503, 'temporarily_unavailable', { 'retry-after': String(RETRY_AFTER_SECONDS) });
  if (status === 403) return challenged(403, 'insufficient_scope', realm);
  if (status === 400) return challenged(400, 'invalid_request', realm);
  if (code !== 'no_token') return challenged(401, 'invalid_token', realm);
  // For a request without a token, the challenge has no error (RFC 6750, section 3).
  return response(401, 'missing_token', { 'www-authenticate': challenge(realm, undefined) });
}

const challenged = (status: 400 | 401 | 403, error: string, realm: string | undefined): RefusalResponse =>
  response(status, error, { 'www-authenticate': challenge(realm, error) });

function challenge(realm: string | undefined, error: string | undefined): string {
  const parameters = [
    ...(realm === undefined ? [] : [`realm="${realm}"`]),
    ...(error === undefined ? [] : [`error="${error}"`]),
  ];
  return parameters.length === 0 ? 'Bearer' : `Bearer ${parameters.join(', ')}`;
}

function response(
  status: RefusalResponse['status'],
  error: string,
  headers: Readonly<Record<string, string>>,
): RefusalResponse {
  return {
    status,
    headers: { ...headers, 'cache-control': 'no-store', 'content-type': 'application/json' },
    body: JSON.stringify({ error }),
  };
}

type Admission =
  | { readonly claims: VercelTokenClaims; readonly refusal?: undefined }
  | { readonly claims?: undefined; readonly refusal: RefusalResponse };

/**
 * Returns the claims of a request, or the response that refuses it. `authorization`: all Authorization headers.
 *
 * Rejects if the verifier throws an error other than a TokenVerificationError. The framework handles such an error.
 */
type RequestGuard<R> = (authorization: readonly string[], request: R) => Promise<Admission>;

/** @throws OptionError if an option is wrong. */
export function createRequestGuard<R>(options: VercelTokenOptions<R>): RequestGuard<R> {
  const { verifier, realm, onRefused } = adapterOptions(options);

  async function claimsOf(authorization: readonly string[]): Promise<VercelTokenClaims> {
    const claims: unknown = await verifier.verify(bearerToken(authorization));
    if (typeof claims === 'object' && claims !== null) return claims as VercelTokenClaims;
    throw new TypeError(
      'The verifier resolved without claims. It must reject a token that it does not accept.',
    );
  }

  return async (authorization, request) => {
    try {
      return { claims: await claimsOf(authorization) };
    } catch (error) {
      if (!TokenVerificationError.isInstance(error)) throw defectOf(error);
      // As the docstring of onRefused says: a failing log must not prevent the response.
      callListener((refused: TokenVerificationError) => onRefused?.(refused, request), error);
      return { refusal: refusalResponse(error, realm) };
    }
  };
}

/** Always an Error: `next(undefined)` and `next('route')` would make Express continue. */
const defectOf = (thrown: unknown): Error =>
  thrown instanceof Error
    ? thrown
    : new Error('The verifier rejected with a value that is not an Error.', { cause: thrown });

/** Sets `request.vercelToken`, replacing a property of that name. */
export function setClaims(request: object, claims: VercelTokenClaims): void {
  Object.defineProperty(request, 'vercelToken', {
    value: claims,
    enumerable: true,
    // A second guard on an inner route may be stricter; its claims replace these.
    configurable: true,
    writable: false,
  });
}
