import type { ServiceAnswer, EmulatorRuntime } from '../../service.js';
import { s3HostId, s3RequestId } from '../identifiers.js';
import { compactXml, type XmlElements } from '../../xml.js';

const PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** The status of each code that has not 400. */
const STATUS: Readonly<Record<string, number>> = {
  PermanentRedirect: 301,
  AccessDenied: 403,
  InvalidChunkSizeError: 403,
  InvalidAccessKeyId: 403,
  RequestTimeTooSkewed: 403,
  SignatureDoesNotMatch: 403,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  MethodNotAllowed: 405,
  ConditionalRequestConflict: 409,
  MissingContentLength: 411,
  PreconditionFailed: 412,
  InvalidRange: 416,
  NotImplemented: 501,
};

/** A refusal in S3's words; `details` are the elements that S3 adds to this code. */
export class S3Refusal extends Error {
  override readonly name = 'S3Refusal';
  readonly code: string;
  readonly status: number;
  readonly details: XmlElements;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: string,
    message: string,
    details: XmlElements = {},
    headers: Readonly<Record<string, string>> = {},
    status: number = STATUS[code] ?? 400,
  ) {
    super(message);
    this.code = code;
    this.status = status;
    this.details = details;
    this.headers = headers;
  }
}

export function refuseS3(...args: ConstructorParameters<typeof S3Refusal>): never {
  throw new S3Refusal(...args);
}

export const invalidArgument = (name: string, value: string, message: string): never =>
  refuseS3('InvalidArgument', message, { ArgumentName: name, ArgumentValue: value });

/** What this small S3 hasn't, said as S3 says it of what it hasn't. */
export const notImplemented = (what: string): never =>
  refuseS3(
    'NotImplemented',
    'A header or query you provided requests functionality that is not implemented.',
    { Header: what },
  );

/** The headers with the two ids of a request. */
export type RequestIds = Readonly<Record<'x-amz-request-id' | 'x-amz-id-2', string>>;

export const requestIds = (runtime: EmulatorRuntime): RequestIds => ({
  'x-amz-request-id': s3RequestId(runtime),
  'x-amz-id-2': s3HostId(runtime),
});

export const s3Answer = (
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array,
  ids: RequestIds,
): ServiceAnswer => ({ status, headers: { ...ids, ...headers }, body });

export const s3XmlAnswer = (root: XmlElements, ids: RequestIds): ServiceAnswer =>
  s3Answer(
    200,
    { 'content-type': 'application/xml' },
    PROLOGUE + compactXml(root, ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'),
    ids,
  );

/** A HEAD is refused without a body: all that is left of the code is the status. */
export function s3ErrorAnswer(
  { code, status, message, details, headers }: S3Refusal,
  method: string,
  ids: RequestIds,
): ServiceAnswer {
  const said = { RequestId: ids['x-amz-request-id'], HostId: ids['x-amz-id-2'] };
  const body = compactXml({ Error: { Code: code, Message: message, ...details, ...said } });
  return {
    status,
    headers: { ...ids, 'content-type': 'application/xml', ...headers },
    body: method === 'HEAD' ? '' : PROLOGUE + body,
    log: { verdict: code, reason: message },
  };
}

/** S3's own words for a planted fault. */
export function s3Fault(
  kind: 'throttle' | 'status',
  status: number | undefined,
  method: string,
  ids: RequestIds,
): ServiceAnswer {
  const at = kind === 'throttle' ? 503 : (status ?? 500);
  const [code, message] = kind === 'throttle' ? THROTTLED : faultWords(at);
  return s3ErrorAnswer(new S3Refusal(code, message, {}, {}, at), method, ids);
}

const THROTTLED = ['SlowDown', 'Please reduce your request rate.'] as const;

function faultWords(status: number): readonly [code: string, message: string] {
  if (status === 503) return ['ServiceUnavailable', 'Service is unable to handle request.'];
  if (status >= 500) return ['InternalError', 'We encountered an internal error. Please try again.'];
  return status === 403 ? ['AccessDenied', 'Access Denied'] : ['InvalidRequest', 'The request is not valid.'];
}
