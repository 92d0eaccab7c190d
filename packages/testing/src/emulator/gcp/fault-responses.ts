/** Planted faults, in each API's own words. */
import type { Service, ServiceAnswer } from '../service.js';
import { oauthRefusal, rpcRefusal, storageRefusal } from './google-errors.js';

type FaultAnswer = (...planted: Parameters<NonNullable<Service['faultAnswer']>>) => ServiceAnswer;

const RPC: Readonly<Record<number, string>> = {
  400: 'Request contains an invalid argument.',
  401: 'Request had invalid authentication credentials.',
  403: 'The caller does not have permission',
  404: 'Requested entity was not found.',
  409: 'The operation was aborted.',
  429: 'Resource has been exhausted (e.g. check quota).',
  500: 'Internal error encountered.',
  503: 'The service is currently unavailable.',
  504: 'Deadline expired before operation could complete.',
};

const rpcFault = (code: number): ServiceAnswer => rpcRefusal(code, RPC[code] ?? 'Unknown Error.').answer;

/** Its refusals are OAuth's, but what fails inside is told as each API tells it. */
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
    ? rpcRefusal(
        429,
        "Quota exceeded for quota metric 'Generate credentials requests' and limit 'Generate credentials requests per minute' of service 'iamcredentials.googleapis.com'.",
      ).answer
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
