/**
 * Google's three shapes of an error body: OAuth's at the security token service, google.rpc.Status at the APIs
 * of today, and Cloud Storage's older `errors` list.
 */
import type { ServiceAnswer, Service } from '../service.js';
import { escapeXml } from '../xml.js';

/** Thrown inside a handler; `answering` turns it into the answer and its log note. */
export class Refusal extends Error {
  readonly answer: ServiceAnswer;

  constructor(message: string, answer: ServiceAnswer) {
    super(message);
    this.answer = answer;
  }
}

export const jsonAnswer = (
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): ServiceAnswer => ({
  status,
  headers: { 'content-type': 'application/json; charset=UTF-8', ...headers },
  body: JSON.stringify(body),
});

/** RFC 6749 section 5.2; Google answers 400 also where the RFC would allow 401. */
export const oauthRefusal = (error: string, description: string, status = 400): Refusal =>
  new Refusal(`${error}: ${description}`, jsonAnswer(status, { error, error_description: description }));

const RPC_STATUS: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ABORTED',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** google.rpc.Status as JSON, https://cloud.google.com/apis/design/errors. */
export function rpcRefusal(
  code: number,
  message: string,
  details?: readonly unknown[],
  headers?: Readonly<Record<string, string>>,
): Refusal {
  const status = RPC_STATUS[code] ?? 'UNKNOWN';
  const error = { code, message, status, details };
  return new Refusal(`${status}: ${message}`, jsonAnswer(code, { error }, headers));
}

/** google.rpc.ErrorInfo, the machine-readable reason in `details`. */
export function errorInfo(
  reason: string,
  domain: string,
  metadata: Readonly<Record<string, string>>,
): unknown {
  return { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain, metadata };
}

export const invalidArgument = (message = 'Request contains an invalid argument.'): Refusal =>
  rpcRefusal(400, message);

/** Cloud Storage's JSON API: `errors` next to code and message, no `status`. */
export class StorageRefusal extends Refusal {
  readonly sentence: string;

  constructor(reason: string, sentence: string, answer: ServiceAnswer) {
    super(`${reason}: ${sentence}`, answer);
    this.sentence = sentence;
  }

  /** A refused download is no JSON: the sentence alone, where the content would be. */
  inPlainText(): Refusal {
    const { status, headers } = this.answer;
    const text = { ...headers, 'content-type': 'text/html; charset=UTF-8' };
    return new Refusal(this.message, { status, headers: text, body: this.sentence });
  }
}

export function storageRefusal(
  code: number,
  reason: string,
  message: string,
  more: {
    readonly location?: string;
    readonly domain?: string;
    readonly headers?: Record<string, string>;
  } = {},
): StorageRefusal {
  const entry = {
    message,
    domain: more.domain ?? 'global',
    reason,
    locationType: more.location === undefined ? undefined : 'header',
    location: more.location,
  };
  const body = { error: { code, message, errors: [entry] } };
  return new StorageRefusal(reason, message, jsonAnswer(code, body, more.headers));
}

/** What Google's front end says to a path no API has. */
export const noSuchPath = (path: string): Refusal =>
  new Refusal('no such path', {
    status: 404,
    headers: { 'content-type': 'text/html; charset=UTF-8' },
    body: `<!DOCTYPE html><title>Error 404 (Not Found)!!1</title><p>The requested URL <code>${escapeXml(path)}</code> was not found on this server.`,
  });

export type Notes = Record<string, string>;

/** Runs a handler, and writes into the answer's log note what was decided. */
export async function answering(
  notes: Notes,
  work: () => ServiceAnswer | Promise<ServiceAnswer>,
): Promise<ServiceAnswer> {
  try {
    const answer = await work();
    return { ...answer, log: { ...notes, verdict: 'allowed' } };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ...error.answer, log: { ...notes, verdict: error.message } };
  }
}

// Planted faults, in each API's own words.

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
