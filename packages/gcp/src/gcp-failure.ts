/** Finds what went wrong inside whatever was thrown: our own error, a raw answer, or one of the SDK's errors. */

import { retryAfterMs } from '@credex/core/driver';
import type { GcpStep } from './gcp-answer-error.js';
import { GcpAnswerError } from './gcp-answer-error.js';

/** An answer that brought no credential, reduced to what decides. */
export interface FailedAnswer {
  /** `undefined` where the error doesn't say which request it was. */
  readonly step: GcpStep | undefined;
  readonly status: number;
  /** OAuth's `error`, or the canonical `status` of a Google API error: `invalid_grant`, `PERMISSION_DENIED`. */
  readonly serverCode: string | undefined;
  /** `reason` of google.rpc.ErrorInfo: `SERVICE_DISABLED`, `IAM_PERMISSION_DENIED`. */
  readonly reason: string | undefined;
  readonly serverMessage: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** Whether a status of 200 came with an answer that can't be understood. */
  readonly unparsable: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * How an HTTP client of the SDK stopped an answer by itself (node-fetch's own words): too long, or a redirect.
 */
export function stoppedAnswer(error: unknown): 'too-long' | 'redirect' | undefined {
  let current: unknown = error;
  for (let depth = 0; depth < 6 && current instanceof Error; depth += 1) {
    const { type, cause, error: wrapped } = current as Error & Fields;
    if (type === 'max-size') return 'too-long';
    if (type === 'no-redirect' || type === 'max-redirect') return 'redirect';
    current = cause ?? wrapped;
  }
  return undefined;
}

/** The answer inside an error; `undefined` where no server answered. */
export function failedAnswer(error: unknown): FailedAnswer | undefined {
  if (error instanceof GcpAnswerError) {
    const { status, headers, body } = error.answer;
    return described(error.step, status, headers, body, error.problem !== undefined);
  }
  const thrown = fields(error);
  // The SDK hangs the answer on the error, and its STS client copies that to the error it throws instead.
  const response = fields(thrown['response']);
  if (isStatus(response['status']))
    return described(
      stepOf(thrown, response),
      response['status'],
      response['headers'],
      response['data'],
      false,
    );
  if (isStatus(thrown['status']) && typeof thrown['body'] === 'string')
    return described(undefined, thrown['status'], thrown['headers'], thrown['body'], false);
  return undefined;
}

function described(
  step: GcpStep | undefined,
  status: number,
  headers: unknown,
  body: unknown,
  unparsable: boolean,
): FailedAnswer {
  // A body that didn't parse is not quoted: it may hold a token.
  const { error, error_description } = unparsable ? {} : jsonFields(body);
  const api = fields(error);
  const details = Array.isArray(api['details']) ? api['details'].map(fields) : [];
  const detail = (type: string): Fields =>
    details.find((item) => item['@type'] === `type.googleapis.com/google.rpc.${type}`) ?? {};
  return {
    step,
    status,
    serverCode: text(error) ?? text(api['status']),
    reason: text(detail('ErrorInfo')['reason']),
    serverMessage: text(error_description) ?? text(api['message']),
    retryAfterMs: retryAfterMs(plainHeaders(headers)) ?? duration(detail('RetryInfo')['retryDelay']),
    unparsable,
  };
}

function stepOf(thrown: Fields, response: Fields): GcpStep | undefined {
  const url = fields(thrown['config'])['url'] ?? fields(response['config'])['url'];
  const address = url instanceof URL ? url.href : text(url);
  if (address === undefined) return undefined;
  return address.includes(':generateAccessToken') ? 'impersonation' : 'token-exchange';
}

/** protobuf's Duration in JSON: `1.500s`. */
function duration(value: unknown): number | undefined {
  const seconds = typeof value === 'string' ? /^(\d{1,7}(?:\.\d{1,9})?)s$/.exec(value) : null;
  return seconds === null ? undefined : Math.ceil(Number(seconds[1]) * 1_000);
}

/** Headers are an object with lower-case names or the platform's `Headers`, depending on who answered. */
function plainHeaders(headers: unknown): Fields {
  return headers instanceof Headers ? Object.fromEntries(headers) : fields(headers);
}

function jsonFields(body: unknown): Fields {
  if (typeof body !== 'string') return fields(body);
  try {
    return fields(JSON.parse(body));
  } catch {
    return {};
  }
}

function isStatus(value: unknown): value is number {
  return Number.isInteger(value);
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
