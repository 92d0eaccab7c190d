import type { ServiceAnswer, EmulatorRuntime } from '../../service.js';
import { s3HostId, s3RequestId } from '../identifiers.js';
import { compactXml, type XmlNode } from '../xml.js';

const PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** A refusal in S3's words; `details` are the elements that S3 adds to this code. */
export class S3Refusal extends Error {
  override readonly name = 'S3Refusal';
  readonly code: string;
  readonly status: number;
  readonly details: readonly XmlNode[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: string,
    status: number,
    message: string,
    details: readonly XmlNode[] = [],
    headers: Readonly<Record<string, string>> = {},
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

/** What this small S3 hasn't, said as S3 says it of what it hasn't. */
export const notImplemented = (what: string): never =>
  refuseS3(
    'NotImplemented',
    501,
    'A header or query you provided requests functionality that is not implemented.',
    [['Header', what]],
  );

export interface RequestIds {
  readonly requestId: string;
  readonly hostId: string;
}

export const requestIds = (runtime: EmulatorRuntime): RequestIds => ({
  requestId: s3RequestId(runtime),
  hostId: s3HostId(runtime),
});

const idHeaders = ({ requestId, hostId }: RequestIds) => ({
  'x-amz-request-id': requestId,
  'x-amz-id-2': hostId,
});

export const s3Answer = (
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array,
  ids: RequestIds,
): ServiceAnswer => ({ status, headers: { ...idHeaders(ids), ...headers }, body });

export const s3XmlAnswer = (root: XmlNode, ids: RequestIds): ServiceAnswer =>
  s3Answer(
    200,
    { 'content-type': 'application/xml' },
    PROLOGUE + compactXml(root, ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'),
    ids,
  );

/** A HEAD is refused without a body: all that is left of the code is the status. */
export function s3ErrorAnswer(error: S3Refusal, method: string, ids: RequestIds): ServiceAnswer {
  const body = compactXml([
    'Error',
    [
      ['Code', error.code],
      ['Message', error.message],
      ...error.details,
      ['RequestId', ids.requestId],
      ['HostId', ids.hostId],
    ],
  ]);
  return {
    status: error.status,
    headers: { ...idHeaders(ids), 'content-type': 'application/xml', ...error.headers },
    body: method === 'HEAD' ? '' : PROLOGUE + body,
    log: { verdict: error.code, reason: error.message },
  };
}

/** S3's own words for a planted fault. */
export function s3Fault(
  kind: 'throttle' | 'status',
  status: number | undefined,
  method: string,
  ids: RequestIds,
): ServiceAnswer {
  const code = kind === 'throttle' ? 503 : (status ?? 500);
  const error =
    kind === 'throttle'
      ? new S3Refusal('SlowDown', code, 'Please reduce your request rate.')
      : code === 503
        ? new S3Refusal('ServiceUnavailable', code, 'Service is unable to handle request.')
        : code >= 500
          ? new S3Refusal('InternalError', code, 'We encountered an internal error. Please try again.')
          : code === 403
            ? new S3Refusal('AccessDenied', code, 'Access Denied')
            : new S3Refusal('InvalidRequest', code, 'The request is not valid.');
  return s3ErrorAnswer(error, method, ids);
}
