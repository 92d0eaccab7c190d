/** Parses untrusted input: Entra's token and error responses, and records of a shared store. */

import { FederationError } from '@credex/core';
import type { HttpResponse, ExchangeResult } from '@credex/core/internal';
import { parseJson } from '@credex/core/internal';
import type { AzureCredentials } from './types.js';

/** A response without a usable token. Only `classifyAzureError` reads its body. */
export class EntraResponseError extends Error {
  override readonly name = 'EntraAnswerError';
  readonly response: HttpResponse;
  /** What is wrong with a response of status 200, in our words. */
  readonly fault: string | undefined;

  constructor(response: HttpResponse, fault?: string) {
    super(`Entra responded with status ${response.status}${fault === undefined ? '' : `, but ${fault}`}.`);
    this.response = response;
    this.fault = fault;
  }

  /** Compares names, not classes: the classifier is a separate bundle with its own copy of this class. */
  static isInstance(error: unknown): error is EntraResponseError {
    return error instanceof Error && error.name === 'EntraAnswerError';
  }
}

/** CAE tokens are valid for up to 28 hours. */
const MAX_CREDENTIAL_LIFETIME_MS = 28 * 3_600_000;

/** One year. A larger value is a mistake of units. */
const MAX_EXPIRES_IN_S = 31_536_000;

/**
 * Parses a token response (RFC 6749, section 5.1, with Entra's `refresh_in`).
 * @param requestedAt when the request was sent, in epoch milliseconds. Lifetimes are counted from here, which is earlier
 *   than the response and therefore safe.
 * @throws EntraAnswerError
 */
export function parseEntraResponse(
  response: HttpResponse,
  requestedAt: number,
): ExchangeResult<AzureCredentials> {
  if (response.status !== 200) throw new EntraResponseError(response);
  const fault = (words: string): EntraResponseError => new EntraResponseError(response, words);
  const body = jsonObject(response.body);
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

/** Parses a record of a shared store. Throws if it is not an Azure credential. */
export function parseStoredAzureCredentials(record: unknown): AzureCredentials {
  if (typeof record !== 'object' || record === null) throw notARecord();
  const { token, expiresAt, expiresOnTimestamp, refreshAfterTimestamp } = record as Record<string, unknown>;
  if (!isToken(token) || !isInstant(expiresAt)) throw notARecord();
  if (expiresOnTimestamp !== expiresAt) throw notARecord();
  if (refreshAfterTimestamp !== undefined && !isInstant(refreshAfterTimestamp)) throw notARecord();
  return credentials(token, expiresAt, refreshAfterTimestamp);
}

/** A new object for the caller, made from a cached record. */
export function azureCredentialsOf(record: AzureCredentials): AzureCredentials {
  const { token, expiresOnTimestamp, expiresAt, refreshAfterTimestamp } = record;
  return refreshAfterTimestamp === undefined
    ? { token, expiresOnTimestamp, expiresAt }
    : { token, expiresOnTimestamp, expiresAt, refreshAfterTimestamp };
}

/** Parses the text as a JSON object; `undefined` if it is not one. */
export function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed = parseJson(text);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Readonly<Record<string, unknown>>;
  } catch {
    // Not JSON: `undefined` is returned below.
  }
  return undefined;
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

function notARecord(): FederationError {
  return new FederationError({
    code: 'invalid_response',
    provider: 'azure',
    message: 'A stored record is not an Azure credential.',
  });
}
