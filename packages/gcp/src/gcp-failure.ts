/** An error response of Google, reduced to the fields that classify it. */

import { parseJson, retryAfterMs } from '@credex/core/internal';
import type { GcpResponseError, GcpStep } from './gcp-response-error.js';

export interface FailedResponse {
  readonly step: GcpStep;
  readonly status: number;
  /** OAuth's `error`, or the canonical `status` of a Google API error: `invalid_grant`, `PERMISSION_DENIED`. */
  readonly serverCode: string | undefined;
  /** `reason` of google.rpc.ErrorInfo: `SERVICE_DISABLED`, `IAM_PERMISSION_DENIED`. */
  readonly reason: string | undefined;
  /** True if VPC Service Controls blocked the request, as the reason, a precondition or the message shows. */
  readonly isPerimeter: boolean;
  readonly serverMessage: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** True for a response of status 200 that cannot be parsed. */
  readonly unparsable: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

export function failedResponse({ step, response, problem }: GcpResponseError): FailedResponse {
  const unparsable = problem !== undefined;
  // A body that did not parse is not quoted: it may contain a token.
  const { error, error_description } = unparsable ? {} : jsonFields(response.body);
  const api = fields(error);
  const details = Array.isArray(api['details']) ? api['details'].map(fields) : [];
  const detail = (type: string): Fields =>
    details.find((item) => item['@type'] === `type.googleapis.com/google.rpc.${type}`) ?? {};
  const reason = text(detail('ErrorInfo')['reason']);
  const serverMessage = text(error_description) ?? text(api['message']);
  const violations = detail('PreconditionFailure')['violations'];
  return {
    step,
    status: response.status,
    serverCode: text(error) ?? text(api['status']),
    reason,
    isPerimeter:
      reason === 'SECURITY_POLICY_VIOLATED' ||
      (Array.isArray(violations) &&
        violations.some((violation) => fields(violation)['type'] === 'VPC_SERVICE_CONTROLS')) ||
      /vpcServiceControlsUniqueIdentifier/.test(serverMessage ?? ''),
    serverMessage,
    retryAfterMs: retryAfterMs(response.headers) ?? duration(detail('RetryInfo')['retryDelay']),
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
    // Not JSON: the status alone classifies the response.
    return {};
  }
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
