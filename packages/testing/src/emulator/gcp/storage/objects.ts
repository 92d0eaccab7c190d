/** Reading, listing and deleting objects. */
import { foldedName } from '../../folded-name.js';
import { isoSeconds } from '../../runtime.js';
import type { ServiceAnswer } from '../../service.js';
import { jsonAnswer, storageRefusal } from '../google-errors.js';
import type { BucketCall } from './access.js';
import { etagOf, objectResource, type StoredObject } from './stored-object.js';

export function getBucket({ bucket, assertMay }: BucketCall): ServiceAnswer {
  assertMay('storage.buckets.get');
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

export function getObject(call: BucketCall): ServiceAnswer {
  call.assertMay('storage.objects.get');
  const object = heldObject(call);
  assertGeneration(call, object);
  if (call.request.query.get('alt') !== 'media')
    return jsonAnswer(200, objectResource(call.bucket.name, object), { etag: etagOf(object) });
  return {
    status: 200,
    headers: {
      'content-type': object.fields.contentType ?? 'application/octet-stream',
      ...(object.fields.contentEncoding === undefined
        ? {}
        : { 'content-encoding': object.fields.contentEncoding }),
      ...hashHeaders(object),
    },
    body: object.content,
  };
}

export function deleteObject(call: BucketCall): ServiceAnswer {
  call.assertMay('storage.objects.delete');
  const object = heldObject(call);
  assertGeneration(call, object);
  call.bucket.objects.delete(object.name);
  return { status: 204 };
}

export function listObjects({ bucket, request: { query }, assertMay }: BucketCall): ServiceAnswer {
  assertMay('storage.objects.list');
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const from = Buffer.from(query.get('pageToken') ?? '', 'base64').toString();
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

/** `ifGenerationMatch`: 0 stands for "none is there". */
export function assertGeneration({ request }: BucketCall, object: StoredObject | undefined): void {
  const wanted = request.query.get('ifGenerationMatch');
  if (wanted === null || wanted === (object?.generation ?? '0')) return;
  throw storageRefusal(
    412,
    'conditionNotMet',
    'At least one of the pre-conditions you specified did not hold.',
    { location: 'If-Match' },
  );
}

function heldObject({ bucket, objectName }: BucketCall): StoredObject {
  const object = bucket.objects.get(objectName);
  if (object === undefined)
    throw storageRefusal(404, 'notFound', `No such object: ${bucket.name}/${objectName}`);
  return object;
}

function pageSize(maxResults: string | null): number {
  const wanted = Number(maxResults ?? 1000);
  return Number.isInteger(wanted) && wanted > 0 ? Math.min(wanted, 1000) : 1000;
}
