/** `POST /upload/storage/v1/b/{bucket}/o`: simple and multipart uploads. */
import { jsonObject } from '../../request-content.js';
import type { ServiceAnswer } from '../../service.js';
import { jsonAnswer, storageRefusal } from '../google-errors.js';
import { parseMultipartRelated } from './multipart-related.js';
import type { BucketCall } from './bucket-call.js';
import { assertGeneration, hashHeaders } from './objects.js';
import { objectResource, storeObject, type ObjectFields, type StoredObject } from './stored-object.js';

interface Upload {
  readonly name: string;
  readonly content: Uint8Array;
  readonly fields: ObjectFields;
  /** What the client says the hashes are. */
  readonly claimed: { readonly md5Hash?: unknown; readonly crc32c?: unknown };
}

const bad = (reason: string, message: string) => storageRefusal(400, reason, message);

export function insertObject(call: BucketCall): ServiceAnswer {
  call.assertMay('storage.objects.create');
  const upload = readUpload(call);
  call.notes['object'] = upload.name;
  const held = call.bucket.objects.get(upload.name);
  // An overwrite deletes what is there.
  if (held !== undefined) call.assertMay('storage.objects.delete');
  assertGeneration(call, held);
  const object = storeObject({
    name: upload.name,
    content: upload.content,
    fields: upload.fields,
    generation: call.nextGeneration(),
    createdAt: call.now,
  });
  assertHashes(upload, object);
  call.bucket.objects.set(object.name, object);
  return jsonAnswer(200, objectResource(call.bucket.name, object), hashHeaders(object));
}

function readUpload(call: BucketCall): Upload {
  const { request } = call;
  const contentType = request.headers['content-type'] ?? '';
  switch (request.query.get('uploadType')) {
    case 'media':
      return named(call, {}, { content: request.body, contentType });
    case 'multipart': {
      const [fields, media, ...more] = parseMultipartRelated(contentType, request.body) ?? [];
      if (fields === undefined || media === undefined || more.length > 0)
        throw bad(
          'badContent',
          'Malformed multipart body: one part of JSON and one of content are expected.',
        );
      const metadata = jsonObject(fields.content);
      if (metadata === undefined) throw bad('parseError', 'Parse Error');
      return named(call, metadata, media);
    }
    case 'resumable':
      throw storageRefusal(
        501,
        'notImplemented',
        'The emulator takes no resumable upload; set resumable: false.',
      );
    default:
      throw bad('invalid', 'Invalid upload type.');
  }
}

function named(
  { request }: BucketCall,
  metadata: Readonly<Record<string, unknown>>,
  media: { readonly content: Uint8Array; readonly contentType: string | undefined },
): Upload {
  const name = request.query.get('name') ?? stringOf(metadata['name']);
  if (name === undefined || name === '') throw bad('required', 'Required parameter: name');
  if (Buffer.byteLength(name) > 1024) throw bad('invalid', 'Invalid object name.');
  const type =
    stringOf(metadata['contentType']) ??
    (media.contentType === '' ? undefined : media.contentType) ??
    'application/octet-stream';
  return { name, content: media.content, fields: fieldsOf(metadata, type), claimed: metadata };
}

function fieldsOf(metadata: Readonly<Record<string, unknown>>, contentType: string): ObjectFields {
  const custom = metadata['metadata'];
  const names = ['cacheControl', 'contentDisposition', 'contentEncoding', 'contentLanguage'] as const;
  const given = names
    .map((name) => [name, stringOf(metadata[name])] as const)
    .filter(([, value]) => value !== undefined);
  const pairs = typeof custom === 'object' && custom !== null ? Object.entries(custom) : [];
  return {
    contentType,
    ...Object.fromEntries(given),
    ...(pairs.length > 0
      ? { metadata: Object.fromEntries(pairs.map(([key, value]) => [key, String(value)])) }
      : {}),
  };
}

function assertHashes({ claimed }: Upload, object: StoredObject): void {
  const { md5Hash, crc32c } = claimed;
  if (md5Hash !== undefined && md5Hash !== object.md5Hash)
    throw bad(
      'invalid',
      `Provided MD5 hash ${JSON.stringify(md5Hash)} doesn't match calculated MD5 hash "${object.md5Hash}".`,
    );
  if (crc32c !== undefined && crc32c !== object.crc32c)
    throw bad(
      'invalid',
      `Provided CRC32C ${JSON.stringify(crc32c)} doesn't match calculated CRC32C "${object.crc32c}".`,
    );
}

const stringOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
