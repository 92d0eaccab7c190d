/** Parses untrusted input: Entra's token responses, and records of a shared store. */

import type { HttpResponse, ExchangeResult } from '@credex/core/internal';
import { ResponseError, parseJsonObject } from '@credex/core/internal';
import type { AzureCredentials } from './types.js';

/** CAE tokens are valid for up to 28 hours. */
const MAX_CREDENTIAL_LIFETIME_MS = 28 * 3_600_000;

/** One year. A larger value is a mistake of units. */
const MAX_EXPIRES_IN_S = 31_536_000;

/**
 * Parses a token response (RFC 6749, section 5.1, with Entra's `refresh_in`).
 * @param requestedAt when the request was sent, in epoch milliseconds. Lifetimes are counted from here, which is earlier
 *   than the response and therefore safe.
 * @throws ResponseError
 */
export function parseEntraResponse(
  response: HttpResponse,
  requestedAt: number,
): ExchangeResult<AzureCredentials> {
  if (response.status !== 200) throw new ResponseError(response);
  const fault = (words: string): ResponseError => new ResponseError(response, words);
  const body = parseJsonObject(response.body);
  if (body === undefined) throw fault('it is not a JSON object');
  const { access_token: token, token_type: type } = body;
  if (!isToken(token)) throw fault('it has no usable `access_token`');
  // Any other type needs a key or a header that a bearer client does not send.
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer')
    throw fault('its `token_type` is not Bearer');
  const lifetime = seconds(body['expires_in']);
  if (lifetime === undefined) throw fault('its `expires_in` is not a number of seconds');
  const refreshIn = seconds(body['refresh_in']);
  const refreshAt =
    refreshIn === undefined || refreshIn >= lifetime ? undefined : requestedAt + refreshIn * 1000;
  // No serverDate: the lifetime is relative, so the server's clock does not matter.
  const credential = credentials(token, requestedAt + lifetime * 1000, refreshAt);
  return { credential, refreshAt, maxLifetimeMs: MAX_CREDENTIAL_LIFETIME_MS };
}

/** @throws TypeError if the record of a shared store is not an Azure credential */
export function parseStoredAzureCredentials(record: unknown): AzureCredentials {
  const { token, expiresAt, expiresOnTimestamp, refreshAfterTimestamp } = (record ?? {}) as Readonly<
    Record<string, unknown>
  >;
  if (
    !isToken(token) ||
    !isInstant(expiresAt) ||
    expiresOnTimestamp !== expiresAt ||
    !(refreshAfterTimestamp === undefined || isInstant(refreshAfterTimestamp))
  )
    throw new TypeError('The record is not an Azure credential.');
  return credentials(token, expiresAt, refreshAfterTimestamp);
}

/** A new object for the caller, made from a cached record. */
export function azureCredentialsOf(record: AzureCredentials): AzureCredentials {
  const { token, expiresOnTimestamp, expiresAt, refreshAfterTimestamp } = record;
  return refreshAfterTimestamp === undefined
    ? { token, expiresOnTimestamp, expiresAt }
    : { token, expiresOnTimestamp, expiresAt, refreshAfterTimestamp };
}

function credentials(token: string, expiresAt: number, refreshAt: number | undefined): AzureCredentials {
  const record = { token, expiresOnTimestamp: expiresAt, expiresAt };
  return Object.freeze(refreshAt === undefined ? record : { ...record, refreshAfterTimestamp: refreshAt });
}

/** True for the characters that an Authorization header allows. */
function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);
}

/** A positive whole number of seconds. Entra's older endpoints write it as text. */
function seconds(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number > 0 && number <= MAX_EXPIRES_IN_S
    ? number
    : undefined;
}

function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}
