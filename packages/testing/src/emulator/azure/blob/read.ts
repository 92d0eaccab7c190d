/** Get Blob and Get Blob Properties. */
import { notModified } from './conditions.js';
import { httpDate } from '../../runtime.js';
import { blobOf, type BlobContext, type BlobOutcome } from './context.js';
import { badHeader, blobRefusal } from './refusal.js';
import type { StoredBlob } from './storage-accounts.js';

export function readBlob(context: BlobContext): BlobOutcome {
  const blob = blobOf(context);
  const { headers, method } = context.request;
  if (notModified(headers, blob)) return { status: 304, headers: { etag: blob.etag } };
  const range = method === 'HEAD' ? undefined : rangeOf(headers, blob.content.byteLength);
  const content = range === undefined ? blob.content : blob.content.subarray(range.first, range.last + 1);
  const described = {
    ...headersOf(blob),
    'content-length': String(content.byteLength),
    ...(range === undefined
      ? { 'content-md5': blob.md5 }
      : {
          'content-range': `bytes ${String(range.first)}-${String(range.last)}/${String(blob.content.byteLength)}`,
          'x-ms-blob-content-md5': blob.md5,
        }),
  };
  if (method === 'HEAD') return { status: 200, headers: described };
  return { status: range === undefined ? 200 : 206, headers: described, body: content };
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
