/** What a failure of the exchange means: Entra's number first, then the status, then the OAuth error. */

import type { FederationErrorCode, PresentedToken } from '@credex/core';
import { transportFailure } from '@credex/core/driver';
import type { ErrorClass, RetryAdvice } from '@credex/core/driver';
import type { AzureFailure } from './azure-failure.js';
import { azureFailure } from './azure-failure.js';
import type { HintFacts, HintName } from './azure-hints.js';
import { HINTS } from './azure-hints.js';
import { EntraAnswerError } from './parse-entra-response.js';

type Meaning = readonly [code: FederationErrorCode, retry: RetryAdvice, hint?: HintName];

const BY_NUMBER: Readonly<Record<number, Meaning>> = {
  70021: ['subject_not_allowed', 'never', 'noCredential'],
  700213: ['subject_not_allowed', 'never', 'subject'],
  7002138: ['subject_case_mismatch', 'never', 'subjectCase'],
  700211: ['issuer_mismatch', 'never', 'issuer'],
  700212: ['audience_mismatch', 'never', 'audience'],
  // It comes as invalid_client; told apart from "not yet valid" by the times in the description.
  700024: ['subject_token_expired', 'fresh-subject', 'expired'],
  500133: ['subject_token_expired', 'fresh-subject', 'expired'],
  // The signature, the key or the form of the assertion.
  50013: ['token_rejected', 'never', 'signature'],
  50027: ['token_rejected', 'never', 'signature'],
  700027: ['token_rejected', 'never', 'signature'],
  7000272: ['token_rejected', 'never', 'signature'],
  700016: ['target_not_found', 'never', 'application'],
  7000229: ['target_not_found', 'never', 'application'],
  90002: ['target_not_found', 'never', 'tenant'],
  900023: ['target_not_found', 'never', 'tenant'],
  90038: ['target_not_found', 'never', 'tenant'],
  50001: ['target_not_found', 'never', 'resource'],
  500011: ['target_not_found', 'never', 'resource'],
  70011: ['invalid_request', 'never', 'scope'],
  1002012: ['invalid_request', 'never', 'scope'],
  7000112: ['access_denied', 'never', 'disabled'],
  50105: ['access_denied', 'never', 'assignment'],
  501051: ['access_denied', 'never', 'assignment'],
  53003: ['access_denied', 'never', 'conditionalAccess'],
  // Entra's own directory was not there in time.
  90024: ['unavailable', 'now'],
  90033: ['unavailable', 'now'],
};

const BY_ERROR: Readonly<Record<string, Meaning>> = {
  temporarily_unavailable: ['unavailable', 'now'],
  server_error: ['unavailable', 'now'],
  invalid_client: ['token_rejected', 'never', 'noCredential'],
  invalid_grant: ['token_rejected', 'never'],
  unauthorized_client: ['access_denied', 'never', 'application'],
  access_denied: ['access_denied', 'never'],
  interaction_required: ['access_denied', 'never', 'conditionalAccess'],
  invalid_scope: ['invalid_request', 'never', 'scope'],
  invalid_resource: ['target_not_found', 'never', 'resource'],
  invalid_request: ['invalid_request', 'never'],
};

/** Never throws; a hint never holds a server's words. */
export function classifyAzureError(
  error: unknown,
  presented: PresentedToken | undefined,
  configuration: Omit<HintFacts, 'presented' | 'fault'>,
): ErrorClass {
  try {
    if (!EntraAnswerError.isInstance(error)) {
      const [code, retry, hint] = withoutAnswer(error);
      return { code, retry, hint: hint && HINTS[hint]({ ...configuration, presented, fault: undefined }) };
    }
    const failure = azureFailure(error);
    const [code, retry, hint] = meaningOf(failure);
    const [number] = failure.codes;
    return {
      code,
      retry,
      throttled: code === 'throttled',
      retryAfterMs: failure.retryAfterMs,
      status: failure.status,
      serverCode: number === undefined ? failure.error : `AADSTS${number}`,
      serverMessage: failure.description,
      // A token answer that can't be read may be a proxy's page: asked for once more, not twice.
      retriesAtMost: code === 'invalid_response' ? 1 : undefined,
      hint: hint && HINTS[hint]({ ...configuration, presented, fault: failure.fault }),
    };
  } catch {
    // An error whose members throw when they are read: nothing can be said of it.
    return { code: 'unknown', retry: 'never' };
  }
}

function meaningOf(failure: AzureFailure): Meaning {
  const { status, error } = failure;
  if (failure.fault !== undefined) return ['invalid_response', 'now', 'unreadable'];
  if (status === 429) return ['throttled', 'now'];
  const number = failure.codes.find((code) => code in BY_NUMBER);
  if (number !== undefined) {
    if (number === 700024 && isNotYetValid(failure.description))
      return ['subject_token_not_yet_valid', 'never', 'notYetValid'];
    return BY_NUMBER[number] as Meaning;
  }
  if (status >= 300 && status < 400) return ['redirect_refused', 'never', 'redirect'];
  if (status === 408) return ['timeout', 'now'];
  if (status >= 500) return ['unavailable', 'now'];
  if (failure.challenged) return ['access_denied', 'never', 'conditionalAccess'];
  const known = error !== undefined && Object.hasOwn(BY_ERROR, error) ? BY_ERROR[error] : undefined;
  if (known !== undefined) return known;
  if (status === 401 || status === 403) return ['access_denied', 'never'];
  return status === 404 ? ['invalid_request', 'never', 'endpoint'] : ['invalid_request', 'never'];
}

function withoutAnswer(error: unknown): Meaning {
  const failure = transportFailure(error);
  if (failure === undefined) return ['unknown', 'never'];
  return failure.reason === 'certificate' ? ['network', 'now', 'certificate'] : [failure.code, 'now'];
}

/** "Current time: …, assertion valid from …, expiry time of assertion …", each as ISO 8601. */
function isNotYetValid(description: string | undefined): boolean {
  const times = /Current time: ([\dTZ:.-]{19,32}), assertion valid from ([\dTZ:.-]{19,32})/.exec(
    description ?? '',
  );
  // Equal formats: the order of the texts is the order of the times.
  return times !== null && (times[1] as string) < (times[2] as string);
}
