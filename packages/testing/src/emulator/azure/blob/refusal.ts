/**
 * The blob service's refusals, with the codes and sentences of "Common REST API error codes" and "Blob service
 * error codes" of Azure Storage; other sources are named.
 */
import type { ServiceAnswer, ServiceRequest, EmulatorRuntime } from '../../service.js';
import { newGuid } from '../guid.js';
import { ticks } from '../ticks.js';
import { xmlText } from './xml-text.js';

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

export const blobRefusals = {
  accountRequiresHttps: (): StorageRefusal =>
    new StorageRefusal(400, 'AccountRequiresHttps', 'The account being accessed does not support http.'),
  resourceNotFound: (): StorageRefusal =>
    new StorageRefusal(404, 'ResourceNotFound', 'The specified resource does not exist.'),
  containerNotFound: (): StorageRefusal =>
    new StorageRefusal(404, 'ContainerNotFound', 'The specified container does not exist.'),
  containerExists: (): StorageRefusal =>
    new StorageRefusal(409, 'ContainerAlreadyExists', 'The specified container already exists.'),
  blobNotFound: (): StorageRefusal =>
    new StorageRefusal(404, 'BlobNotFound', 'The specified blob does not exist.'),
  blobExists: (): StorageRefusal =>
    new StorageRefusal(409, 'BlobAlreadyExists', 'The specified blob already exists.'),
  conditionNotMet: (): StorageRefusal =>
    new StorageRefusal(
      412,
      'ConditionNotMet',
      'The condition specified using HTTP conditional header(s) is not met.',
    ),
  resourceName: (): StorageRefusal =>
    new StorageRefusal(
      400,
      'InvalidResourceName',
      'The specified resource name contains invalid characters.',
    ),
  uri: (): StorageRefusal =>
    new StorageRefusal(400, 'InvalidUri', 'The requested URI does not represent any resource on the server.'),
  blockList: (): StorageRefusal =>
    new StorageRefusal(400, 'InvalidBlockList', 'The specified block list is invalid.'),
  blobOrBlock: (): StorageRefusal =>
    new StorageRefusal(400, 'InvalidBlobOrBlock', 'The specified blob or block content is invalid.'),
  keyNotPermitted: (): StorageRefusal =>
    new StorageRefusal(
      403,
      'KeyBasedAuthenticationNotPermitted',
      'Key based authentication is not permitted on this storage account.',
    ),
  permission: (): StorageRefusal =>
    new StorageRefusal(
      403,
      'AuthorizationPermissionMismatch',
      'This request is not authorized to perform this operation using this permission.',
    ),
  authorizationFormat: (): StorageRefusal =>
    new StorageRefusal(
      400,
      'InvalidAuthenticationInfo',
      'Authentication information is not given in the correct format. Check the value of Authorization header.',
    ),
  md5: (given: string, calculated: string): StorageRefusal =>
    new StorageRefusal(
      400,
      'Md5Mismatch',
      'The MD5 value specified in the request did not match with the MD5 value calculated by the server.',
      { details: { UserSpecifiedMd5: given, ServerCalculatedMd5: calculated } },
    ),
  range: (size: number): StorageRefusal =>
    new StorageRefusal(
      416,
      'InvalidRange',
      'The range specified is invalid for the current size of the resource.',
      {
        headers: { 'content-range': `bytes */${String(size)}` },
      },
    ),
  header: (name: string, value: string): StorageRefusal =>
    new StorageRefusal(
      400,
      'InvalidHeaderValue',
      'The value for one of the HTTP headers is not in the correct format.',
      {
        details: { HeaderName: name, HeaderValue: value },
      },
    ),
  missingHeader: (name: string): StorageRefusal =>
    new StorageRefusal(
      400,
      'MissingRequiredHeader',
      'An HTTP header that is mandatory for this request is not specified.',
      {
        details: { HeaderName: name },
      },
    ),
  query: (name: string, value: string): StorageRefusal =>
    new StorageRefusal(
      400,
      'InvalidQueryParameterValue',
      'Value for one of the query parameters specified in the request URI is invalid.',
      { details: { QueryParameterName: name, QueryParameterValue: value } },
    ),
  /** Not Azure's: what it can and the emulator can't must not look like a refusal of Azure's. */
  notEmulated: (what: string): StorageRefusal =>
    new StorageRefusal(501, 'NotImplemented', `The emulator does not have this operation: ${what}.`),
} as const;

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
  const details = Object.entries(refused.extras.details ?? {})
    .map(([name, value]) => `<${name}>${xmlText(value)}</${name}>`)
    .join('');
  const xml = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${refused.code}</Code><Message>${xmlText(refused.message)}\n${when}</Message>${details}</Error>`;
  return {
    status: refused.status,
    headers: {
      ...headers,
      'content-type': 'application/xml',
      'x-ms-error-code': refused.code,
      ...refused.extras.headers,
    },
    body: request.method === 'HEAD' ? '' : xml,
    log: { ...log, verdict: refused.code },
  };
}
