/** An answer without a token, reduced to what decides. */

import { retryAfterMs } from '@credex/core/driver';
import type { EntraAnswerError } from './parse-entra-response.js';
import { jsonObject } from './parse-entra-response.js';

export interface AzureFailure {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
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

export function azureFailure({ answer, fault }: EntraAnswerError): AzureFailure {
  const body = jsonObject(answer.body) ?? {};
  const description = textOf(body['error_description']);
  return {
    status: answer.status,
    retryAfterMs: retryAfterMs(answer.headers),
    codes: codesOf(body, description),
    error: textOf(body['error']),
    description,
    challenged: typeof body['claims'] === 'string',
    fault,
  };
}

/** From `error_codes`; where it is missing, from the description. */
function codesOf(body: Fields, description: string | undefined): readonly number[] {
  const listed = body['error_codes'];
  const numbers = Array.isArray(listed) ? listed.filter((code) => typeof code === 'number') : [];
  if (numbers.length > 0) return numbers;
  return [...(description ?? '').slice(0, 4096).matchAll(/AADSTS(\d{4,9})/g)].map(([, code]) => Number(code));
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
