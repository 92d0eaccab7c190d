/** A request for an object, and what its headers say of every operation alike. */

import type { ServiceRequest } from '../../service.js';
import type { Bucket } from './buckets.js';
import { notImplemented, refuseS3, type RequestIds } from './responses.js';
import { authorize, type S3Access } from './authorization.js';
import type { Caller } from '../sessions.js';

export interface ObjectRequest {
  readonly request: ServiceRequest;
  readonly bucket: Bucket;
  readonly key: string;
  readonly caller: Caller;
  readonly keys: S3Access['keys'];
  readonly now: number;
  readonly ids: RequestIds;
}

type Headers = Readonly<Record<string, string>>;

/** They change what a request means: passing over them would be a kindness. */
const UNKNOWN =
  /^x-amz-(?:copy-source.*|tagging|object-lock-.*|server-side-encryption.*|storage-class|website-.*|write-offset-bytes)$/;
const KEPT = /^(?:cache-control|content-(?:disposition|language|type)|expires|x-amz-meta-.+)$/;

export function refuseUnknownHeaders(headers: Headers): void {
  const isUsual = (name: string): boolean => name === 'x-amz-storage-class' && headers[name] === 'STANDARD';
  const header = Object.keys(headers).find((name) => UNKNOWN.test(name) && !isUsual(name));
  if (header !== undefined) notImplemented(header);
}

/** What is given back with an object that is stored with these headers. */
export function keptHeaders(headers: Headers): Headers {
  const encoding = (headers['content-encoding'] ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '' && one !== 'aws-chunked')
    .join(',');
  return {
    'content-type': 'binary/octet-stream',
    ...Object.fromEntries(Object.entries(headers).filter(([name]) => KEPT.test(name))),
    ...(encoding === '' ? {} : { 'content-encoding': encoding }),
  };
}

/** `If-None-Match: *` on what writes an object. */
export function refuseOverwrite({ request, bucket, key }: ObjectRequest): void {
  const condition = request.headers['if-none-match'];
  if (request.headers['if-match'] !== undefined) notImplemented('If-Match');
  if (condition === undefined) return;
  if (condition !== '*') notImplemented('If-None-Match');
  if (bucket.objects.has(key)) {
    refuseS3('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
      Condition: 'If-None-Match',
    });
  }
}

/** Buckets are as they are created today: their access control lists are off, and only what changes nothing is accepted. */
export function checkAccessControlList(task: ObjectRequest): void {
  const { caller, bucket, key, keys, request } = task;
  const names = Object.keys(request.headers).filter((name) => /^x-amz-(?:acl$|grant-)/.test(name));
  if (names.length === 0) return;
  authorize(caller, { action: 's3:PutObjectAcl', bucket, key, keys });
  if (names.length === 1 && request.headers['x-amz-acl'] === 'bucket-owner-full-control') return;
  refuseS3('AccessControlListNotSupported', 'The bucket does not allow ACLs');
}
