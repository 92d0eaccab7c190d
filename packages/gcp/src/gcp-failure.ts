/** An answer that brought no credential, reduced to what decides. */

import { parseJson, retryAfterMs } from '@credex/core/driver';
import type { GcpAnswerError, GcpStep } from './gcp-answer-error.js';

export interface FailedAnswer {
  readonly step: GcpStep;
  readonly status: number;
  /** OAuth's `error`, or the canonical `status` of a Google API error: `invalid_grant`, `PERMISSION_DENIED`. */
  readonly serverCode: string | undefined;
  /** `reason` of google.rpc.ErrorInfo: `SERVICE_DISABLED`, `IAM_PERMISSION_DENIED`. */
  readonly reason: string | undefined;
  /** VPC Service Controls refused the request: by reason, by a precondition, or by the message alone. */
  readonly isPerimeter: boolean;
  readonly serverMessage: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** Whether a status of 200 came with an answer that can't be understood. */
  readonly unparsable: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

export function failedAnswer({ step, answer, problem }: GcpAnswerError): FailedAnswer {
  const unparsable = problem !== undefined;
  // A body that didn't parse is not quoted: it may hold a token.
  const { error, error_description } = unparsable ? {} : jsonFields(answer.body);
  const api = fields(error);
  const details = Array.isArray(api['details']) ? api['details'].map(fields) : [];
  const detail = (type: string): Fields =>
    details.find((item) => item['@type'] === `type.googleapis.com/google.rpc.${type}`) ?? {};
  const reason = text(detail('ErrorInfo')['reason']);
  const serverMessage = text(error_description) ?? text(api['message']);
  const violations = detail('PreconditionFailure')['violations'];
  return {
    step,
    status: answer.status,
    serverCode: text(error) ?? text(api['status']),
    reason,
    isPerimeter:
      reason === 'SECURITY_POLICY_VIOLATED' ||
      (Array.isArray(violations) &&
        violations.some((violation) => fields(violation)['type'] === 'VPC_SERVICE_CONTROLS')) ||
      /vpcServiceControlsUniqueIdentifier/.test(serverMessage ?? ''),
    serverMessage,
    retryAfterMs: retryAfterMs(answer.headers) ?? duration(detail('RetryInfo')['retryDelay']),
    unparsable,
  };
}

/** protobuf's Duration in JSON: `1.500s`. */
function duration(value: unknown): number | undefined {
  const seconds = typeof value === 'string' ? /^(\d{1,7}(?:\.\d{1,9})?)s$/.exec(value) : null;
  return seconds === null ? undefined : Math.ceil(Number(seconds[1]) * 1_000);
}

function jsonFields(body: string): Fields {
  try {
    return fields(parseJson(body));
  } catch {
    // What says nothing is judged by its status.
    return {};
  }
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
