/**
 * The blob service's refusals, with the codes and sentences of "Common REST API error codes" and "Blob service
 * error codes" of Azure Storage; other sources are named.
 */
import type { ServiceAnswer, ServiceRequest, EmulatorRuntime } from '../../service.js';
import { newGuid } from '../guid.js';
import { ticks } from '../../runtime.js';
import { compactXml } from '../../xml.js';

export const PROLOGUE = '<?xml version="1.0" encoding="utf-8"?>';

export interface StorageRefusalExtras {
  readonly headers?: Readonly<Record<string, string>>;
  /** Elements besides Code and Message. */
  readonly details?: Readonly<Record<string, string>>;
}

export class StorageRefusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly extras: StorageRefusalExtras;

  constructor(status: number, code: string, message: string, extras: StorageRefusalExtras = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.extras = extras;
  }
}

const REFUSALS = {
  AccountRequiresHttps: [400, 'The account being accessed does not support http.'],
  InvalidAuthenticationInfo: [
    400,
    'Authentication information is not given in the correct format. Check the value of Authorization header.',
  ],
  EmptyMetadataKey: [400, 'The key for one of the metadata key-value pairs is empty.'],
  InvalidBlobOrBlock: [400, 'The specified blob or block content is invalid.'],
  InvalidBlockList: [400, 'The specified block list is invalid.'],
  InvalidHeaderValue: [400, 'The value for one of the HTTP headers is not in the correct format.'],
  InvalidMd5: [
    400,
    'The MD5 value specified in the request is invalid. The MD5 value must be 128 bits and Base64-encoded.',
  ],
  InvalidMetadata: [400, 'The metadata specified is invalid. It has characters that are not permitted.'],
  InvalidQueryParameterValue: [
    400,
    'Value for one of the query parameters specified in the request URI is invalid.',
  ],
  InvalidResourceName: [400, 'The specified resource name contains invalid characters.'],
  InvalidXmlDocument: [400, 'XML specified is not syntactically valid.'],
  InvalidUri: [400, 'The requested URI does not represent any resource on the server.'],
  Md5Mismatch: [
    400,
    'The MD5 value specified in the request did not match with the MD5 value calculated by the server.',
  ],
  MetadataTooLarge: [400, 'The size of the specified metadata exceeds the maximum size permitted.'],
  MultipleConditionHeadersNotSupported: [400, 'Multiple condition headers are not supported.'],
  /** Azure/Azurite, StorageErrorFactory: the sentence. */
  OutOfRangeInput: [400, 'The specified resource name length is not within the permissible limits.'],
  /** Azure/Azurite, StorageErrorFactory. */
  UnsatisfiableCondition: [400, 'The request includes an unsatisfiable condition for this operation.'],
  MissingRequiredHeader: [400, 'An HTTP header that is mandatory for this request is not specified.'],
  AuthorizationPermissionMismatch: [
    403,
    'This request is not authorized to perform this operation using this permission.',
  ],
  KeyBasedAuthenticationNotPermitted: [
    403,
    'Key based authentication is not permitted on this storage account.',
  ],
  BlobNotFound: [404, 'The specified blob does not exist.'],
  ContainerNotFound: [404, 'The specified container does not exist.'],
  ResourceNotFound: [404, 'The specified resource does not exist.'],
  BlobAlreadyExists: [409, 'The specified blob already exists.'],
  ContainerAlreadyExists: [409, 'The specified container already exists.'],
  PublicAccessNotPermitted: [409, 'Public access is not permitted on this storage account.'],
  MissingContentLengthHeader: [411, 'The Content-Length header was not specified.'],
  LeaseNotPresentWithBlobOperation: [412, 'There is currently no lease on the blob.'],
  LeaseNotPresentWithContainerOperation: [412, 'There is currently no lease on the container.'],
  ConditionNotMet: [412, 'The condition specified using HTTP conditional header(s) is not met.'],
  InvalidRange: [416, 'The range specified is invalid for the current size of the resource.'],
} as const;

export function blobRefusal(code: keyof typeof REFUSALS, extras?: StorageRefusalExtras): StorageRefusal {
  const [status, message] = REFUSALS[code];
  return new StorageRefusal(status, code, message, extras);
}

export const badHeader = (name: string, value: string): StorageRefusal =>
  blobRefusal('InvalidHeaderValue', { details: { HeaderName: name, HeaderValue: value } });

export const badQuery = (name: string, value: string): StorageRefusal =>
  blobRefusal('InvalidQueryParameterValue', {
    details: { QueryParameterName: name, QueryParameterValue: value },
  });

/** Not Azure's: what it can and the emulator can't must not look like a refusal of Azure's. */
export const notEmulated = (what: string): StorageRefusal =>
  new StorageRefusal(501, 'NotImplemented', `The emulator does not have this operation: ${what}.`);

/** What every answer of the service carries. */
export function standardHeaders(runtime: EmulatorRuntime, request: ServiceRequest): Record<string, string> {
  const id = newGuid(runtime);
  const caller = request.headers['x-ms-client-request-id'];
  const version = request.headers['x-ms-version'];
  return {
    server: 'Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0',
    // The service's ids end in zeros.
    'x-ms-request-id': `${id.slice(0, 30)}000000`,
    ...(version === undefined ? {} : { 'x-ms-version': version }),
    ...(caller === undefined || caller.length > 1024 ? {} : { 'x-ms-client-request-id': caller }),
  };
}

export function refusalAnswer(
  runtime: EmulatorRuntime,
  request: ServiceRequest,
  refused: StorageRefusal,
  log: Readonly<Record<string, string>>,
): ServiceAnswer {
  const headers = standardHeaders(runtime, request);
  const when = `RequestId:${headers['x-ms-request-id'] ?? ''}\nTime:${ticks(runtime.clock.now())}`;
  const said = { Code: refused.code, Message: `${refused.message}\n${when}`, ...refused.extras.details };
  return {
    status: refused.status,
    headers: {
      ...headers,
      'content-type': 'application/xml',
      'x-ms-error-code': refused.code,
      ...refused.extras.headers,
    },
    body: request.method === 'HEAD' ? '' : PROLOGUE + compactXml({ Error: said }),
    log: { ...log, verdict: refused.code },
  };
}
