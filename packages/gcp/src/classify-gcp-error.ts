/** What a failure of Google Cloud means, and how it is met. The table is in the README. */

import type { FederationErrorCode, PresentedToken } from '@credex/core';
import type { ErrorClass, RetryAdvice } from '@credex/core/driver';
import { transportFailure } from '@credex/core/driver';
import { GcpAnswerError, SubjectTokenEndsError } from './gcp-answer-error.js';
import type { FailedAnswer } from './gcp-failure.js';
import { failedAnswer } from './gcp-failure.js';
import * as hints from './gcp-hints.js';
import type { GcpConfiguration } from './gcp-options.js';

type Presented = PresentedToken | undefined;
type Verdict = readonly [
  code: FederationErrorCode,
  retry: RetryAdvice,
  hint?: string | undefined,
  /** How often the step is tried again. Default: core's limit. */
  retriesAtMost?: number,
];

/** Never throws; never puts server text into the hint. */
export function classifyGcpError(
  error: unknown,
  presented: Presented,
  configuration: GcpConfiguration,
): ErrorClass {
  try {
    return classify(error, presented, configuration);
  } catch {
    // An error whose members throw when they are read: nothing can be said of it.
    return { code: 'unknown', retry: 'never' };
  }
}

function classify(error: unknown, presented: Presented, configuration: GcpConfiguration): ErrorClass {
  if (!GcpAnswerError.isInstance(error)) {
    const [code, retry, hint] = withoutAnswer(error);
    return { code, retry, hint };
  }
  const answer = failedAnswer(error);
  const [code, retry, hint, retriesAtMost] = byAnswer(answer, presented, configuration);
  return {
    code,
    retry,
    retriesAtMost,
    throttled: code === 'throttled',
    retryAfterMs: answer.retryAfterMs,
    status: answer.status,
    serverCode: answer.serverCode,
    serverMessage: answer.serverMessage,
    hint,
  };
}

function byAnswer(answer: FailedAnswer, presented: Presented, configuration: GcpConfiguration): Verdict {
  const { status, step } = answer;
  const origin = step === 'impersonation' ? configuration.iamCredentialsEndpoint : configuration.stsEndpoint;
  // A response that doesn't parse is requested once more.
  if (answer.unparsable) return ['invalid_response', 'now', hints.endpointHint(origin), 1];
  // Status 0 is how a fetch shows a redirect that it was told not to follow.
  if (status === 0 || (status >= 300 && status < 400))
    return ['redirect_refused', 'never', hints.endpointHint(origin)];
  if (status === 408) return ['timeout', 'now'];
  if (status === 429) return ['throttled', 'now'];
  if (status >= 500) return ['unavailable', 'now'];
  return byReason(answer, configuration) ?? byStep(answer, presented, configuration);
}

/** A reason of `google.rpc.ErrorInfo` says what stands in the way, whatever the status. */
function byReason(answer: FailedAnswer, { universeDomain }: GcpConfiguration): Verdict | undefined {
  const { reason, step } = answer;
  if (reason === 'RATE_LIMIT_EXCEEDED' || reason === 'RESOURCE_QUOTA_EXCEEDED') return ['throttled', 'now'];
  if (reason === 'SERVICE_DISABLED') {
    const service = step === 'impersonation' ? 'iamcredentials' : 'sts';
    return ['access_denied', 'never', hints.disabledServiceHint(service, universeDomain)];
  }
  const hint = answer.isPerimeter ? hints.perimeterHint() : hints.reasonHint(reason);
  return hint === undefined ? undefined : ['access_denied', 'never', hint];
}

function byStep(answer: FailedAnswer, presented: Presented, configuration: GcpConfiguration): Verdict {
  return answer.step === 'impersonation'
    ? byImpersonation(answer, presented, configuration)
    : byTokenExchange(answer, presented, configuration);
}

