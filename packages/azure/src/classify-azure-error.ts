/** Classifies a failure of the exchange: by Entra's number first, then by the status, then by the OAuth error. */

import type { PresentedToken } from '@credex/core';
import { transportFailure } from '@credex/core/internal';
import type { ErrorClass } from '@credex/core/internal';
import type { Meaning } from './aadsts-numbers.js';
import { meaningOfNumber } from './aadsts-numbers.js';
import type { AzureFailure } from './azure-failure.js';
import { azureFailure } from './azure-failure.js';
import type { HintFacts } from './hints.js';
import { HINTS } from './hints.js';
import { EntraResponseError } from './parse-entra-response.js';

const UNAVAILABLE: Meaning = { code: 'unavailable', retry: 'now' };

/** The OAuth error tells the kind of rejection, not the exact reason. */
const BY_ERROR: Readonly<Record<string, Meaning>> = {
  temporarily_unavailable: UNAVAILABLE,
  server_error: UNAVAILABLE,
  invalid_client: { code: 'token_rejected', retry: 'never', hint: 'unknownNumber' },
  invalid_grant: { code: 'token_rejected', retry: 'never', hint: 'unknownNumber' },
  unauthorized_client: { code: 'access_denied', retry: 'never', hint: 'unknownNumber' },
  access_denied: { code: 'access_denied', retry: 'never', hint: 'unknownNumber' },
  interaction_required: { code: 'access_denied', retry: 'never', hint: 'conditionalAccess' },
  invalid_scope: { code: 'invalid_request', retry: 'never', hint: 'scope' },
  invalid_resource: { code: 'target_not_found', retry: 'never', hint: 'resource' },
  invalid_request: { code: 'invalid_request', retry: 'never', hint: 'unknownNumber' },
};

/** Never throws. A hint never contains text from a server. */
export function classifyAzureError(
  error: unknown,
  presented: PresentedToken | undefined,
  configuration: Omit<HintFacts, 'presented' | 'fault' | 'number'>,
): ErrorClass {
  try {
    const facts = { ...configuration, presented, fault: undefined, number: undefined };
    if (!EntraResponseError.isInstance(error)) {
      const { code, retry, hint } = withoutResponse(error);
      return { code, retry, hint: hint && HINTS[hint](facts) };
    }
    const failure = azureFailure(error);
    const [number] = failure.codes;
    const { code, retry, hint, retriesAtMost } = meaningOf(failure);
    return {
      code,
      retry,
      throttled: code === 'throttled',
      retryAfterMs: failure.retryAfterMs,
      status: failure.status,
      serverCode: number === undefined ? failure.error : `AADSTS${number}`,
      serverMessage: failure.description,
      retriesAtMost,
      hint: hint && HINTS[hint]({ ...facts, fault: failure.fault, number }),
    };
  } catch {
    // A property of the error threw when it was read, so the error cannot be classified.
    return { code: 'unknown', retry: 'never' };
  }
}

function meaningOf(failure: AzureFailure): Meaning {
  const { status, error } = failure;
  // An unreadable token response may be a proxy's page: it is requested once more, not twice.
  if (failure.fault !== undefined)
    return { code: 'invalid_response', retry: 'now', hint: 'unreadable', retriesAtMost: 1 };
  if (status === 429) return { code: 'throttled', retry: 'now' };
  const byNumber = failure.codes.map(meaningOfNumber).find((meaning) => meaning !== undefined);
  if (byNumber !== undefined)
    return byNumber.hint === 'expired' && isNotYetValid(failure.description)
      ? { code: 'subject_token_not_yet_valid', retry: 'never', hint: 'notYetValid' }
      : byNumber;
  return meaningOfStatus(status) ?? meaningOfError(error, failure);
}

function meaningOfStatus(status: number): Meaning | undefined {
  if (status >= 300 && status < 400) return { code: 'redirect_refused', retry: 'never', hint: 'redirect' };
  if (status === 408) return { code: 'timeout', retry: 'now' };
  return status >= 500 ? UNAVAILABLE : undefined;
}

function meaningOfError(error: string | undefined, { status, challenged }: AzureFailure): Meaning {
  if (challenged) return { code: 'access_denied', retry: 'never', hint: 'conditionalAccess' };
  if (error !== undefined && Object.hasOwn(BY_ERROR, error)) return BY_ERROR[error] as Meaning;
  if (status === 401 || status === 403) return { code: 'access_denied', retry: 'never' };
  const hint = status === 404 ? ({ hint: 'endpoint' } as const) : {};
  return { code: 'invalid_request', retry: 'never', ...hint };
}

function withoutResponse(error: unknown): Meaning {
  const failure = transportFailure(error);
  if (failure === undefined) return { code: 'unknown', retry: 'never' };
  return failure.reason === 'certificate'
    ? { code: 'network', retry: 'now', hint: 'certificate' }
    : { code: failure.code, retry: 'now' };
}

/** "Current time: …, assertion valid from …, expiry time of assertion …", each as ISO 8601. */
function isNotYetValid(description: string | undefined): boolean {
  const times = /Current time: ([\dTZ:.-]{19,32}), assertion valid from ([\dTZ:.-]{19,32})/.exec(
    description ?? '',
  );
  // Both have the same format, so comparing the texts compares the times.
  return times !== null && (times[1] as string) < (times[2] as string);
}
