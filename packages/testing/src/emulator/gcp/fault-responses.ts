/** Planted faults, in each API's own words. */
import type { FaultAnswerKind, ServiceAnswer, ServiceRequest } from '../service.js';
import { oauthRefusal, rpcRefusal, storageRefusal } from './google-errors.js';

type FaultAnswer = (
  kind: FaultAnswerKind,
  request: ServiceRequest,
  status: number | undefined,
) => ServiceAnswer;

const RPC: Readonly<Record<number, readonly [string, string]>> = {
  400: ['INVALID_ARGUMENT', 'Request contains an invalid argument.'],
  401: ['UNAUTHENTICATED', 'Request had invalid authentication credentials.'],
  403: ['PERMISSION_DENIED', 'The caller does not have permission'],
  404: ['NOT_FOUND', 'Requested entity was not found.'],
  409: ['ABORTED', 'The operation was aborted.'],
  429: ['RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).'],
  500: ['INTERNAL', 'Internal error encountered.'],
  503: ['UNAVAILABLE', 'The service is currently unavailable.'],
  504: ['DEADLINE_EXCEEDED', 'Deadline expired before operation could complete.'],
};

const rpcFault = (code: number): ServiceAnswer => {
  const [status, message] = RPC[code] ?? ['UNKNOWN', 'Unknown Error.'];
  return rpcRefusal({ code, status, message }).answer;
};

/** Its refusals are OAuth's, but what fails inside is told as any API tells it. */
export const stsFault: FaultAnswer = (kind, _request, status = 429) => {
  if (kind === 'throttle' || status === 429)
    return oauthRefusal(
      'quota_exceeded',
      'The request was throttled due to rate limit: sts.googleapis.com/requests. Please retry after a few seconds.',
      429,
    ).answer;
  return status >= 400 && status < 500
    ? oauthRefusal('invalid_request', 'The request is invalid.', status).answer
    : rpcFault(status);
};

export const iamCredentialsFault: FaultAnswer = (_kind, _request, status = 429) =>
  status === 429
    ? rpcRefusal({
        code: 429,
        status: 'RESOURCE_EXHAUSTED',
        message:
          "Quota exceeded for quota metric 'Generate credentials requests' and limit 'Generate credentials requests per minute' of service 'iamcredentials.googleapis.com'.",
      }).answer
    : rpcFault(status);

const STORAGE: Readonly<Record<number, readonly [string, string, string?]>> = {
  400: ['invalid', 'Invalid argument.'],
  401: ['authError', 'Invalid Credentials'],
  403: ['forbidden', 'Access denied.'],
  404: ['notFound', 'Not Found'],
  408: ['uploadBrokenConnection', 'Request Timeout'],
  429: [
    'rateLimitExceeded',
    'The project exceeded the rate limit for creating and deleting objects.',
    'usageLimits',
  ],
  500: ['backendError', 'We encountered an internal error. Please try again.'],
  503: ['backendError', 'We encountered an internal error. Please try again.'],
};

export const storageFault: FaultAnswer = (_kind, _request, status = 429) => {
  const [reason, message, domain] = STORAGE[status] ?? ['backendError', 'Backend Error'];
  return storageRefusal(status, reason, message, domain === undefined ? {} : { domain }).answer;
};
