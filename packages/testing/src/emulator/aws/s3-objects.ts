import type { ServiceAnswer, ServiceRequest } from '../service.js';
import { etagOf, type Bucket, type StoredObject } from './buckets.js';
import { notImplemented, refuseS3, s3Answer, type RequestIds } from './s3-answers.js';
import { authorize, denialOf, type S3Access } from './s3-authorization.js';
import { readPayload } from './s3-payload.js';
import type { Caller } from './sessions.js';

export interface ObjectRequest {
  readonly request: ServiceRequest;
  readonly bucket: Bucket;
  readonly key: string;
  readonly caller: Caller;
  readonly keys: S3Access['keys'];
  readonly now: number;
  readonly ids: RequestIds;
}

/** Headers that change what a request means and that aren't here: passing over them would be a kindness. */
const UNKNOWN_HEADERS =
  /^(?:range|if-(?:match|modified-since|unmodified-since)|x-amz-(?:copy-source.*|acl|grant-.*|tagging|object-lock-.*|server-side-encryption.*|storage-class|website-.*))$/;
const KEPT_HEADERS = /^(?:cache-control|content-(?:disposition|language|type)|expires|x-amz-meta-.+)$/;

const ACTIONS = {
  GET: 's3:GetObject',
  HEAD: 's3:GetObject',
  PUT: 's3:PutObject',
  DELETE: 's3:DeleteObject',
} as const;

const isObjectMethod = (method: string): method is keyof typeof ACTIONS => Object.hasOwn(ACTIONS, method);

export function answerObject(task: ObjectRequest): ServiceAnswer {
  const { request, bucket, key, caller, keys } = task;
  const { method, query, headers } = request;
  const parameter = [...query.keys()].find((name) => name !== 'x-id');
  if (parameter !== undefined) notImplemented(parameter);
  const header = Object.keys(headers).find((name) => UNKNOWN_HEADERS.test(name));
  if (header !== undefined) notImplemented(header);
  if (!isObjectMethod(method)) {
    return refuseS3('MethodNotAllowed', 405, 'The specified method is not allowed against this resource.', [
      ['Method', method],
      ['ResourceType', 'OBJECT'],
    ]);
  }
  authorize(caller, { action: ACTIONS[method], bucket, key, keys });
  if (method === 'PUT') return putObject(task);
  if (method === 'DELETE') {
    bucket.objects.delete(key);
    return s3Answer(204, {}, '', task.ids);
  }
  return getObject(task);
}

function putObject({ request, bucket, key, now, ids }: ObjectRequest): ServiceAnswer {
  const { headers } = request;
  const condition = headers['if-none-match'];
  if (condition !== undefined && condition !== '*') notImplemented('If-None-Match');
  if (Buffer.byteLength(key) > 1024) {
    refuseS3('KeyTooLongError', 400, 'Your key is too long', [['MaxSizeAllowed', 1024]]);
  }
  const { body, checksums } = readPayload(request);
  if (condition === '*' && bucket.objects.has(key)) {
    refuseS3('PreconditionFailed', 412, 'At least one of the pre-conditions you specified did not hold', [
      ['Condition', 'If-None-Match'],
    ]);
  }
  const encoding = (headers['content-encoding'] ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '' && one !== 'aws-chunked')
    .join(',');
  const object: StoredObject = {
    body: Uint8Array.from(body),
    etag: etagOf(body),
    lastModified: now,
    headers: {
      'content-type': 'binary/octet-stream',
      ...Object.fromEntries(Object.entries(headers).filter(([name]) => KEPT_HEADERS.test(name))),
      ...(encoding === '' ? {} : { 'content-encoding': encoding }),
      ...checksums,
    },
  };
  bucket.objects.set(key, object);
  const checksumType = Object.keys(checksums).length > 0 ? { 'x-amz-checksum-type': 'FULL_OBJECT' } : {};
  return s3Answer(200, { etag: object.etag, ...checksums, ...checksumType }, '', ids);
}

function getObject({ request, bucket, key, caller, keys, ids }: ObjectRequest): ServiceAnswer {
  if (request.headers['if-none-match'] !== undefined) notImplemented('If-None-Match');
  const object = bucket.objects.get(key);
  if (object === undefined) {
    // Whether a key exists is for those to know who may list.
    const denied = denialOf(caller, { action: 's3:ListBucket', bucket, key: undefined, keys });
    if (denied !== undefined) return refuseS3('AccessDenied', 403, denied);
    return refuseS3('NoSuchKey', 404, 'The specified key does not exist.', [['Key', key]]);
  }
  const checksums = request.headers['x-amz-checksum-mode'] === 'ENABLED';
  const kept = Object.entries(object.headers).filter(
    ([name]) => checksums || !name.startsWith('x-amz-checksum-'),
  );
  return s3Answer(
    200,
    {
      ...Object.fromEntries(kept),
      'content-length': String(object.body.byteLength),
      'last-modified': new Date(object.lastModified).toUTCString(),
      etag: object.etag,
    },
    request.method === 'HEAD' ? '' : object.body,
    ids,
  );
}
