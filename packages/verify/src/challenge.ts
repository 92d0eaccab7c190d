/** The responses to refused requests (RFC 6750, section 3). They reveal nothing about the policy. */

import type { TokenVerificationError } from './errors.js';

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
