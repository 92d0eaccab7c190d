import type { ServiceAnswer, EmulatorRuntime } from '../../service.js';
import { etagOf, type StoredObject } from './buckets.js';
import { notImplemented, refuseS3, s3Answer } from './responses.js';
import {
  authorize,
  denialOf,
  checkAccessControlList,
  keptHeaders,
  preconditionFailed,
  refuseOverwrite,
  refuseUnknownHeaders,
  type S3Access,
  type ObjectRequest,
} from './object-request.js';
import { DEFAULT_CHECKSUM, checksumOf } from './checksums.js';
import { completeUpload } from './complete.js';
import { abortUpload, createUpload, listParts, uploadPart } from './multipart.js';
import { readPayload } from './payload.js';

// What GetObject and HeadObject make of conditions and ranges (RFC 9110, sections 13 and 14, as S3 reads them).

type Headers = Readonly<Record<string, string>>;

/** Whether `304 Not Modified` is the answer. Dates that cannot be read, and dates in the future, are as if not there. */
export function isUnmodified(headers: Headers, object: StoredObject, now: number): boolean {
  // HTTP dates have no milliseconds.
  const modified = Math.floor(object.lastModified / 1000) * 1000;
  const match = headers['if-match'];
  if (match !== undefined) {
    if (!isAmong(match, object.etag)) preconditionFailed('If-Match');
  } else if (modified > (dateOf(headers['if-unmodified-since']) ?? Infinity))
    preconditionFailed('If-Unmodified-Since');

  const noneMatch = headers['if-none-match'];
  if (noneMatch !== undefined) return isAmong(noneMatch, object.etag);
  const since = dateOf(headers['if-modified-since']);
  return since !== undefined && since <= now && modified <= since;
}

const isAmong = (list: string, etag: string): boolean =>
  list
    .split(',')
    .map((one) => one.trim())
    .some((one) => one === '*' || one === etag || `"${one}"` === etag);

function dateOf(text: string | undefined): number | undefined {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? undefined : time;
}

/**
 * First and last byte. Undefined for the whole: without the header, where it is no range of bytes, and for several
 * ranges at once, which S3 does not serve.
 */
export function rangeOf(header: string | undefined, size: number): readonly [number, number] | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (header === undefined || first + last === '' || (first !== '' && last !== '' && +first > +last))
    return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start <= end) return [start, end];
  return refuseS3(
    'InvalidRange',
    'The requested range is not satisfiable',
    { RangeRequested: header, ActualObjectSize: size },
    { 'content-range': `bytes */${size}` },
  );
}

interface Operation {
  readonly action: S3Access['action'];
  /** Parameters that choose it; all of them must be there. */
  readonly chosenBy: readonly string[];
  /** Further parameters that it takes. */
  readonly takes: readonly string[];
  readonly answer: (task: ObjectRequest, runtime: EmulatorRuntime) => ServiceAnswer;
}

/** The headers of an answer that a signed request may name itself. */
const OVERRIDES = ['cache-control', 'content-disposition', 'content-encoding'].concat([
  'content-language',
  'content-type',
  'expires',
]);
const READ: Operation = {
  action: 's3:GetObject',
  chosenBy: [],
  takes: OVERRIDES.map((name) => `response-${name}`),
  answer: getObject,
};

/** By method; what more parameters choose comes first. */
const OPERATIONS: Readonly<Record<string, readonly Operation[]>> = {
  GET: [
    {
      action: 's3:ListMultipartUploadParts',
      chosenBy: ['uploadId'],
      takes: ['max-parts', 'part-number-marker'],
      answer: listParts,
    },
    READ,
  ],
  HEAD: [READ],
  PUT: [
    { action: 's3:PutObject', chosenBy: ['partNumber', 'uploadId'], takes: [], answer: uploadPart },
    { action: 's3:PutObject', chosenBy: [], takes: [], answer: putObject },
  ],
  POST: [
    { action: 's3:PutObject', chosenBy: ['uploads'], takes: [], answer: createUpload },
    { action: 's3:PutObject', chosenBy: ['uploadId'], takes: [], answer: completeUpload },
  ],
  DELETE: [
    { action: 's3:AbortMultipartUpload', chosenBy: ['uploadId'], takes: [], answer: abortUpload },
    { action: 's3:DeleteObject', chosenBy: [], takes: [], answer: deleteObject },
  ],
};

