/** `POST /upload/storage/v1/b/{bucket}/o`: simple and multipart uploads. */
import { jsonObject } from '../../request-content.js';
import type { ServiceAnswer } from '../../service.js';
import { jsonAnswer, storageRefusal } from '../google-errors.js';
import type { BucketCall } from './access.js';
import { assertNumbers, numbersOf, refuseReadConditions } from './conditions.js';
import { hashHeaders } from './objects.js';
import {
  etagOf,
  objectResource,
  storeObject,
  type ObjectFields,
  type StoredObject,
} from './stored-object.js';

/** multipart/related (RFC 2387) as uploads use it: the object's fields as JSON, then its content. */

interface Part {
  readonly contentType: string | undefined;
  readonly content: Uint8Array;
}

/**
 * The parts between the boundaries; undefined where the body is not well-formed. Lines end as the first boundary's does:
 * Python's clients of Google, gcloud among them, write a line feed alone, and Google takes it.
 */
function parseMultipartRelated(contentType: string, body: Uint8Array): readonly Part[] | undefined {
  const boundary = boundaryOf(contentType);
  if (boundary === undefined) return undefined;
  const eol = lineEndOf(Buffer.from(body), boundary);
  // With a line break before it, the first boundary is found as the others are; a preamble is allowed.
  const bytes = Buffer.concat([Buffer.from(eol), body]);
  const between = Buffer.from(`${eol}--${boundary}`);
  const first = bytes.indexOf(between);
  if (first < 0) return undefined;
  const parts: Part[] = [];
  let at: number = first + between.length;
  while (bytes.toString('latin1', at, at + 2) !== '--') {
    const start = bytes.indexOf(eol, at);
    // Only white space may follow a boundary on its line.
    if (start < 0 || bytes.toString('latin1', at, start).trim() !== '') return undefined;
    const end = bytes.indexOf(between, start);
    const part = end < 0 ? undefined : parsePart(bytes.subarray(start + eol.length, end), eol);
    if (part === undefined) return undefined;
    parts.push(part);
    at = end + between.length;
  }
  return parts;
}

function lineEndOf(body: Buffer, boundary: string): '\r\n' | '\n' {
  const first = body.indexOf(`--${boundary}`);
  const end = body.indexOf('\n', first);
  return first >= 0 && end > 0 && body[end - 1] !== 0x0d ? '\n' : '\r\n';
}

function boundaryOf(contentType: string): string | undefined {
  const found = /^multipart\/related\s*;.*?\bboundary=(?:"([^"]+)"|'([^']+)'|([^\s;"']+))/i.exec(contentType);
  return found?.[1] ?? found?.[2] ?? found?.[3];
}

function parsePart(part: Buffer, eol: string): Part | undefined {
  // A part without headers begins with the empty line at once.
  const head = part.subarray(0, eol.length).equals(Buffer.from(eol)) ? 0 : part.indexOf(eol + eol);
  if (head < 0) return undefined;
  const headers = part.toString('latin1', 0, head);
  const content = part.subarray(head === 0 ? eol.length : head + 2 * eol.length);
  const contentType = /^content-type:[ \t]*(.*?)[ \t]*$/im.exec(headers)?.[1];
  return { contentType, content: new Uint8Array(content) };
}

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
  refuseReadConditions(call.request.headers);
  assertNumbers(call.request.query, numbersOf(held), held === undefined ? '' : etagOf(held));
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

/** "Object names" of the Cloud Storage documentation. */
const FORBIDDEN_NAME = /^\.{1,2}$|[\r\n]|^\.well-known\/acme-challenge\//;

function named(
  { request }: BucketCall,
  metadata: Readonly<Record<string, unknown>>,
  media: { readonly content: Uint8Array; readonly contentType: string | undefined },
): Upload {
  const name = request.query.get('name') ?? stringOf(metadata['name']);
  if (name === undefined || name === '') throw bad('required', 'Required parameter: name');
  if (Buffer.byteLength(name) > 1024 || FORBIDDEN_NAME.test(name))
    throw bad('invalid', 'Invalid object name.');
  const type =
    stringOf(metadata['contentType']) ??
    (media.contentType === '' ? undefined : media.contentType) ??
    'application/octet-stream';
  return { name, content: media.content, fields: fieldsOf(metadata, type), claimed: metadata };
}

/** Bytes of keys and values together. */
const MOST_METADATA = 8192;

function fieldsOf(metadata: Readonly<Record<string, unknown>>, contentType: string): ObjectFields {
  const custom = metadata['metadata'];
  const names = ['cacheControl', 'contentDisposition', 'contentEncoding', 'contentLanguage'] as const;
  const given = names
    .map((name) => [name, stringOf(metadata[name])] as const)
    .filter(([, value]) => value !== undefined);
  const pairs = typeof custom === 'object' && custom !== null ? Object.entries(custom) : [];
  const size = pairs.reduce((sum, pair) => sum + Buffer.byteLength(pair.join('')), 0);
  // The limit is documented, its sentence is guessed.
  if (size > MOST_METADATA) throw bad('invalid', 'The custom metadata is longer than 8 KiB.');
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
