/** Reading, listing and deleting objects. */
import { foldedName } from '../../folded-name.js';
import { httpDate, isoSeconds } from '../../runtime.js';
import type { ServiceAnswer } from '../../service.js';
import { jsonAnswer, storageRefusal } from '../google-errors.js';
import type { BucketCall } from './access.js';
import {
  assertNumbers,
  assertReadConditions,
  BUCKET_NUMBERS,
  numbersOf,
  rangeOf,
  refuseReadConditions,
} from './conditions.js';
import { etagOf, objectResource, type StoredObject } from './stored-object.js';

export function getBucket({ bucket, assertMay, request }: BucketCall): ServiceAnswer {
  assertMay('storage.buckets.get');
  assertNumbers(request.query, BUCKET_NUMBERS);
  return jsonAnswer(200, {
    kind: 'storage#bucket',
    id: bucket.name,
    name: bucket.name,
    selfLink: `https://www.googleapis.com/storage/v1/b/${bucket.name}`,
    location: 'US',
    locationType: 'multi-region',
    storageClass: 'STANDARD',
    metageneration: '1',
    timeCreated: isoSeconds(bucket.createdAt),
    etag: 'CAE=',
  });
}

/** @param etag as the XML API writes it; by default the JSON API's */
export function getObject(call: BucketCall, etag?: (object: StoredObject) => string): ServiceAnswer {
  const { query, headers } = call.request;
  call.assertMay('storage.objects.get');
  const object = heldObject(call);
  const tag = (etag ?? etagOf)(object);
  assertNumbers(query, numbersOf(object), tag);
  assertReadConditions(headers, object, tag);
  if (query.get('alt') !== 'media')
    return jsonAnswer(200, objectResource(call.bucket.name, object), { etag: tag });
  const size = object.content.byteLength;
  const range = rangeOf(headers['range'], size);
  const [first, last] = range ?? [0, size - 1];
  return {
    status: range === undefined ? 200 : 206,
    headers: {
      'content-type': object.fields.contentType ?? 'application/octet-stream',
      ...(object.fields.contentEncoding === undefined
        ? {}
        : { 'content-encoding': object.fields.contentEncoding }),
      'accept-ranges': 'bytes',
      'content-length': String(last - first + 1),
      'last-modified': httpDate(object.createdAt),
      ...hashHeaders(object),
      etag: tag,
      ...(range === undefined ? {} : { 'content-range': `bytes ${first}-${last}/${size}` }),
    },
    body: object.content.subarray(first, last + 1),
  };
}

export function deleteObject(call: BucketCall): ServiceAnswer {
  call.assertMay('storage.objects.delete');
  refuseReadConditions(call.request.headers);
  const object = heldObject(call);
  assertNumbers(call.request.query, numbersOf(object), etagOf(object));
  call.bucket.objects.delete(object.name);
  return { status: 204 };
}

export function listObjects({ bucket, request: { query }, assertMay }: BucketCall): ServiceAnswer {
  assertMay('storage.objects.list');
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const token = query.get('pageToken') ?? '';
  const from = Buffer.from(token, 'base64').toString();
  // Google's sentence for it is guessed.
  if (Buffer.from(from).toString('base64') !== token)
    throw storageRefusal(400, 'invalid', `Invalid value for pageToken: ${token}`);
  const entries = [...bucket.objects.values()]
    .filter(({ name }) => name.startsWith(prefix))
    .map((object) => ({ object, ...foldedName(object.name, prefix, delimiter) }))
    .filter(({ name }) => name > from)
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .filter(({ name }, index, all) => name !== all[index - 1]?.name);
  const page = entries.slice(0, pageSize(query.get('maxResults')));
  const prefixes = page.flatMap(({ folded, name }) => (folded ? [name] : []));
  const items = page.flatMap(({ folded, object }) => (folded ? [] : [objectResource(bucket.name, object)]));
  const last = entries.length > page.length ? page.at(-1)?.name : undefined;
  return jsonAnswer(200, {
    kind: 'storage#objects',
    ...(last === undefined ? {} : { nextPageToken: Buffer.from(last).toString('base64') }),
    ...(prefixes.length === 0 ? {} : { prefixes }),
    ...(items.length === 0 ? {} : { items }),
  });
}

/** What the official clients check a download and an upload by. */
export function hashHeaders(object: StoredObject): Record<string, string> {
  return {
    etag: etagOf(object),
    'x-goog-hash': `crc32c=${object.crc32c},md5=${object.md5Hash}`,
    'x-goog-generation': object.generation,
    'x-goog-metageneration': '1',
    'x-goog-storage-class': 'STANDARD',
    'x-goog-stored-content-encoding': object.fields.contentEncoding ?? 'identity',
    'x-goog-stored-content-length': String(object.content.byteLength),
  };
}

/** Of the generation that the request names: only the live one is there. */
function heldObject({ bucket, objectName, request }: BucketCall): StoredObject {
  const object = bucket.objects.get(objectName);
  const generation = request.query.get('generation');
  if (object !== undefined && (generation ?? object.generation) === object.generation) return object;
  const which = generation === null ? '' : `#${generation}`;
  throw storageRefusal(404, 'notFound', `No such object: ${bucket.name}/${objectName}${which}`);
}

/** The sentence is guessed. */
function pageSize(maxResults: string | null): number {
  const text = maxResults ?? '1000';
  if (!/^\d{1,10}$/.test(text))
    throw storageRefusal(400, 'invalidParameter', `Invalid value for maxResults: ${text}`);
  return Number(text) > 0 ? Math.min(Number(text), 1000) : 1000;
}
