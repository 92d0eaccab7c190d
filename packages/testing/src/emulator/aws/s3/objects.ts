import type { ServiceAnswer, EmulatorRuntime } from '../../service.js';
import { etagOf, type StoredObject } from './buckets.js';
import { invalidArgument, notImplemented, refuseS3, s3Answer } from './responses.js';
import {
  authorize,
  denialOf,
  checkAccessControlList,
  keptHeaders,
  refuseUnknownHeaders,
  type S3Access,
  type ObjectRequest,
} from './object-request.js';
import {
  checkDeleteConditions,
  checkWriteConditions,
  isUnmodified,
  rangeOf,
  refuseOtherConditions,
} from './conditions.js';
import { DEFAULT_CHECKSUM, checksumOf } from './checksums.js';
import { completeUpload } from './complete.js';
import { abortUpload, createUpload, listParts, uploadPart } from './multipart.js';
import { readPayload } from './payload.js';

interface Operation {
  readonly action: S3Access['action'];
  /** Parameters that choose it; all of them must be there. */
  readonly chosenBy: readonly string[];
  /** Further parameters that it takes. */
  readonly takes: readonly string[];
  readonly conditions: Parameters<typeof refuseOtherConditions>[1];
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
  conditions: 'read',
  answer: getObject,
};

/** By method; what more parameters choose comes first. */
const OPERATIONS: Readonly<Record<string, readonly Operation[]>> = {
  GET: [
    {
      action: 's3:ListMultipartUploadParts',
      chosenBy: ['uploadId'],
      takes: ['max-parts', 'part-number-marker'],
      conditions: 'other',
      answer: listParts,
    },
    READ,
  ],
  HEAD: [READ],
  PUT: [
    {
      action: 's3:PutObject',
      chosenBy: ['partNumber', 'uploadId'],
      takes: [],
      conditions: 'other',
      answer: uploadPart,
    },
    { action: 's3:PutObject', chosenBy: [], takes: [], conditions: 'write', answer: putObject },
  ],
  POST: [
    { action: 's3:PutObject', chosenBy: ['uploads'], takes: [], conditions: 'other', answer: createUpload },
    {
      action: 's3:PutObject',
      chosenBy: ['uploadId'],
      takes: [],
      conditions: 'write',
      answer: completeUpload,
    },
  ],
  DELETE: [
    {
      action: 's3:AbortMultipartUpload',
      chosenBy: ['uploadId'],
      takes: [],
      conditions: 'other',
      answer: abortUpload,
    },
    { action: 's3:DeleteObject', chosenBy: [], takes: [], conditions: 'delete', answer: deleteObject },
  ],
};

export function answerObject(sent: ObjectRequest, runtime: EmulatorRuntime): ServiceAnswer {
  const { request, bucket, key, caller } = sent;
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
  refuseOtherConditions(headers, operation.conditions);
  const keys = {
    ...sent.keys,
    's3:if-match': headers['if-match'],
    's3:if-none-match': headers['if-none-match'],
    's3:x-amz-acl': headers['x-amz-acl'],
    's3:x-amz-storage-class': headers['x-amz-storage-class'],
    ...(operation.action === 's3:PutObject'
      ? { 's3:ObjectCreationOperation': operation.conditions === 'write' }
      : {}),
  };
  const task = { ...sent, keys };
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
  checkWriteConditions(task);
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

function deleteObject(task: ObjectRequest): ServiceAnswer {
  const { bucket, key, ids } = task;
  checkDeleteConditions(task);
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
  const range = rangeOf(request.headers, object);
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
      if (value === null) return [];
      if (/[^\t\x20-\x7e\x80-\xff]/.test(value))
        invalidArgument(`response-${name}`, value, 'Header value cannot be represented using ISO-8859-1.');
      return [[name, value]];
    }),
  );
