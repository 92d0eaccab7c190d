/** What a refused request is answered: RFC 6750, section 3, and nothing that helps to get in. */

import type { TokenVerificationError } from './errors.js';

export interface Answer {
  readonly status: 400 | 401 | 403 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Seconds after which a caller may ask again when the issuer's keys could not be had. */
const RETRY_AFTER_SECONDS = 5;

/**
 * The answer for why a token was not let in. Four fixed bodies by the kind of refusal: no policy, issuer, audience,
 * claim or reason of ours is in it, so that a stolen token's holder learns nothing by trying.
 */
export function answerTo({ code, status }: TokenVerificationError, realm: string | undefined): Answer {
  if (status === 503)
    return answer(503, 'temporarily_unavailable', { 'retry-after': String(RETRY_AFTER_SECONDS) });
  if (status === 403) return challenged(403, 'insufficient_scope', realm);
  if (status === 400) return challenged(400, 'invalid_request', realm);
  if (code !== 'no_token') return challenged(401, 'invalid_token', realm);
  // A request without a token is told how to come, not what was wrong (RFC 6750, section 3).
  return answer(401, 'missing_token', { 'www-authenticate': challenge(realm, undefined) });
}

const challenged = (status: 400 | 401 | 403, error: string, realm: string | undefined): Answer =>
  answer(status, error, { 'www-authenticate': challenge(realm, error) });

function challenge(realm: string | undefined, error: string | undefined): string {
  const parameters = [
    ...(realm === undefined ? [] : [`realm="${realm}"`]),
    ...(error === undefined ? [] : [`error="${error}"`]),
  ];
  return parameters.length === 0 ? 'Bearer' : `Bearer ${parameters.join(', ')}`;
}

function answer(status: Answer['status'], error: string, headers: Readonly<Record<string, string>>): Answer {
  return {
    status,
    headers: { ...headers, 'cache-control': 'no-store', 'content-type': 'application/json' },
    body: JSON.stringify({ error }),
  };
}
