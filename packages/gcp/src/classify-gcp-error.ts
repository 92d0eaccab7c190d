/** Classifies a failure of the exchange with Google Cloud. The README has the table. */

import type { FederationErrorCode, PresentedToken } from '@credex/core';
import type { ErrorClass, RetryAdvice } from '@credex/core/internal';
import { transportFailure } from '@credex/core/internal';
import { GcpResponseError, SubjectTokenEndsError } from './gcp-response-error.js';
import type { FailedResponse } from './gcp-failure.js';
import { failedResponse } from './gcp-failure.js';
import * as hints from './hints.js';
import type { GcpConfiguration } from './options.js';

type Presented = PresentedToken | undefined;
type Verdict = readonly [
  code: FederationErrorCode,
  retry: RetryAdvice,
  hint?: string | undefined,
  /** The maximum number of retries of the step. Default: core's limit. */
  retriesAtMost?: number,
];

/** Never throws. A hint never contains text from a server. */
export function classifyGcpError(
  error: unknown,
  presented: Presented,
  configuration: GcpConfiguration,
): ErrorClass {
  try {
    return classify(error, presented, configuration);
  } catch {
    // A property of the error threw when it was read, so the error cannot be classified.
    return { code: 'unknown', retry: 'never' };
  }
}

function classify(error: unknown, presented: Presented, configuration: GcpConfiguration): ErrorClass {
  if (!GcpResponseError.isInstance(error)) {
    const [code, retry, hint] = classifyWithoutResponse(error);
    return { code, retry, hint };
  }
  const response = failedResponse(error);
  const [code, retry, hint, retriesAtMost] = classifyResponse(response, presented, configuration);
  return {
    code,
    retry,
    retriesAtMost,
    throttled: code === 'throttled',
    retryAfterMs: response.retryAfterMs,
    status: response.status,
    serverCode: response.serverCode,
    serverMessage: response.serverMessage,
    hint,
  };
}

function classifyResponse(
  response: FailedResponse,
  presented: Presented,
  configuration: GcpConfiguration,
): Verdict {
  const { status, step } = response;
  const origin = step === 'impersonation' ? configuration.iamCredentialsEndpoint : configuration.stsEndpoint;
  // A response that does not parse is requested once more.
  if (response.unparsable) return ['invalid_response', 'now', hints.endpointHint(origin), 1];
  // fetch reports status 0 for a redirect that it was told not to follow.
  if (status === 0 || (status >= 300 && status < 400))
    return ['redirect_refused', 'never', hints.endpointHint(origin)];
  if (status === 408) return ['timeout', 'now'];
  if (status === 429) return ['throttled', 'now'];
  if (status >= 500) return ['unavailable', 'now'];
  return classifyReason(response, configuration) ?? classifyByStep(response, presented, configuration);
}

/** The reason in `google.rpc.ErrorInfo` takes precedence over the status. */
function classifyReason(response: FailedResponse, { universeDomain }: GcpConfiguration): Verdict | undefined {
  const { reason, step } = response;
  if (reason === 'RATE_LIMIT_EXCEEDED' || reason === 'RESOURCE_QUOTA_EXCEEDED') return ['throttled', 'now'];
  if (reason === 'SERVICE_DISABLED') {
    const service = step === 'impersonation' ? 'iamcredentials' : 'sts';
    return ['access_denied', 'never', hints.disabledServiceHint(service, universeDomain)];
  }
  const hint = response.isPerimeter ? hints.perimeterHint() : hints.reasonHint(reason);
  return hint === undefined ? undefined : ['access_denied', 'never', hint];
}

function classifyByStep(
  response: FailedResponse,
  presented: Presented,
  configuration: GcpConfiguration,
): Verdict {
  return response.step === 'impersonation'
    ? classifyImpersonation(response, presented, configuration)
    : classifyTokenExchange(response, presented, configuration);
}

