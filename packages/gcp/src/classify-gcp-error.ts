/**
 * Classifies a failure of the exchange: by Google's reason or OAuth error first, then by the status, then by the step. The
 * README has the table.
 */

import type { FederationErrorCode, PresentedToken } from '@credex/core';
import type { FailedResponse, Meaning, ServerError } from '@credex/core/classify';
import { classifyFailure } from '@credex/core/classify';
import type { ErrorClass, HttpResponse } from '@credex/core/internal';
import { parseJsonObject } from '@credex/core/internal';
import type { HintName } from './hints.js';
import { HINTS, isIamCredentials } from './hints.js';
import { SubjectTokenEndsError } from './parse-token-response.js';
import type { GcpConfiguration } from './types.js';

/** Never throws. A hint never contains text from a server. */
export function classifyGcpError(
  error: unknown,
  presented: PresentedToken | undefined,
  configuration: GcpConfiguration,
): ErrorClass {
  const rules = {
    readServerError,
    meaningOf,
    otherwise: (failed: Failed) => otherwise(failed, configuration),
    meaningOfOther,
    hints: HINTS,
  };
  return classifyFailure(error, rules, { configuration, presented });
}

interface GoogleError extends ServerError {
  /** OAuth's `error`, or the canonical `status` of a Google API error: `invalid_grant`, `PERMISSION_DENIED`. */
  readonly serverCode: string | undefined;
  /** `reason` of google.rpc.ErrorInfo: `SERVICE_DISABLED`, `IAM_PERMISSION_DENIED`. */
  readonly reason: string | undefined;
  /** The permission that the caller lacks, from the metadata of ErrorInfo: `iam.serviceAccounts.getAccessToken`. */
  readonly permission: string | undefined;
  /** True if VPC Service Controls blocked the request, as the reason, a precondition or the message shows. */
  readonly isPerimeter: boolean;
}

type Failed = FailedResponse<GoogleError>;
type Fields = Readonly<Record<string, unknown>>;
type GcpMeaning = Meaning<HintName>;

const never = (code: FederationErrorCode, hint?: HintName): GcpMeaning => ({ code, retry: 'never', hint });

function readServerError({ body }: HttpResponse): GoogleError {
  const { error, error_description } = parseJsonObject(body) ?? {};
  const api = fieldsOf(error);
  const details = Array.isArray(api['details']) ? api['details'].map(fieldsOf) : [];
  const detail = (type: string): Fields =>
    details.find((item) => item['@type'] === `type.googleapis.com/google.rpc.${type}`) ?? {};
  const info = detail('ErrorInfo');
  const reason = textOf(info['reason']);
  const serverMessage = textOf(error_description) ?? textOf(api['message']);
  const violations = detail('PreconditionFailure')['violations'];
  return {
    serverCode: textOf(error) ?? textOf(api['status']),
    reason,
    permission: textOf(fieldsOf(info['metadata'])['permission']),
    isPerimeter:
      reason === 'SECURITY_POLICY_VIOLATED' ||
      (Array.isArray(violations) &&
        violations.some((violation) => fieldsOf(violation)['type'] === 'VPC_SERVICE_CONTROLS')) ||
      /vpcServiceControlsUniqueIdentifier/.test(serverMessage ?? ''),
    serverMessage,
    retryAfterMs: durationMs(detail('RetryInfo')['retryDelay']),
  };
}