export function answerObject(task: ObjectRequest, runtime: EmulatorRuntime): ServiceAnswer {
  const { request, bucket, key, caller, keys } = task;
  const { method, query, headers } = request;
  const operation = OPERATIONS[method]?.find(({ chosenBy }) => chosenBy.every((name) => query.has(name)));
  const known = ['x-id', ...(operation?.chosenBy ?? []), ...(operation?.takes ?? [])];
  const parameter = [...query.keys()].find((name) => !known.includes(name));
  if (parameter !== undefined) notImplemented(parameter);
  refuseUnknownHeaders(headers);
  if (operation === undefined) {
    return refuseS3('MethodNotAllowed', 'The specified method is not allowed against this resource.', {
      Method: method,
      ResourceType: 'OBJECT',
    });
  }
  authorize(caller, { action: operation.action, bucket, key, keys });
  if (operation.action === 's3:PutObject') checkAccessControlList(task);
  if (Buffer.byteLength(key) > 1024) {
    refuseS3('KeyTooLongError', 'Your key is too long', {
      Size: Buffer.byteLength(key),
      MaxSizeAllowed: 1024,
    });
  }
  return operation.answer(task, runtime);
}

function putObject(task: ObjectRequest): ServiceAnswer {
  const { request, bucket, key, now, ids } = task;
  const { body, checksums } = readPayload(request);
  refuseOverwrite(task);
  const { algorithm, type } = DEFAULT_CHECKSUM;
  const said = {
    ...(Object.keys(checksums).length > 0
      ? checksums
      : { [`x-amz-checksum-${algorithm}`]: checksumOf(algorithm, body) }),
    'x-amz-checksum-type': type,
  };
  const object: StoredObject = {
    body: Uint8Array.from(body),
    etag: etagOf(body),
    lastModified: now,
    headers: { ...keptHeaders(request.headers), ...said },
  };
  bucket.objects.set(key, object);
  return s3Answer(200, { etag: object.etag, ...said }, '', ids);
}

function deleteObject({ bucket, key, ids }: ObjectRequest): ServiceAnswer {
  bucket.objects.delete(key);
  return s3Answer(204, {}, '', ids);
}

function storedObject({ bucket, key, caller, keys }: ObjectRequest): StoredObject {
  const object = bucket.objects.get(key);
  if (object !== undefined) return object;
  // Whether a key exists is for those to know who may list.
  const denied = denialOf(caller, { action: 's3:ListBucket', bucket, key: undefined, keys });
  if (denied !== undefined) return refuseS3('AccessDenied', denied);
  return refuseS3('NoSuchKey', 'The specified key does not exist.', { Key: key });
}

/** GetObject and HeadObject. */
function getObject(task: ObjectRequest): ServiceAnswer {
  const { request, ids, now } = task;
  const object = storedObject(task);
  const validators = {
    'last-modified': new Date(object.lastModified).toUTCString(),
    etag: object.etag,
  };
  if (isUnmodified(request.headers, object, now)) return s3Answer(304, validators, '', ids);
  const size = object.body.byteLength;
  const range = rangeOf(request.headers['range'], size);
  // What is said of the whole says nothing of a part of it.
  const checksums = request.headers['x-amz-checksum-mode'] === 'ENABLED' && range === undefined;
  const kept = Object.entries(object.headers).filter(
    ([name]) => checksums || !name.startsWith('x-amz-checksum-'),
  );
  const [start, end] = range ?? [0, size - 1];
  const headers = {
    ...Object.fromEntries(kept),
    ...overrides(request.query),
    ...validators,
    'accept-ranges': 'bytes',
    'content-length': String(end - start + 1),
    ...(range === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${size}` }),
  };
  const body = request.method === 'HEAD' ? '' : object.body.subarray(start, end + 1);
  return s3Answer(range === undefined ? 200 : 206, headers, body, ids);
}

const overrides = (query: URLSearchParams): Record<string, string> =>
  Object.fromEntries(
    OVERRIDES.flatMap((name) => {
      const value = query.get(`response-${name}`);
      return value === null ? [] : [[name, value]];
    }),
  );