function classifyTokenExchange(
  { status, serverCode, serverMessage }: FailedResponse,
  presented: Presented,
  configuration: GcpConfiguration,
): Verdict {
  const message = unquoted(serverMessage);
  switch (serverCode) {
    case 'invalid_grant':
      return classifyInvalidGrant(message, presented, configuration);
    case 'unauthorized_client':
      return isAboutMapping(message)
        ? ['subject_not_allowed', 'never', hints.mappingHint(presented)]
        : ['subject_not_allowed', 'never', hints.conditionHint(configuration, presented)];
    case 'invalid_target':
      return ['target_not_found', 'never', hints.targetHint(configuration)];
    case 'invalid_scope':
      return ['invalid_request', 'never', hints.scopeHint()];
    case 'invalid_request':
      return isAboutMapping(message)
        ? ['subject_not_allowed', 'never', hints.mappingHint(presented)]
        : ['invalid_request', 'never', hints.targetHint(configuration)];
    default:
      return classifyStatus(status, presented, configuration);
  }
}

/** For errors without an OAuth code, STS responds like any other Google API. */
function classifyStatus(status: number, presented: Presented, configuration: GcpConfiguration): Verdict {
  if (status === 401) return ['token_rejected', 'never', hints.rejectedHint()];
  if (status === 403) return ['access_denied', 'never', hints.conditionHint(configuration, presented)];
  if (status === 404) return ['target_not_found', 'never', hints.endpointHint(configuration.stsEndpoint)];
  return ['invalid_request', 'never', hints.endpointHint(configuration.stsEndpoint)];
}

function classifyInvalidGrant(
  message: string,
  presented: Presented,
  configuration: GcpConfiguration,
): Verdict {
  if (/\baudiences?\b/.test(message))
    return ['audience_mismatch', 'never', hints.audienceHint(configuration, presented)];
  // Google returns this message as well for a key id that the issuer does not publish, for some time after a rotation.
  if (/\berror connecting to the given credential's issuer\b/.test(message))
    return ['unavailable', 'now', hints.issuerUnreachableHint(configuration, presented), 2];
  if (/\bissuers?\b/.test(message))
    return ['issuer_mismatch', 'never', hints.issuerHint(configuration, presented)];
  if (/\b(?:expired|stale|too old)\b/.test(message))
    return ['subject_token_expired', 'fresh-subject', hints.expiredHint()];
  if (/\b(?:not yet valid|in the future|not valid before|used too early)\b/.test(message))
    return ['subject_token_not_yet_valid', 'never', hints.notYetValidHint()];
  if (isAboutMapping(message)) return ['subject_not_allowed', 'never', hints.mappingHint(presented)];
  return ['token_rejected', 'never', hints.rejectedHint()];
}

function classifyImpersonation(
  { status, serverMessage }: FailedResponse,
  presented: Presented,
  configuration: GcpConfiguration,
): Verdict {
  const message = unquoted(serverMessage);
  if (status === 401) return ['token_rejected', 'never', hints.federatedTokenHint()];
  if (status === 403) return ['access_denied', 'never', hints.impersonationHint(configuration, presented)];
  if (status === 404) return ['target_not_found', 'never', hints.serviceAccountHint(configuration)];
  if (status !== 400)
    return ['invalid_request', 'never', hints.endpointHint(configuration.iamCredentialsEndpoint)];
  // Google often reports only "an invalid argument". A user can get two arguments wrong: the lifetime and the scopes.
  const long = (configuration.lifetimeSeconds ?? 0) > 3_600 && !/\bscopes?\b/.test(message);
  const hint = long || /\blifetime\b/.test(message) ? hints.lifetimeHint(configuration) : hints.scopeHint();
  return ['invalid_request', 'never', hint];
}

function isAboutMapping(message: string): boolean {
  return /\bmapped attribute\b|\bbytes limit\b|\bgoogle\.subject\b/.test(message);
}

function classifyWithoutResponse(error: unknown): Verdict {
  if (SubjectTokenEndsError.isInstance(error))
    return ['subject_token_expired', 'fresh-subject', hints.endsSoonHint()];
  const failure = transportFailure(error);
  if (failure === undefined) return ['unknown', 'never'];
  return failure.reason === 'certificate'
    ? ['network', 'now', hints.certificateHint()]
    : [failure.code, 'now'];
}

/** The server's message without quoted values, so that a team named `expired` does not change the classification. */
function unquoted(message: string | undefined): string {
  return (message ?? '')
    .slice(0, 2_000)
    .replace(/\[[^\]]*\]|"[^"]*"|`[^`]*`|\w+:\/\/\S+/g, ' ')
    .toLowerCase();
}
