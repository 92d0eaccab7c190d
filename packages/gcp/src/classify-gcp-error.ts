/** What a failure of Google Cloud means, and how it is met. The table is in the README. */

import type { FederationErrorCode, PresentedToken } from '@credex/core';
import type { ErrorClass, RetryAdvice } from '@credex/core/driver';
import { transportFailure } from '@credex/core/driver';
import { GcpAnswerError } from './gcp-answer-error.js';
import type { FailedAnswer } from './gcp-failure.js';
import { failedAnswer } from './gcp-failure.js';
import * as hints from './gcp-hints.js';
import type { GcpConfiguration } from './gcp-options.js';

type Presented = PresentedToken | undefined;
type Verdict = readonly [code: FederationErrorCode, retry: RetryAdvice, hint?: string];

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
  const [code, retry, hint] = byAnswer(answer, presented, configuration);
  return {
    code,
    retry,
    // An answer that doesn't parse is asked for once more.
    retriesAtMost: code === 'invalid_response' ? 1 : undefined,
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
  if (answer.unparsable) return ['invalid_response', 'now', hints.endpointHint(origin)];
  // Status 0 is how a fetch shows a redirect that it was told not to follow.
  if (status === 0 || (status >= 300 && status < 400))
    return ['redirect_refused', 'never', hints.endpointHint(origin)];
  if (status === 408) return ['timeout', 'now'];
  if (status === 429) return ['throttled', 'now'];
  if (status >= 500) return ['unavailable', 'now'];
  return step === 'impersonation'
    ? byImpersonation(answer, presented, configuration)
    : byTokenExchange(answer, presented, configuration);
}

function byTokenExchange(
  { status, serverCode, reason, serverMessage }: FailedAnswer,
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
      return byStatus(status, reason, presented, configuration);
  }
}

/** STS answers as any other API of Google where it isn't OAuth's turn. */
function byStatus(
  status: number,
  reason: string | undefined,
  presented: Presented,
  configuration: GcpConfiguration,
): Verdict {
  if (reason === 'SERVICE_DISABLED')
    return ['access_denied', 'never', hints.disabledServiceHint('sts', configuration.universeDomain)];
  if (status === 401) return ['token_rejected', 'never', hints.rejectedHint()];
  if (status === 403) return ['access_denied', 'never', hints.conditionHint(configuration, presented)];
  if (status === 404) return ['target_not_found', 'never', hints.endpointHint(configuration.stsEndpoint)];
  return ['invalid_request', 'never', hints.endpointHint(configuration.stsEndpoint)];
}

function byInvalidGrant(said: string, presented: Presented, configuration: GcpConfiguration): Verdict {
  if (/\baudiences?\b/.test(said))
    return ['audience_mismatch', 'never', hints.audienceHint(configuration, presented)];
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
  { status, reason, serverMessage }: FailedAnswer,
  presented: Presented,
  configuration: GcpConfiguration,
): Verdict {
  const said = words(serverMessage);
  if (status === 401) return ['token_rejected', 'never', hints.federatedTokenHint()];
  if (status === 403 && reason === 'SERVICE_DISABLED')
    return [
      'access_denied',
      'never',
      hints.disabledServiceHint('iamcredentials', configuration.universeDomain),
    ];
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
