/** Entra's answers, parsed as untrusted: a token, a refusal, and what a shared store gives back. */

import { FederationError } from '@credex/core';
import type { HttpAnswer, Issued } from '@credex/core/driver';
import { parseJson } from '@credex/core/driver';
import type { AzureCredentials } from './azure-types.js';

/** An answer without a token that could be used. Its body is read by `classifyAzureError` alone. */
export class EntraAnswerError extends Error {
  override readonly name = 'EntraAnswerError';
  readonly answer: HttpAnswer;
  /** What is wrong with an answer of status 200, in words of ours. */
  readonly fault: string | undefined;

  constructor(answer: HttpAnswer, fault?: string) {
    super(`Entra answered with status ${answer.status}${fault === undefined ? '' : `, but ${fault}`}.`);
    this.answer = answer;
    this.fault = fault;
  }

  /** By name: what reads errors is loaded apart, with a copy of this class. */
  static isInstance(error: unknown): error is EntraAnswerError {
    return error instanceof Error && error.name === 'EntraAnswerError';
  }
}

/** Continuous access evaluation issues tokens for 24 hours, and somewhat more. */
const LONGEST_MS = 28 * 3_600_000;

/** A year: more is not a lifetime but a mistake of units. */
const MAX_LIFETIME_S = 31_536_000;

/**
 * A token answer (RFC 6749, section 5.1, with Entra's `refresh_in`).
 * @param askedAt when the request was sent, epoch milliseconds: lifetimes are counted from there, on the safe side
 * @throws EntraAnswerError
 */
export function parseEntraResponse(answer: HttpAnswer, askedAt: number): Issued<AzureCredentials> {
  if (answer.status !== 200) throw new EntraAnswerError(answer);
  const fault = (words: string): EntraAnswerError => new EntraAnswerError(answer, words);
  const body = jsonObject(answer.body);
  if (body === undefined) throw fault('it is not a JSON object');
  const { access_token: token, token_type: type } = body;
  if (!isToken(token)) throw fault('it has no `access_token` that could stand in a header');
  // Any other type needs a key or a header of its own that a bearer client doesn't send.
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer')
    throw fault('its `token_type` is not Bearer');
  const lifetime = seconds(body['expires_in']);
  if (lifetime === undefined) throw fault('its `expires_in` is no number of seconds');
  const refreshIn = seconds(body['refresh_in']);
  const refreshAt = refreshIn === undefined || refreshIn >= lifetime ? undefined : askedAt + refreshIn * 1000;
  // No serverDate: the lifetime is relative, so the server's clock has no part in it.
  const credential = credentials(token, askedAt + lifetime * 1000, refreshAt);
  return { credential, refreshAt, longestMs: LONGEST_MS };
}

/** A record of a shared store. Throws where it isn't one of these credentials. */
export function reviveAzureCredentials(record: unknown): AzureCredentials {
  if (typeof record !== 'object' || record === null) throw notARecord();
  const { token, expiresAt, expiresOnTimestamp, refreshAfterTimestamp } = record as Record<string, unknown>;
  if (!isToken(token) || !isInstant(expiresAt)) throw notARecord();
  if (expiresOnTimestamp !== expiresAt) throw notARecord();
  if (refreshAfterTimestamp !== undefined && !isInstant(refreshAfterTimestamp)) throw notARecord();
  return credentials(token, expiresAt, refreshAfterTimestamp);
}

/** The caller's object of a cached record. */
export function azureCredentialsOf(record: AzureCredentials): AzureCredentials {
  const { token, expiresOnTimestamp, expiresAt, refreshAfterTimestamp } = record;
  return refreshAfterTimestamp === undefined
    ? { token, expiresOnTimestamp, expiresAt }
    : { token, expiresOnTimestamp, expiresAt, refreshAfterTimestamp };
}

/** The text as a JSON object; `undefined` where it is none. */
export function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed = parseJson(text);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Readonly<Record<string, unknown>>;
  } catch {
    // Not JSON: said by the undefined below.
  }
  return undefined;
}

function credentials(token: string, expiresAt: number, refreshAt: number | undefined): AzureCredentials {
  const record = { token, expiresOnTimestamp: expiresAt, expiresAt };
  return Object.freeze(refreshAt === undefined ? record : { ...record, refreshAfterTimestamp: refreshAt });
}

/** What may stand in an Authorization header; everything else is no token. */
function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);
}

/** Whole seconds, more than none; Entra's older endpoints write them as text. */
function seconds(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number > 0 && number <= MAX_LIFETIME_S
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
