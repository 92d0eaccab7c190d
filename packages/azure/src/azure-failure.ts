/** What went wrong, dug out of each shape it comes in: an HTTP answer, the SDK's errors, a socket's. */

import type { HttpAnswer } from '@credex/core/driver';
import { EntraAnswerError, jsonObject } from './parse-entra-response.js';

/** One normal form of a failure. */
export interface AzureFailure {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  /** The numbers of `AADSTS…`, the first is the cause. */
  readonly codes: readonly number[];
  /** The OAuth error code, such as `invalid_client`. */
  readonly error: string | undefined;
  readonly description: string | undefined;
  /** Entra asked for claims that only a person at a browser could bring. */
  readonly challenged: boolean;
  /** What is wrong with an answer of status 200. */
  readonly fault: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

export function azureFailure(error: unknown): AzureFailure {
  const chain = causes(error);
  const answer = firstOf(chain, answerOf);
  const body = firstOf(chain, bodyOf) ?? (answer === undefined ? undefined : jsonObject(answer.body));
  const description = body === undefined ? firstOf(chain, described) : textOf(body['error_description']);
  return {
    status: answer?.status ?? firstOf(chain, statusOf),
    headers: answer?.headers ?? {},
    codes: codesOf(body, description),
    error: textOf(body?.['error']) ?? firstOf(chain, msalCode),
    description,
    challenged: typeof body?.['claims'] === 'string',
    fault: firstOf(chain, (link) => (link instanceof EntraAnswerError ? link.fault : undefined)),
  };
}

/** The error and what caused it, five deep: the SDKs wrap sockets' errors once or twice. */
function causes(error: unknown): readonly Fields[] {
  const chain: Fields[] = [];
  for (let link = error; typeof link === 'object' && link !== null && chain.length < 5;) {
    chain.push(link as Fields);
    link = (link as Fields)['cause'];
  }
  return chain;
}

/** Our own refusal, a plain answer, or the response of a RestError of the Azure pipeline. */
function answerOf(link: Fields): HttpAnswer | undefined {
  const held = link instanceof EntraAnswerError ? link.answer : (link['response'] ?? link);
  if (!isObject(held) || !isStatus(held['status'])) return undefined;
  const body = held['body'] ?? held['bodyAsText'];
  if (typeof body !== 'string') return undefined;
  const headers = held['headers'];
  const raw = isObject(headers) && typeof headers['toJSON'] === 'function' ? headers.toJSON() : headers;
  return { status: held['status'], headers: (isObject(raw) ? raw : {}) as HttpAnswer['headers'], body };
}

/** AuthenticationError of @azure/identity keeps the body's fields under names of its own. */
function bodyOf(link: Fields): Fields | undefined {
  const held = link['errorResponse'];
  if (!isObject(held)) return undefined;
  return {
    error: held['error'],
    error_description: held['errorDescription'],
    error_codes: held['errorCodes'],
  };
}

/** ServerError of MSAL has `errorMessage`; the other errors of @azure/identity have the words only. */
function described(link: Fields): string | undefined {
  const text = textOf(link['errorMessage']) ?? textOf(link['message']);
  return text !== undefined && /AADSTS\d/.test(text) ? text : undefined;
}

function msalCode(link: Fields): string | undefined {
  return textOf(link['errorCode']);
}

function statusOf(link: Fields): number | undefined {
  const status = link['statusCode'] ?? link['status'] ?? link['httpStatus'];
  return isStatus(status) ? status : undefined;
}

/** From `error_codes`; where it is missing, from the description. */
function codesOf(body: Fields | undefined, description: string | undefined): readonly number[] {
  const listed = body?.['error_codes'];
  const numbers = Array.isArray(listed) ? listed.filter((code) => typeof code === 'number') : [];
  if (numbers.length > 0) return numbers;
  return [...(description ?? '').slice(0, 4096).matchAll(/AADSTS(\d{4,9})/g)].map(([, code]) => Number(code));
}

function firstOf<T>(chain: readonly Fields[], read: (link: Fields) => T | undefined): T | undefined {
  for (const link of chain) {
    const found = read(link);
    if (found !== undefined) return found;
  }
  return undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isStatus(value: unknown): value is number {
  return Number.isInteger(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