function byTokenExchange(
  { status, serverCode, serverMessage }: FailedAnswer,
  presented: Presented,
  configuration: GcpConfiguration,
): Verdict {
  const said = words(serverMessage);
  switch (serverCode) {
    case 'invalid_grant':
      return byInvalidGrant(said, presented, configuration);
    case 'unauthorized_client':
      return isAboutMapping(said)
        ? ['subject_not_allowed', 'never', hints.mappingHint(presented)]
        : ['subject_not_allowed', 'never', hints.conditionHint(configuration, presented)];
    case 'invalid_target':
      return ['target_not_found', 'never', hints.targetHint(configuration)];
    case 'invalid_scope':
      return ['invalid_request', 'never', hints.scopeHint()];
    case 'invalid_request':
      return isAboutMapping(said)
        ? ['subject_not_allowed', 'never', hints.mappingHint(presented)]
        : ['invalid_request', 'never', hints.targetHint(configuration)];
    default:
      return byStatus(status, presented, configuration);
  }
}

/** STS answers as any other API of Google where it isn't OAuth's turn. */
function byStatus(status: number, presented: Presented, configuration: GcpConfiguration): Verdict {
  if (status === 401) return ['token_rejected', 'never', hints.rejectedHint()];
  if (status === 403) return ['access_denied', 'never', hints.conditionHint(configuration, presented)];
  if (status === 404) return ['target_not_found', 'never', hints.endpointHint(configuration.stsEndpoint)];
  return ['invalid_request', 'never', hints.endpointHint(configuration.stsEndpoint)];
}

function byInvalidGrant(said: string, presented: Presented, configuration: GcpConfiguration): Verdict {
  if (/\baudiences?\b/.test(said))
    return ['audience_mismatch', 'never', hints.audienceHint(configuration, presented)];
  // Also said for a key id that the issuer does not publish, for a while after a rotation.
  if (/\berror connecting to the given credential's issuer\b/.test(said))
    return ['unavailable', 'now', hints.issuerUnreachableHint(configuration, presented), 2];
  if (/\bissuers?\b/.test(said))
    return ['issuer_mismatch', 'never', hints.issuerHint(configuration, presented)];
  if (/\b(?:expired|stale|too old)\b/.test(said))
    return ['subject_token_expired', 'fresh-subject', hints.expiredHint()];
  if (/\b(?:not yet valid|in the future|not valid before|used too early)\b/.test(said))
    return ['subject_token_not_yet_valid', 'never', hints.notYetValidHint()];
  if (isAboutMapping(said)) return ['subject_not_allowed', 'never', hints.mappingHint(presented)];
  return ['token_rejected', 'never', hints.rejectedHint()];
}

function byImpersonation(
  { status, serverMessage }: FailedAnswer,
  presented: Presented,
  configuration: GcpConfiguration,
): Verdict {
  const said = words(serverMessage);
  if (status === 401) return ['token_rejected', 'never', hints.federatedTokenHint()];
  if (status === 403) return ['access_denied', 'never', hints.impersonationHint(configuration, presented)];
  if (status === 404) return ['target_not_found', 'never', hints.serviceAccountHint(configuration)];
  if (status !== 400)
    return ['invalid_request', 'never', hints.endpointHint(configuration.iamCredentialsEndpoint)];
  // Google often says no more than "an invalid argument": there are two that a user can get wrong.
  const long = (configuration.lifetimeSeconds ?? 0) > 3_600 && !/\bscopes?\b/.test(said);
  const hint = long || /\blifetime\b/.test(said) ? hints.lifetimeHint(configuration) : hints.scopeHint();
  return ['invalid_request', 'never', hint];
}

function isAboutMapping(said: string): boolean {
  return /\bmapped attribute\b|\bbytes limit\b|\bgoogle\.subject\b/.test(said);
}

function withoutAnswer(error: unknown): Verdict {
  if (SubjectTokenEndsError.isInstance(error))
    return ['subject_token_expired', 'fresh-subject', hints.endsSoonHint()];
  const failure = transportFailure(error);
  if (failure === undefined) return ['unknown', 'never'];
  return failure.reason === 'certificate'
    ? ['network', 'now', hints.certificateHint()]
    : [failure.code, 'now'];
}

/** The server's words without what it quotes: a team called `expired` must not decide. */
function words(message: string | undefined): string {
  return (message ?? '')
    .slice(0, 2_000)
    .replace(/\[[^\]]*\]|"[^"]*"|`[^`]*`|\w+:\/\/\S+/g, ' ')
    .toLowerCase();
}
