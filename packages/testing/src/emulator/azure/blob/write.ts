/** Put Blob, Put Block, Put Block List and Delete Blob. */
import { blobOf, containerOf, md5Of, metadataOf, type BlobContext, type BlobOutcome } from './context.js';
import { checkWrite, notModified } from './conditions.js';
import { httpDate } from '../../runtime.js';
import { badHeader, badQuery, blobRefusal, notEmulated } from './refusal.js';
import { newEtag, type StoredBlob } from './storage-accounts.js';

// Get Blob and Get Blob Properties.

export function readBlob(context: BlobContext): BlobOutcome {
  const blob = blobOf(context);
  const { headers, method } = context.request;
  if (notModified(headers, blob))
    return { status: 304, headers: { etag: blob.etag, 'x-ms-error-code': 'ConditionNotMet' } };
  const range = method === 'HEAD' ? undefined : rangeOf(headers, blob.content.byteLength);
  const content = range === undefined ? blob.content : blob.content.subarray(range.first, range.last + 1);
  const ofPart = partMd5(headers['x-ms-range-get-content-md5'], range && content);
  const described = {
    ...headersOf(blob),
    'content-length': String(content.byteLength),
    ...(range === undefined
      ? { 'content-md5': blob.md5 }
      : {
          'content-range': `bytes ${String(range.first)}-${String(range.last)}/${String(blob.content.byteLength)}`,
          'x-ms-blob-content-md5': blob.md5,
          ...ofPart,
        }),
  };
  if (method === 'HEAD') return { status: 200, headers: described };
  return { status: range === undefined ? 200 : 206, headers: described, body: content };
}

/** The MD5 of a part, which the service computes for at most 4 MiB. */
function partMd5(asked: string | undefined, part: Uint8Array | undefined): Record<string, string> {
  if (asked?.toLowerCase() !== 'true') return {};
  if (part === undefined || part.byteLength > 4 * 1024 * 1024)
    throw badHeader('x-ms-range-get-content-md5', asked);
  return { 'content-md5': md5Of(part) };
}

function headersOf(blob: StoredBlob): Record<string, string> {
  return {
    ...blob.properties,
    ...blob.metadata,
    'accept-ranges': 'bytes',
    etag: blob.etag,
    'last-modified': httpDate(blob.modified),
    'x-ms-creation-time': httpDate(blob.created),
    'x-ms-blob-type': 'BlockBlob',
    'x-ms-lease-state': 'available',
    'x-ms-lease-status': 'unlocked',
    'x-ms-server-encrypted': 'true',
  };
}

