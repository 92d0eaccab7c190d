/**
 * What the errors of STS mean: by its error code first, since STS throttles with status 400, then by the status. The codes have
 * no suffix `Exception` here.
 */

import type { FederationErrorCode } from '@credex/core';
import type { FailedResponse, Meaning, ServerError } from '@credex/core/classify';
import type { HttpResponse } from '@credex/core/internal';
import { parseJsonObject } from '@credex/core/internal';
import type { HintName } from './hints.js';
import { isJson } from './parse-sts-response.js';
import { characterOf } from './sts-xml.js';

type AwsMeaning = Meaning<HintName>;
export type Failed = FailedResponse<ServerError>;

const never = (code: FederationErrorCode, hint?: HintName | 'unreadable'): AwsMeaning => ({
  code,
  retry: 'never',
  hint,
});
const now = (code: FederationErrorCode, hint?: HintName): AwsMeaning => ({ code, retry: 'now', hint });

/**
 * `<ErrorResponse><Error>…`, or a bare `<Error>…` as some implementations send, or `{"Error":…}` if something between here
 * and STS asked for JSON.
 */
export function readServerError({ body }: HttpResponse): ServerError {
  const { code, message } = isJson(body) ? jsonError(body) : xmlError(body);
  return { serverCode: code?.replace(/Exception$/, ''), serverMessage: message };
}

interface StsError {
  readonly code: string | undefined;
  readonly message: string | undefined;
}

function xmlError(body: string): StsError {
  const text = body.slice(0, 65_536);
  const begin = text.search(/<Error[\s>]/);
  const error = begin === -1 ? '' : text.slice(begin);
  return {
    code: elementOf(error, 'Code'),
    message: elementOf(error, 'Message') ?? elementOf(error, 'message'),
  };
}

function jsonError(body: string): StsError {
  const error = (parseJsonObject(body)?.['Error'] ?? {}) as Readonly<Record<string, unknown>>;
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  return { code: text(error['Code']), message: text(error['Message']) };
}

/** An unknown reference stays as it is: the text of an error need not be well-formed. */
function elementOf(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}>([^<]{0,4096})</${name}>`).exec(xml)?.[1];
  return found?.replaceAll(/&([#\w]{2,8});/g, (entity, name: string) => characterOf(name) ?? entity);
}

export function meaningOf({ status, serverCode = '', serverMessage = '' }: Failed): AwsMeaning | undefined {
  if (serverCode === 'InvalidIdentityToken') return meaningOfInvalidToken(serverMessage);
  if (serverCode === 'ValidationError' && /MaxSessionDuration|1 hour session limit/i.test(serverMessage))
    return never('invalid_request', 'duration');
  return BY_CODE.get(serverCode) ?? (status === 429 ? now('throttled', 'throttled') : undefined);
}

const ISSUER_UNREACHABLE: AwsMeaning = { ...now('unavailable', 'issuerUnreachable'), suspectsToken: true };

const BY_CODE: ReadonlyMap<string, AwsMeaning> = new Map([
  ['AccessDenied', never('access_denied', 'trustPolicy')],
  ['ExpiredToken', { code: 'subject_token_expired', retry: 'fresh-subject', hint: 'expired' }],
  ['InvalidIdentityToken', never('token_rejected', 'rejected')],
  ['IDPRejectedClaim', never('token_rejected', 'rejected')],
  ['IDPCommunicationError', ISSUER_UNREACHABLE],
  ['ValidationError', never('invalid_request', 'parameter')],
  ['MalformedPolicyDocument', never('invalid_request', 'policy')],
  ['PackedPolicyTooLarge', never('invalid_request', 'packedPolicy')],
  ['RegionDisabled', never('region_disabled', 'region')],
  ['ServiceUnavailable', now('unavailable')],
  ['InternalFailure', now('unavailable')],
  ['InternalError', now('unavailable')],
  ['RequestTimeout', now('timeout')],
  // The codes of throttling are those of the AWS SDK.
  ...[
    'Throttling',
    'Throttled',
    'ThrottledRequest',
    'RequestThrottled',
    'TooManyRequests',
    'RequestLimitExceeded',
    'BandwidthLimitExceeded',
    'LimitExceeded',
    'SlowDown',
    'PriorRequestNotComplete',
  ].map((code): [string, AwsMeaning] => [code, now('throttled', 'throttled')]),
]);

/** The server codes that have a meaning of their own, for the tests. */
export const SERVER_CODES: readonly string[] = [...BY_CODE.keys()];

/** One code for many causes: only the message tells them apart, and since mid-2026 it often does not. */
function meaningOfInvalidToken(message: string): AwsMeaning {
  if (/verification key/i.test(message)) return { ...ISSUER_UNREACHABLE, retriesAtMost: 2 };
  if (/No OpenIDConnect provider found/i.test(message)) return never('issuer_mismatch', 'issuer');
  if (/incorrect token audience/i.test(message)) return never('audience_mismatch', 'audience');
  if (/more than one audience/i.test(message)) return never('audience_mismatch', 'severalAudiences');
  if (/token provided could not be validated/i.test(message)) return never('token_rejected', 'unvalidated');
  if (/not yet valid|issued in the future/i.test(message))
    return never('subject_token_not_yet_valid', 'notYetValid');
  if (/missing a required claim/i.test(message)) return never('token_rejected', 'missingClaim');
  return never('token_rejected', /thumbprint/i.test(message) ? 'thumbprint' : 'rejected');
}

export function otherwise({ status, serverCode }: Failed): AwsMeaning {
  if (serverCode === undefined) return never('invalid_response', 'unreadable');
  return never(status === 403 ? 'access_denied' : 'invalid_request');
}
