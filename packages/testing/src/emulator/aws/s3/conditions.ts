/** Conditions and ranges of requests for an object (RFC 9110, sections 13 and 14, as S3 reads them). */

import { parseHttpDate } from '../../runtime.js';
import type { MultipartUpload, StoredObject } from './buckets.js';
import { authorize, type ObjectRequest } from './object-request.js';
import { notImplemented, refuseS3 } from './responses.js';

type Headers = Readonly<Record<string, string>>;

type Kind = 'read' | 'write' | 'delete' | 'other';

/** By what a request does. "These APIs don't accept conditional headers", says AWS of CreateMultipartUpload and UploadPart. */
const ACCEPTED: Readonly<Record<Kind, readonly string[]>> = {
  read: ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'if-range'],
  write: ['if-match', 'if-none-match'],
  delete: ['if-match'],
  other: [],
};

/** Refuses a condition that S3 is not documented to judge here: a request that depends on it must not be done without. */
export function refuseOtherConditions(headers: Headers, kind: Kind): void {
  const other = ACCEPTED.read.find((name) => headers[name] !== undefined && !ACCEPTED[kind].includes(name));
  if (other !== undefined) notImplemented(other);
}

const failed = (condition: string): never =>
  refuseS3('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    Condition: condition,
  });

const notAccepted = (header: string, additionalMessage?: string): never =>
  refuseS3('NotImplemented', 'A header you provided implies functionality that is not implemented', {
    Header: header,
    additionalMessage,
  });

/** Whether `304 Not Modified` is the answer. Dates that cannot be read, and dates in the future, are as if not there. */
export function isUnmodified(headers: Headers, object: StoredObject, now: number): boolean {
  const modified = inSeconds(object);
  const match = headers['if-match'];
  if (match !== undefined) {
    if (!isAmong(match, object.etag)) failed('If-Match');
  } else if (modified > (dateOf(headers['if-unmodified-since']) ?? Infinity)) failed('If-Unmodified-Since');

  const noneMatch = headers['if-none-match'];
  if (noneMatch !== undefined) return isAmong(noneMatch, object.etag);
  const since = dateOf(headers['if-modified-since']);
  return since !== undefined && since <= now && modified <= since;
}

/** HTTP dates have no milliseconds. */
const inSeconds = ({ lastModified }: StoredObject): number => Math.floor(lastModified / 1000) * 1000;

const isSame = (tag: string, etag: string): boolean => tag === etag || `"${tag}"` === etag;

const isAmong = (list: string, etag: string): boolean =>
  list
    .split(',')
    .map((one) => one.trim())
    .some((one) => one === '*' || isSame(one, etag));

const ISO_DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

const dateOf = (text = ''): number | undefined =>
  ISO_DATE.test(text) ? Date.parse(text) : parseHttpDate(text);

/** If-Match and If-None-Match of what writes an object. @param upload the upload that becomes the object */
export function checkWriteConditions(task: ObjectRequest, upload?: MultipartUpload): void {
  const { request, bucket, key, caller, keys } = task;
  const { 'if-match': match, 'if-none-match': noneMatch } = request.headers;
  if (match !== undefined && noneMatch !== undefined)
    notAccepted('If-Match,If-None-Match', 'Multiple conditional request headers present in the request');
  if (noneMatch !== undefined && noneMatch !== '*') valueNotAccepted('If-None-Match');
  if (match === '*') valueNotAccepted('If-Match');
  const object = bucket.objects.get(key);
  if (noneMatch !== undefined && object !== undefined) failed('If-None-Match');
  if (match !== undefined) {
    // Whether an ETag matches is for those to know who may read.
    authorize(caller, { action: 's3:GetObject', bucket, key, keys });
    matched(match, object, key);
  }
  const condition = match === undefined ? 'If-None-Match' : 'If-Match';
  if (upload !== undefined && (match ?? noneMatch) !== undefined && upload.replaces !== object)
    refuseS3(
      'ConditionalRequestConflict',
      'The conditional request cannot succeed due to a conflicting operation against this resource.',
      { Condition: condition, Key: key },
    );
}

const valueNotAccepted = (header: string): never =>
  notAccepted(header, `We don't accept the provided value of ${header} header for this API`);

/** If-Match of DeleteObject. The other two conditions are those of directory buckets. */
export function checkDeleteConditions({ request, bucket, key, caller, keys }: ObjectRequest): void {
  const { headers } = request;
  for (const name of ['x-amz-if-match-last-modified-time', 'x-amz-if-match-size'])
    if (headers[name] !== undefined) notAccepted(name);
  const match = headers['if-match'];
  if (match === undefined) return;
  if (match !== '*') authorize(caller, { action: 's3:GetObject', bucket, key, keys });
  // Guessed: AWS does not say what it answers where there is no such object.
  matched(match, bucket.objects.get(key), key);
}

function matched(match: string, object: StoredObject | undefined, key: string): void {
  if (object === undefined) return refuseS3('NoSuchKey', 'The specified key does not exist.', { Key: key });
  if (match !== '*' && !isSame(match, object.etag)) failed('If-Match');
}

/**
 * First and last byte. Undefined for the whole: without the header, where it is no range of bytes, for several ranges at
 * once, which S3 does not serve, and where If-Range names another object than this (S3's reference is silent on it, so
 * this is RFC 9110's, section 13.1.5).
 */
export function rangeOf(headers: Headers, object: StoredObject): readonly [number, number] | undefined {
  const size = object.body.byteLength;
  const { range, 'if-range': ifRange } = headers;
  if (ifRange !== undefined && ifRange !== object.etag && dateOf(ifRange) !== inSeconds(object))
    return undefined;
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range ?? '') ?? [];
  if (range === undefined || first + last === '' || (first !== '' && last !== '' && +first > +last))
    return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start <= end) return [start, end];
  return refuseS3(
    'InvalidRange',
    'The requested range is not satisfiable',
    { RangeRequested: range, ActualObjectSize: size },
    { 'content-range': `bytes */${size}` },
  );
}
