/** Parses untrusted input: the responses of STS and IAM Credentials, and records of a shared store. */

import type { HttpResponse } from '@credex/core/internal';
import { ResponseError, parseJsonObject } from '@credex/core/internal';
import type { GcpCredentials } from './types.js';

/** The requests of an exchange: the `step` of a ResponseError. Those after the first go to IAM Credentials. */
export type GcpStep = 'token-exchange' | 'impersonation' | 'id-token';

/** The federated access token expires within seconds, because its subject token does. */
export class SubjectTokenEndsError extends Error {
  override readonly name = 'SubjectTokenEndsError';

  /** Compares names, not classes: the classifier is a separate bundle with its own copy of this class. */
  static isInstance(error: unknown): boolean {
    return error instanceof Error && error.name === 'SubjectTokenEndsError';
  }
}

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

/** @throws ResponseError */
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

/** @throws ResponseError */
export function parseGenerateAccessTokenResponse(response: HttpResponse): ServiceAccountToken {
  const refuse = refusal('impersonation', response);
  const { accessToken, expireTime } = jsonObject(response, refuse);
  if (!isToken(accessToken)) return refuse('has no accessToken');
  const expires = typeof expireTime === 'string' ? timestamp(expireTime) : undefined;
  if (expires === undefined) return refuse('has no expireTime that is a valid time');
  return { accessToken, expireTime: expires };
}

/**
 * @param serviceAccountEmail The principal that the credential must be of. Left out: every principal will do.
 * @throws TypeError if the record is not a credential of Google Cloud.
 */
export function parseStoredGcpCredentials(record: unknown, serviceAccountEmail?: string): GcpCredentials {
  const { accessToken, expiresAt, principal } = (record ?? {}) as Partial<Record<string, unknown>>;
  if (
    !isToken(accessToken) ||
    typeof expiresAt !== 'number' ||
    !Number.isFinite(expiresAt) ||
    typeof principal !== 'string' ||
    principal !== (serviceAccountEmail ?? principal)
  ) {
    throw new TypeError('The record is not a credential of Google Cloud.');
  }
  return Object.freeze({ accessToken, expiresAt, principal });
}

/** A new object for the caller, made from a cached record. */
export function gcpCredentialsOf({ accessToken, expiresAt, principal }: GcpCredentials): GcpCredentials {
  return { accessToken, expiresAt, principal };
}

type Refusal = (fault: string) => never;

function refusal(step: GcpStep, response: HttpResponse): Refusal {
  return (fault) => {
    throw new ResponseError(response, `it ${fault}`, step);
  };
}

function jsonObject({ body }: HttpResponse, refuse: Refusal): Readonly<Record<string, unknown>> {
  return parseJsonObject(body) ?? refuse('is not a JSON object');
}

/** True for the characters that an Authorization header allows. */
function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,16384}$/.test(value);
}

/** RFC 3339, up to nanoseconds (protobuf's Timestamp in JSON). */
function timestamp(text: string): number | undefined {
  const shape = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,3})?\d{0,6}(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (shape === null) return undefined;
  const time = Date.parse(`${shape[1]}${shape[2] ?? ''}${shape[3]}`);
  return Number.isNaN(time) ? undefined : time;
}
