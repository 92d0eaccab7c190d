/** What went wrong between us and STS, in core's words. */

import type { FederationErrorCode, PresentedToken } from '@credex/core';
import type { ErrorClass, HttpResponse } from '@credex/core/internal';
import { transportFailure } from '@credex/core/internal';
import type { AwsConfiguration } from './options.js';
import * as hints from './hints.js';
import { UnreadableAnswer } from './parse-sts-response.js';
import type { StsFault } from './sts-fault.js';
import { faultOf } from './sts-fault.js';

/** Reads an HTTP answer, or what a socket threw. Never throws. */
export function classifyAwsError(
  error: unknown,
  presented: PresentedToken | undefined,
  configuration: AwsConfiguration,
): ErrorClass {
  try {
    return classify(error, { configuration, presented });
  } catch {
    // An error whose members throw when they are read: nothing can be said of it.
    return never('unknown');
  }
}

function classify(error: unknown, context: hints.HintContext): ErrorClass {
  if (UnreadableAnswer.isInstance(error))
    return { ...unreadable, hint: `${error.message} ${hints.NOT_STS_HINT}` };
  const fault = httpFault(error);
  if (fault === undefined) return withoutAnswer(error);
  return {
    status: fault.status,
    serverCode: fault.code,
    serverMessage: fault.message,
    retryAfterMs: fault.retryAfterMs,
    ...classifyFault(fault, context),
  };
}

/** An answer of HTTP: on the error that carries it, or by itself. */
function httpFault(error: unknown): StsFault | undefined {
  const found = (error as { answer?: unknown } | null)?.answer ?? error;
  const answer = found as Partial<HttpResponse> | null;
  if (!isStatus(answer?.status) || typeof answer?.body !== 'string') return undefined;
  return faultOf({ status: answer.status, body: answer.body, headers: answer.headers ?? {} });
}

function isStatus(value: unknown): value is number {
  return Number.isInteger(value);
}

/** What a socket, a resolver or `fetch` threw. */
function withoutAnswer(error: unknown): ErrorClass {
  const failure = transportFailure(error);
  if (failure === undefined) return never('unknown');
  const hint = { certificate: hints.TLS_HINT, name: hints.NAME_HINT, none: undefined }[
    failure.reason ?? 'none'
  ];
  return now(failure.code, hint);
}

const never = (code: FederationErrorCode, hint?: string): ErrorClass => ({ code, retry: 'never', hint });
const now = (code: FederationErrorCode, hint?: string): ErrorClass => ({ code, retry: 'now', hint });
const throttled: ErrorClass = {
  code: 'throttled',
  retry: 'now',
  throttled: true,
  hint: hints.THROTTLED_HINT,
};

/** Once more: an answer cut short is cut short once. */
const unreadable: ErrorClass = { ...now('invalid_response', hints.NOT_STS_HINT), retriesAtMost: 1 };

/** By the server's code first: STS throttles with HTTP status 400. */
function classifyFault(fault: StsFault, context: hints.HintContext): ErrorClass {
  const { code, message = '', status } = fault;
  const known = code === undefined || !Object.hasOwn(BY_CODE, code) ? undefined : BY_CODE[code];
  if (known !== undefined) return known(context, message);
  if (status === 429) return throttled;
  if (status >= 500) return now('unavailable');
  if (status >= 300 && status < 400) return never('redirect_refused', hints.REDIRECT_HINT);
  if (status < 300) return unreadable;
  if (code === undefined) return never('invalid_response', hints.NOT_STS_HINT);
  return status === 403 ? never('access_denied') : never('invalid_request');
}

type ByCode = (context: hints.HintContext, message: string) => ErrorClass;

const throttling: ByCode = () => throttled;
const unavailable: ByCode = () => now('unavailable');

/** STS's codes without their suffix; the kin of throttling is the SDK's own list. */
const BY_CODE: Readonly<Record<string, ByCode>> = {
  AccessDenied: (context) => never('access_denied', hints.accessDeniedHint(context)),
  ExpiredToken: () => ({ code: 'subject_token_expired', retry: 'fresh-subject', hint: hints.EXPIRED_HINT }),
  InvalidIdentityToken: classifyIdentityToken,
  IDPRejectedClaim: (context) => never('token_rejected', hints.tokenRejectedHint(context)),
  IDPCommunicationError: (context) => now('unavailable', hints.keysHint(context)),
  ValidationError: (context, message) =>
    never(
      'invalid_request',
      /MaxSessionDuration|1 hour session limit/i.test(message)
        ? hints.durationHint(context)
        : hints.VALIDATION_HINT,
    ),
  MalformedPolicyDocument: () => never('invalid_request', hints.POLICY_HINT),
  PackedPolicyTooLarge: () => never('invalid_request', hints.PACKED_POLICY_HINT),
  RegionDisabled: (context) => never('region_disabled', hints.regionHint(context)),
  Throttling: throttling,
  Throttled: throttling,
  ThrottledRequest: throttling,
  RequestThrottled: throttling,
  TooManyRequests: throttling,
  RequestLimitExceeded: throttling,
  BandwidthLimitExceeded: throttling,
  LimitExceeded: throttling,
  SlowDown: throttling,
  PriorRequestNotComplete: throttling,
  ServiceUnavailable: unavailable,
  InternalFailure: unavailable,
  InternalError: unavailable,
  RequestTimeout: () => now('timeout'),
};

/** One code for many causes: only the message tells them apart, and since mid-2026 it often does not. */
function classifyIdentityToken(context: hints.HintContext, message: string): ErrorClass {
  if (/verification key/i.test(message))
    return { ...now('unavailable', hints.keysHint(context)), retriesAtMost: 2 };
  if (/No OpenIDConnect provider found/i.test(message))
    return never('issuer_mismatch', hints.issuerHint(context));
  if (/incorrect token audience/i.test(message))
    return never('audience_mismatch', hints.audienceHint(context));
  if (/more than one audience/i.test(message))
    return never('audience_mismatch', hints.severalAudiencesHint(context));
  if (/token provided could not be validated/i.test(message))
    return never('token_rejected', hints.unvalidatedHint(context));
  if (/not yet valid|issued in the future/i.test(message))
    return never('subject_token_not_yet_valid', hints.NOT_YET_VALID_HINT);
  if (/missing a required claim/i.test(message)) return never('token_rejected', hints.MISSING_CLAIM_HINT);
  if (/thumbprint/i.test(message)) return never('token_rejected', hints.thumbprintHint(context));
  return never('token_rejected', hints.tokenRejectedHint(context));
}
