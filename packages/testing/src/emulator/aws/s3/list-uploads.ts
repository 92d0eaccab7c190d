import type { Bucket, MultipartUpload } from './buckets.js';
import { notImplemented, refuseS3 } from './responses.js';
import { encodingOf, inBytes } from './list.js';
import { checksumNodes, initiatorNode, listNumber, ownerNode } from './multipart.js';
import type { XmlNode } from '../xml.js';

const PARAMETERS = [
  'uploads',
  'prefix',
  'delimiter',
  'encoding-type',
  'key-marker',
  'max-uploads',
  'upload-id-marker',
  'x-id',
];

/** An upload, or what a delimiter folds keys into. */
type Entry = { readonly prefix: string } | { readonly upload: MultipartUpload };

/** ListMultipartUploads. */
export function listUploads(bucket: Bucket, query: URLSearchParams): XmlNode {
  const stray = [...query.keys()].find((name) => !PARAMETERS.includes(name));
  if (stray !== undefined) notImplemented(stray);
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const keyMarker = query.get('key-marker') ?? '';
  // Without a key it says nothing.
  const idMarker = keyMarker === '' ? '' : (query.get('upload-id-marker') ?? '');
  const limit = listNumber(query, 'max-uploads', 1000, 1000);
  const encode = encodingOf(query.get('encoding-type'));

  const rest = folded(after(bucket, keyMarker, idMarker), prefix, delimiter, keyMarker);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const next = last !== undefined && 'upload' in last ? last.upload : undefined;
  return [
    'ListMultipartUploadsResult',
    [
      ['Bucket', bucket.name],
      ['KeyMarker', encode(keyMarker)],
      ['UploadIdMarker', idMarker],
      ['NextKeyMarker', encode(next?.key ?? '')],
      ['NextUploadIdMarker', next?.id ?? ''],
      delimiter === '' ? undefined : ['Delimiter', encode(delimiter)],
      prefix === '' ? undefined : ['Prefix', encode(prefix)],
      query.has('encoding-type') ? ['EncodingType', 'url'] : undefined,
      ['MaxUploads', limit],
      ['IsTruncated', rest.length > page.length],
      ...page.map((entry) => xmlOf(entry, bucket, encode)),
    ],
  ];
}

/** In the order of keys, of one key in the order in which they began; what comes after the markers. */
function after(bucket: Bucket, keyMarker: string, idMarker: string): readonly MultipartUpload[] {
  // The sort keeps the order of what is equal.
  const sorted = [...bucket.uploads.values()].sort((a, b) => inBytes(a.key, b.key));
  if (idMarker === '') return sorted.filter(({ key }) => keyMarker === '' || inBytes(key, keyMarker) > 0);
  const marked = sorted.findIndex(({ id, key }) => id === idMarker && key === keyMarker);
  if (marked !== -1) return sorted.slice(marked + 1);
  return refuseS3('InvalidArgument', 400, 'Invalid uploadId marker', [
    ['ArgumentName', 'upload-id-marker'],
    ['ArgumentValue', idMarker],
  ]);
}

function folded(
  uploads: readonly MultipartUpload[],
  prefix: string,
  delimiter: string,
  keyMarker: string,
): readonly Entry[] {
  const entries: Entry[] = [];
  const seen = new Set<string>();
  for (const upload of uploads.filter(({ key }) => key.startsWith(prefix))) {
    const end = delimiter === '' ? -1 : upload.key.indexOf(delimiter, prefix.length);
    const name = upload.key.slice(0, end + delimiter.length);
    if (end === -1) entries.push({ upload });
    // A page that ended inside of what is folded goes on behind all of it.
    else if (!seen.has(name) && inBytes(name, keyMarker) > 0) entries.push({ prefix: name });
    seen.add(name);
  }
  return entries;
}

function xmlOf(entry: Entry, bucket: Bucket, encode: (text: string) => string): XmlNode {
  if ('prefix' in entry) return ['CommonPrefixes', [['Prefix', encode(entry.prefix)]]];
  const { upload } = entry;
  return [
    'Upload',
    [
      ['Key', encode(upload.key)],
      ['UploadId', upload.id],
      initiatorNode(upload),
      ownerNode(bucket),
      ['StorageClass', 'STANDARD'],
      ['Initiated', new Date(upload.initiated).toISOString()],
      ...checksumNodes(upload.checksum),
    ],
  ];
}