/** protobuf's Duration in JSON: `1.500s`. */
function durationMs(value: unknown): number | undefined {
  const seconds = typeof value === 'string' ? /^(\d{1,7}(?:\.\d{1,9})?)s$/.exec(value) : null;
  return seconds === null ? undefined : Math.ceil(Number(seconds[1]) * 1_000);
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The reason in `google.rpc.ErrorInfo` takes precedence over the status, and so does an OAuth error of STS. */
function meaningOf(failed: Failed): GcpMeaning | undefined {
  const { status, reason, isPerimeter, step, serverCode = '' } = failed;
  if (status < 400 || status === 408 || status === 429 || status >= 500) return undefined;
  if (reason === 'RATE_LIMIT_EXCEEDED' || reason === 'RESOURCE_QUOTA_EXCEEDED')
    return { code: 'throttled', retry: 'now' };
  if (isPerimeter) return never('access_denied', 'perimeter');
  // The hints of reasons have the reasons' own names.
  if (reason !== undefined && /^[A-Z_]+$/.test(reason) && Object.hasOwn(HINTS, reason))
    return never('access_denied', reason as HintName);
  const said = status === 403 && reason === undefined ? reasonInMessage(failed.serverMessage) : undefined;
  if (said !== undefined) return never('access_denied', said);
  return !isIamCredentials(step) && Object.hasOwn(BY_OAUTH_ERROR, serverCode)
    ? BY_OAUTH_ERROR[serverCode]?.(unquoted(failed.serverMessage))
    : undefined;
}

/** Some clients and gateways of Google pass on the message without its details. */
function reasonInMessage(serverMessage: string | undefined): HintName | undefined {
  const message = unquoted(serverMessage);
  if (/\bhas not been used in project\b|\bor it is disabled\b/.test(message)) return 'SERVICE_DISABLED';
  return /\bbilling\b.{0,40}\b(?:enabled|disabled)\b/.test(message) ? 'BILLING_DISABLED' : undefined;
}

const BY_OAUTH_ERROR: Readonly<Record<string, (message: string) => GcpMeaning>> = {
  invalid_grant: meaningOfInvalidGrant,
  unauthorized_client: (message) =>
    never('subject_not_allowed', isAboutMapping(message) ? 'mapping' : 'condition'),
  invalid_target: () => never('target_not_found', 'target'),
  invalid_scope: () => never('invalid_request', 'scope'),
  invalid_request: (message) =>
    isAboutMapping(message) ? never('subject_not_allowed', 'mapping') : never('invalid_request', 'target'),
};

/** The server codes that have a meaning of their own, for the tests. */
export const SERVER_CODES: readonly string[] = Object.keys(BY_OAUTH_ERROR);

function meaningOfInvalidGrant(message: string): GcpMeaning {
  if (/\baudiences?\b/.test(message)) return never('audience_mismatch', 'audience');
  // Google returns this message as well for a key id that the issuer does not publish, for some time after a rotation.
  if (/\berror connecting to the given credential's issuer\b/.test(message))
    return {
      code: 'unavailable',
      retry: 'now',
      hint: 'issuerUnreachable',
      retriesAtMost: 2,
      suspectsToken: true,
    };
  if (/\bissuers?\b/.test(message)) return never('issuer_mismatch', 'issuer');
  if (/\b(?:expired|stale|too old)\b/.test(message))
    return { code: 'subject_token_expired', retry: 'fresh-subject', hint: 'expired' };
  if (/\b(?:not yet valid|in the future|not valid before|used too early)\b/.test(message))
    return never('subject_token_not_yet_valid', 'notYetValid');
  if (isAboutMapping(message)) return never('subject_not_allowed', 'mapping');
  return never('token_rejected', 'signature');
}

/** For errors without an OAuth code, STS responds like any other Google API. */
function otherwise(failed: Failed, configuration: GcpConfiguration): GcpMeaning {
  const { status, step } = failed;
  if (isIamCredentials(step)) return otherwiseAtIamCredentials(failed, configuration);
  if (status === 401) return never('token_rejected', 'signature');
  if (status === 403) return never('access_denied', 'condition');
  return status === 404 ? never('target_not_found', 'endpoint') : never('invalid_request', 'endpoint');
}

function otherwiseAtIamCredentials(failed: Failed, configuration: GcpConfiguration): GcpMeaning {
  const { status, step } = failed;
  const isIdToken = step === 'id-token';
  if (status === 401) return never('token_rejected', 'federatedToken');
  if (status === 403) {
    // Google names the permission, but not the account on which it is missing.
    const isLink =
      failed.permission?.endsWith('.implicitDelegation') ?? configuration.delegates !== undefined;
    return never('access_denied', isLink ? 'delegation' : isIdToken ? 'idToken' : 'impersonation');
  }
  if (status === 404)
    return never('target_not_found', configuration.delegates === undefined ? 'serviceAccount' : 'delegation');
  if (status !== 400) return never('invalid_request', 'endpoint');
  if (isIdToken) return never('invalid_request', 'targetAudience');
  // Google often reports only "an invalid argument". A user can get two arguments wrong: the lifetime and the scopes.
  const message = unquoted(failed.serverMessage);
  const isLong = (configuration.lifetimeSeconds ?? 0) > 3_600 && !/\bscopes?\b/.test(message);
  return never('invalid_request', isLong || /\blifetime\b/.test(message) ? 'lifetime' : 'scope');
}

function meaningOfOther(error: unknown): GcpMeaning | undefined {
  return SubjectTokenEndsError.isInstance(error)
    ? { code: 'subject_token_expired', retry: 'fresh-subject', hint: 'endsSoon' }
    : undefined;
}

function isAboutMapping(message: string): boolean {
  return /\bmapped attribute\b|\bbytes limit\b|\bgoogle\.subject\b/.test(message);
}

/** The server's message without quoted values, so that a team named `expired` does not change the classification. */
function unquoted(message: string | undefined): string {
  return (message ?? '')
    .slice(0, 2_000)
    .replace(/\[[^\]]*\]|"[^"]*"|`[^`]*`|\w+:\/\/\S+/g, ' ')
    .toLowerCase();
}
