import type { ServiceAnswer } from '../../service.js';
import { indentedXml, type XmlElements } from '../../xml.js';

const STS_NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';
/** Of errors that arise before an operation is found. */
const FAULT_NAMESPACE = 'http://webservices.amazon.com/AWSFault/2005-15-09';

/** The status of each code that has not 400. */
const STATUS: Readonly<Record<string, number>> = {
  AccessDenied: 403,
  ExpiredToken: 403,
  InvalidClientTokenId: 403,
  MissingAuthenticationToken: 403,
  RegionDisabledException: 403,
  SignatureDoesNotMatch: 403,
};

/** A refusal, thrown where it is found and answered in one place. */
export class StsRefusal extends Error {
  override readonly name = 'StsRefusal';
  readonly code: string;
  readonly status: number;
  /** What the wire doesn't say and a test wants to know: goes to the log, never into the answer. */
  readonly why: string | undefined;

  constructor(code: string, message: string, why?: string, status: number = STATUS[code] ?? 400) {
    super(message);
    this.code = code;
    this.status = status;
    this.why = why;
  }
}

export function refuse(code: string, message: string, why?: string): never {
  throw new StsRefusal(code, message, why);
}

export const validationError = (message: string): never => refuse('ValidationError', message);

/** STS repeats a bad value to its sender; the log must not, where a token was put in the wrong place. */
export const withoutTokens = (text: string): string => text.replace(/eyJ[\w-]+(?:\.[\w-]*)*/g, '(a token)');

const headersOf = (requestId: string) => ({ 'content-type': 'text/xml', 'x-amzn-requestid': requestId });

export function stsAnswer(action: string, result: XmlElements, requestId: string): ServiceAnswer {
  const response = { [`${action}Result`]: result, ResponseMetadata: { RequestId: requestId } };
  return {
    status: 200,
    headers: headersOf(requestId),
    body: indentedXml({ [`${action}Response`]: response }, ` xmlns="${STS_NAMESPACE}"`),
  };
}

export function stsErrorAnswer(error: StsRefusal, requestId: string): ServiceAnswer {
  const namespace = error.code === 'InvalidAction' ? FAULT_NAMESPACE : STS_NAMESPACE;
  const said = {
    Type: error.status >= 500 ? 'Receiver' : 'Sender',
    Code: error.code,
    Message: error.message === '' ? undefined : error.message,
  };
  return {
    status: error.status,
    headers: headersOf(requestId),
    body: indentedXml({ ErrorResponse: { Error: said, RequestId: requestId } }, ` xmlns="${namespace}"`),
    log: {
      verdict: error.code,
      reason: withoutTokens(error.message),
      ...(error.why === undefined ? {} : { why: error.why }),
    },
  };
}

/** Where a request that names no action is sent: to the page about IAM. */
export const noActionAnswer = (requestId: string, rawQuery: string): ServiceAnswer => ({
  status: 302,
  headers: {
    location: `https://aws.amazon.com/iam${rawQuery === '' ? '' : `?${rawQuery}`}`,
    'x-amzn-requestid': requestId,
  },
  body: '',
  log: { verdict: 'no action' },
});

export const unknownOperationAnswer = (requestId: string): ServiceAnswer => ({
  status: 404,
  headers: { 'x-amzn-requestid': requestId },
  body: '<UnknownOperationException/>\n',
  log: { verdict: 'UnknownOperationException' },
});

/** STS's own words for a planted fault. */
export function stsFault(
  kind: 'throttle' | 'status',
  status: number | undefined,
  requestId: string,
): ServiceAnswer {
  if (kind === 'throttle') return stsErrorAnswer(new StsRefusal('Throttling', 'Rate exceeded'), requestId);
  const at = status ?? 500;
  const [code, message] = faultWords(at);
  return stsErrorAnswer(new StsRefusal(code, message, undefined, at), requestId);
}

function faultWords(status: number): readonly [code: string, message: string] {
  if (status === 503)
    return ['ServiceUnavailable', 'The request has failed due to a temporary failure of the server.'];
  if (status >= 500)
    return [
      'InternalFailure',
      'The request processing has failed because of an unknown error, exception or failure.',
    ];
  return status === 403
    ? ['AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity']
    : ['ValidationError', 'The input fails to satisfy the constraints specified by an AWS service.'];
}
