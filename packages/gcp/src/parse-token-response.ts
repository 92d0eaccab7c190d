/** Parses the responses of STS and IAM Credentials, as untrusted input. */

import type { HttpResponse } from '@credex/core/internal';
import { parseJson } from '@credex/core/internal';
import type { GcpStep } from './gcp-response-error.js';
import { GcpResponseError } from './gcp-response-error.js';

const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';

/** The response of the token exchange (RFC 8693, section 2.2.1). */
export interface StsToken {
  readonly accessToken: string;
  /** `undefined` if the response has no lifetime: RFC 8693 makes it optional, and Google sometimes omits it. */
  readonly expiresInSeconds: number | undefined;
}

/** The response of `generateAccessToken`. */
export interface ServiceAccountToken {
  readonly accessToken: string;
  /** Epoch milliseconds, by the server's clock. */
  readonly expireTime: number;
}

/** @throws GcpAnswerError */
export function parseStsResponse(response: HttpResponse): StsToken {
  const refuse = refusal('token-exchange', response);
  const { access_token, issued_token_type, token_type, expires_in } = jsonObject(response, refuse);
  if (!isToken(access_token)) return refuse('has no access_token');
  if (typeof token_type !== 'string' || token_type.toLowerCase() !== 'bearer')
    return refuse('has a token_type other than Bearer');
  if (issued_token_type !== undefined && issued_token_type !== ACCESS_TOKEN_TYPE)
    return refuse('has an issued_token_type other than access_token');
  if (expires_in === undefined) return { accessToken: access_token, expiresInSeconds: undefined };
  // Some servers write it as text.
  const isDigits = typeof expires_in === 'string' && /^\d{1,9}$/.test(expires_in);
  const seconds = isDigits ? Number(expires_in) : expires_in;
  if (typeof seconds !== 'number' || !(seconds > 0 && seconds < 1e9))
    return refuse('has no expires_in that is a valid number of seconds');
  return { accessToken: access_token, expiresInSeconds: seconds };
}

/** The maximum lifetime of a federated access token, in seconds. */
const FEDERATED_SECONDS = 3_600;

/**
 * The expiry of a federated access token in epoch milliseconds. Without `expires_in`, it is the expiry of the subject
 * token or one hour, whichever is earlier; google-auth-library would cache the token forever.
 * @param requestedAt when the request was sent, in epoch milliseconds
 */
export function federatedExpiry(
  { expiresInSeconds }: StsToken,
  requestedAt: number,
  subjectEnd: number,
): number {
  return expiresInSeconds === undefined
    ? Math.min(requestedAt + FEDERATED_SECONDS * 1_000, subjectEnd)
    : requestedAt + Math.floor(expiresInSeconds * 1_000);
}

/** @throws GcpAnswerError */
export function parseGenerateAccessTokenResponse(response: HttpResponse): ServiceAccountToken {
  const refuse = refusal('impersonation', response);
  const { accessToken, expireTime } = jsonObject(response, refuse);
  if (!isToken(accessToken)) return refuse('has no accessToken');
  const expires = typeof expireTime === 'string' ? timestamp(expireTime) : undefined;
  if (expires === undefined) return refuse('has no expireTime that is a valid time');
  return { accessToken, expireTime: expires };
}

type Refusal = (problem: string) => never;

function refusal(step: GcpStep, response: HttpResponse): Refusal {
  return (problem) => {
    throw new GcpResponseError(step, response, `The response to the ${step} ${problem}.`);
  };
}

function jsonObject({ body }: HttpResponse, refuse: Refusal): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = parseJson(body);
  } catch {
    return refuse('is not JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return refuse('is not a JSON object');
  return parsed as Readonly<Record<string, unknown>>;
}

/** True for the characters that an Authorization header allows. */
export function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,16384}$/.test(value);
}

/** RFC 3339, up to nanoseconds (protobuf's Timestamp in JSON). */
function timestamp(text: string): number | undefined {
  const shape = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,3})?\d{0,6}(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (shape === null) return undefined;
  const time = Date.parse(`${shape[1]}${shape[2] ?? ''}${shape[3]}`);
  return Number.isNaN(time) ? undefined : time;
}
