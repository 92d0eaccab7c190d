/** What STS and IAM Credentials answer, parsed as untrusted. */

import type { HttpAnswer } from '@credex/core/driver';
import { parseJson } from '@credex/core/driver';
import type { GcpStep } from './gcp-answer-error.js';
import { GcpAnswerError } from './gcp-answer-error.js';

const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';

/** The answer of the token exchange (RFC 8693, section 2.2.1). */
export interface StsToken {
  readonly accessToken: string;
  /** `undefined` where the response names no lifetime: it is optional in RFC 8693, and Google leaves it out at times. */
  readonly expiresInSeconds: number | undefined;
}

/** The answer of `generateAccessToken`. */
export interface ServiceAccountToken {
  readonly accessToken: string;
  /** Epoch milliseconds, by the server's clock. */
  readonly expireTime: number;
}

/** @throws GcpAnswerError */
export function parseStsResponse(answer: HttpAnswer): StsToken {
  const refuse = refusal('token-exchange', answer);
  const { access_token, issued_token_type, token_type, expires_in } = jsonObject(answer, refuse);
  if (!isToken(access_token)) return refuse('has no access_token');
  if (typeof token_type !== 'string' || token_type.toLowerCase() !== 'bearer')
    return refuse('has a token_type other than Bearer');
  if (issued_token_type !== undefined && issued_token_type !== ACCESS_TOKEN_TYPE)
    return refuse('has an issued_token_type that is no access token');
  if (expires_in === undefined) return { accessToken: access_token, expiresInSeconds: undefined };
  // Some write it as text.
  const isDigits = typeof expires_in === 'string' && /^\d{1,9}$/.test(expires_in);
  const seconds = isDigits ? Number(expires_in) : expires_in;
  if (typeof seconds !== 'number' || !(seconds > 0 && seconds < 1e9))
    return refuse('has no expires_in that could be a lifetime');
  return { accessToken: access_token, expiresInSeconds: seconds };
}

/** The longest that Google lets a federated access token live, and the subject token's own end. */
const FEDERATED_SECONDS = 3_600;

/**
 * When a federated access token ends, epoch milliseconds. Without `expires_in` it is bounded by the end of the subject
 * token and by an hour, on the safe side; google-auth-library would keep it for ever.
 * @param askedAt when the request was sent, epoch milliseconds
 */
export function federatedEnd({ expiresInSeconds }: StsToken, askedAt: number, subjectEnd: number): number {
  return expiresInSeconds === undefined
    ? Math.min(askedAt + FEDERATED_SECONDS * 1_000, subjectEnd)
    : askedAt + Math.floor(expiresInSeconds * 1_000);
}

/** @throws GcpAnswerError */
export function parseGenerateAccessTokenResponse(answer: HttpAnswer): ServiceAccountToken {
  const refuse = refusal('impersonation', answer);
  const { accessToken, expireTime } = jsonObject(answer, refuse);
  if (!isToken(accessToken)) return refuse('has no accessToken');
  const expires = typeof expireTime === 'string' ? timestamp(expireTime) : undefined;
  if (expires === undefined) return refuse('has no expireTime that is a time');
  return { accessToken, expireTime: expires };
}

type Refusal = (problem: string) => never;

function refusal(step: GcpStep, answer: HttpAnswer): Refusal {
  return (problem) => {
    throw new GcpAnswerError(step, answer, `The answer of the ${step} ${problem}.`);
  };
}

function jsonObject({ body }: HttpAnswer, refuse: Refusal): Readonly<Record<string, unknown>> {
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

/** What may stand in an Authorization header; everything else is no token. */
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
