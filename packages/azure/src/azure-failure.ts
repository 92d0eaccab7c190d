/** An error response of Entra, reduced to the fields that classify it. */

import { retryAfterMs } from '@credex/core/internal';
import type { EntraResponseError } from './parse-entra-response.js';
import { jsonObject } from './parse-entra-response.js';

export interface AzureFailure {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  /** The `AADSTS…` numbers. The first one is the cause. */
  readonly codes: readonly number[];
  /** The OAuth error code, such as `invalid_client`. */
  readonly error: string | undefined;
  readonly description: string | undefined;
  /** True if Entra returned a claims challenge, which only an interactive sign-in can satisfy. */
  readonly challenged: boolean;
  /** What is wrong with a response of status 200. */
  readonly fault: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

export function azureFailure({ response, fault }: EntraResponseError): AzureFailure {
  const body = jsonObject(response.body) ?? {};
  const description = textOf(body['error_description']);
  return {
    status: response.status,
    retryAfterMs: retryAfterMs(response.headers),
    codes: codesOf(body, description),
    error: textOf(body['error']),
    description,
    challenged: typeof body['claims'] === 'string',
    fault,
  };
}

/** Reads `error_codes`, or the description if that field is missing. */
function codesOf(body: Fields, description: string | undefined): readonly number[] {
  const listed = body['error_codes'];
  const numbers = Array.isArray(listed) ? listed.filter((code) => typeof code === 'number') : [];
  if (numbers.length > 0) return numbers;
  return [...(description ?? '').slice(0, 4096).matchAll(/AADSTS(\d{4,9})/g)].map(([, code]) => Number(code));
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