/** `x-ms-range` goes before `Range`; only one range, and none counted from the end. Both ends inclusive. */
function rangeOf(
  headers: Readonly<Record<string, string>>,
  size: number,
): { readonly first: number; readonly last: number } | undefined {
  const value = headers['x-ms-range'] ?? headers['range'];
  if (value === undefined) return undefined;
  const [, from = '', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(value) ?? [];
  const first = Number(from);
  const last = to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (from === '' || (to !== '' && Number(to) < first)) throw badHeader('Range', value);
  if (first >= size) throw blobRefusal('InvalidRange', { headers: { 'content-range': `bytes */${size}` } });
  return { first, last };
}

const PROPERTIES = [
  'content-type',
  'content-encoding',
  'content-language',
  'content-disposition',
  'cache-control',
];

export function putBlob(context: BlobContext): BlobOutcome {
  const { headers, body } = context.request;
  const container = containerOf(context);
  const type = headers['x-ms-blob-type'];
  if (type === undefined)
    throw blobRefusal('MissingRequiredHeader', { details: { HeaderName: 'x-ms-blob-type' } });
  if (type === 'AppendBlob' || type === 'PageBlob') throw notEmulated(type);
  if (type !== 'BlockBlob') throw badHeader('x-ms-blob-type', type);
  checkMd5(headers['content-md5'], body);
  checkMd5(headers['x-ms-blob-content-md5'], body);
  checkWrite(headers, container.blobs.get(context.target.blob));
  const blob = store(context, body);
  return { status: 201, headers: { ...written(blob), 'content-md5': blob.md5 } };
}

export function putBlock(context: BlobContext): BlobOutcome {
  const { headers, body, query } = context.request;
  const container = containerOf(context);
  const id = query.get('blockid') ?? '';
  if (!isBlockId(id)) throw badQuery('blockid', id);
  checkMd5(headers['content-md5'], body);
  const blocks = container.blocks.get(context.target.blob) ?? new Map<string, Uint8Array>();
  const [other] = blocks.keys();
  if (other !== undefined && other.length !== id.length) throw blobRefusal('InvalidBlobOrBlock');
  blocks.set(id, body);
  container.blocks.set(context.target.blob, blocks);
  return { status: 201, headers: { 'content-md5': md5Of(body), 'x-ms-request-server-encrypted': 'true' } };
}

/** The blocks of a committed blob are not kept: an update of part of a blob is not emulated. */
export function putBlockList(context: BlobContext): BlobOutcome {
  const { headers, body } = context.request;
  const container = containerOf(context);
  checkMd5(headers['content-md5'], body);
  checkWrite(headers, container.blobs.get(context.target.blob));
  const blocks = container.blocks.get(context.target.blob);
  const committed = container.blobs.has(context.target.blob);
  const parts = listedBlocks(new TextDecoder().decode(body)).map(([kind, id]) => {
    if (kind === 'Committed' && committed) throw notEmulated('a block that is committed');
    const block = kind === 'Committed' ? undefined : blocks?.get(id);
    if (block === undefined) throw blobRefusal('InvalidBlockList');
    return block;
  });
  return { status: 201, headers: written(store(context, Buffer.concat(parts))) };
}

const BLOCK = /\s*<(Latest|Uncommitted|Committed)>([^<]*)<\/\1>/g;

/** Kind and id of each block. */
function listedBlocks(xml: string): readonly (readonly [kind: string, id: string])[] {
  const [, list] = /^\ufeff?\s*(?:<\?xml[^>]*\?>)?\s*<BlockList>([^]*)<\/BlockList>\s*$/.exec(xml) ?? [];
  const isEmpty = /<BlockList\s*\/>\s*$/.test(xml);
  if (!isEmpty && (list === undefined || list.replaceAll(BLOCK, '').trim() !== ''))
    throw blobRefusal('InvalidXmlDocument');
  return [...(list ?? '').matchAll(BLOCK)].map(([, kind = '', id = '']) => [kind, id.trim()]);
}

export function deleteBlob(context: BlobContext): BlobOutcome {
  checkWrite(context.request.headers, blobOf(context), 'delete');
  containerOf(context).blobs.delete(context.target.blob);
  return { status: 202, headers: { 'x-ms-delete-type-permanent': 'true' } };
}

function store(context: BlobContext, content: Uint8Array): StoredBlob {
  const { runtime, request, target } = context;
  const { blobs, blocks } = containerOf(context);
  const properties: Record<string, string> = { 'content-type': 'application/octet-stream' };
  // Put Block List's own Content-Type is of the list, not of the blob.
  const own = request.query.has('comp') ? {} : request.headers;
  for (const name of PROPERTIES) {
    const value = request.headers[`x-ms-blob-${name}`] ?? own[name];
    if (value !== undefined) properties[name] = value;
  }
  const now = runtime.clock.now();
  const blob = {
    content,
    md5: request.headers['x-ms-blob-content-md5'] ?? md5Of(content),
    properties,
    metadata: metadataOf(request),
    etag: newEtag(runtime),
    created: blobs.get(target.blob)?.created ?? now,
    modified: now,
  };
  blobs.set(target.blob, blob);
  blocks.delete(target.blob);
  return blob;
}

function written(blob: StoredBlob): Record<string, string> {
  return {
    etag: blob.etag,
    'last-modified': httpDate(blob.modified),
    'x-ms-request-server-encrypted': 'true',
  };
}

function checkMd5(given: string | undefined, body: Uint8Array): void {
  if (given === undefined) return;
  const bytes = Buffer.from(given, 'base64');
  if (bytes.byteLength !== 16 || bytes.toString('base64') !== given) throw blobRefusal('InvalidMd5');
  const calculated = md5Of(body);
  const details = { UserSpecifiedMd5: given, ServerCalculatedMd5: calculated };
  if (given !== calculated) throw blobRefusal('Md5Mismatch', { details });
}

/** Base64 of 1 to 64 bytes. */
function isBlockId(id: string): boolean {
  return id !== '' && id.length <= 88 && Buffer.from(id, 'base64').toString('base64') === id;
}
