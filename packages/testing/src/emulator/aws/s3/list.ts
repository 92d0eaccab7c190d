import { ownerId, type Bucket, type StoredObject, type MultipartUpload } from './buckets.js';
import { invalidArgument, notImplemented } from './responses.js';
import { algorithmOfHeader } from './checksums.js';
import { foldedName, type ListedName } from '../../folded-name.js';
import type { XmlElements } from '../../xml.js';
import { listNumber, uploadElements } from './multipart.js';

const MOST_KEYS = 1000;
/** What every list of a bucket takes. */
const LIST_PARAMETERS: readonly string[] = ['prefix', 'delimiter', 'encoding-type', 'x-id'];
const PARAMETERS = {
  1: ['marker', 'max-keys', ...LIST_PARAMETERS],
  2: ['list-type', 'start-after', 'continuation-token', 'fetch-owner', 'max-keys', ...LIST_PARAMETERS],
} as const;

/** ListObjectsV2, and ListObjects where `list-type` is missing. */
export function listObjects(bucket: Bucket, query: URLSearchParams): XmlElements {
  const type = query.get('list-type') ?? '1';
  if (query.has('list-type') && type !== '2')
    invalidArgument('list-type', type, 'Invalid List Type specified in Request');
  const version = type === '2' ? 2 : 1;
  const stray = [...query.keys()].find((name) => !PARAMETERS[version].includes(name));
  if (stray !== undefined) notImplemented(stray);
  return { ListBucketResult: version === 2 ? listByToken(bucket, query) : listByMarker(bucket, query) };
}

function listByToken(bucket: Bucket, query: URLSearchParams): XmlElements {
  const token = query.get('continuation-token');
  const start = query.get('start-after');
  const after = token === null ? { name: start ?? '', folded: false } : entryOf(token);
  const owner = query.get('fetch-owner') === 'true';
  const { next, encode, page, around } = pageOf(bucket, query, owner, (_, key) => comesAfter(key, after));
  return around({
    ContinuationToken: token ?? undefined,
    NextContinuationToken: next === undefined ? undefined : tokenOf(next),
    StartAfter: start === null ? undefined : encode(start),
    KeyCount: page.length,
  });
}

function listByMarker(bucket: Bucket, query: URLSearchParams): XmlElements {
  const marker = query.get('marker') ?? '';
  // A page goes on behind all that is folded into what contains the marker.
  const list = pageOf(bucket, query, true, ({ name }) => inBytes(name, marker) > 0);
  // Without a delimiter the last key is the next marker, and S3 leaves it unsaid.
  const isSaid = list.next !== undefined && (query.get('delimiter') ?? '') !== '';
  return list.around({
    Marker: list.encode(marker),
    NextMarker: isSaid ? list.encode(list.next.name) : undefined,
  });
}

interface Page {
  readonly page: readonly ListedName[];
  /** The last entry of this page, where another one follows. */
  readonly next: ListedName | undefined;
  readonly encode: (text: string) => string;
  /** What both versions say of the list, around what is a version's own. */
  readonly around: (own: XmlElements) => XmlElements;
}

function pageOf(
  bucket: Bucket,
  query: URLSearchParams,
  withOwner: boolean,
  isAfter: (entry: ListedName, key: string) => boolean,
): Page {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const maxKeys = listNumber(query, 'max-keys', MOST_KEYS, MOST_KEYS);
  const encode = encodingOf(query.get('encoding-type'));
  const rest = entries(bucket, prefix, delimiter, isAfter);
  const page = rest.slice(0, maxKeys);
  const next = rest.length > page.length ? page.at(-1) : undefined;
  const owner = withOwner ? { ID: ownerId(bucket) } : undefined;
  const around = (own: XmlElements): XmlElements => ({
    Name: bucket.name,
    Prefix: encode(prefix),
    ...own,
    MaxKeys: maxKeys,
    Delimiter: delimiter === '' ? undefined : encode(delimiter),
    EncodingType: query.has('encoding-type') ? 'url' : undefined,
    IsTruncated: next !== undefined,
    Contents: page.map(({ name }) => contentsOf(encode(name), bucket.objects.get(name), owner)),
    CommonPrefixes: page.map(({ name, folded }) => (folded ? { Prefix: encode(name) } : undefined)),
  });
  return { page, next, encode, around };
}

function encodingOf(type: string | null): (text: string) => string {
  if (type === null) return (text) => text;
  if (type !== 'url')
    return invalidArgument('encoding-type', type, 'Invalid Encoding Method specified in Request');
  return (text) => encodeURIComponent(text).replaceAll('%2F', '/').replaceAll('%20', '+');
}

const inBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

function entries(
  bucket: Bucket,
  prefix: string,
  delimiter: string,
  isAfter: (entry: ListedName, key: string) => boolean,
): readonly ListedName[] {
  const found = new Map<string, ListedName>();
  const keys = [...bucket.objects.keys()].filter((key) => key.startsWith(prefix));
  for (const key of keys.sort(inBytes)) {
    const entry = foldedName(key, prefix, delimiter);
    if (!found.has(entry.name) && isAfter(entry, key)) found.set(entry.name, entry);
  }
  return [...found.values()];
}

/** A page that ended with folded keys goes on after all of them. */
const comesAfter = (key: string, after: ListedName): boolean =>
  inBytes(key, after.name) > 0 && !(after.folded && key.startsWith(after.name));

const tokenOf = (entry: ListedName): string => Buffer.from(JSON.stringify(entry)).toString('base64');

function entryOf(token: string): ListedName {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64').toString());
    const { name, folded } = value as Partial<Record<keyof ListedName, unknown>>;
    if (typeof name === 'string' && typeof folded === 'boolean') return { name, folded };
  } catch {
    // Said below, in S3's words.
  }
  return invalidArgument('continuation-token', token, 'The continuation token provided is incorrect');
}

/** Of a name that keys are folded into there is no object. Which checksum one has is told, not what it is. */
function contentsOf(
  key: string,
  object: StoredObject | undefined,
  owner: XmlElements | undefined,
): XmlElements | undefined {
  if (object === undefined) return undefined;
  const algorithms = Object.keys(object.headers).flatMap((name) => algorithmOfHeader(name) ?? []);
  return {
    Key: key,
    LastModified: new Date(object.lastModified).toISOString(),
    ETag: object.etag,
    Size: object.body.byteLength,
    ChecksumAlgorithm: algorithms.map((one) => one.toUpperCase()),
    ChecksumType: object.headers['x-amz-checksum-type'],
    Owner: owner,
    StorageClass: 'STANDARD',
  };
}

const UPLOAD_PARAMETERS = [...LIST_PARAMETERS, 'uploads', 'key-marker', 'max-uploads', 'upload-id-marker'];

/** An upload, or what a delimiter folds keys into. */
type Entry = { readonly prefix: string } | { readonly upload: MultipartUpload };

/** ListMultipartUploads. */
export function listUploads(bucket: Bucket, query: URLSearchParams): XmlElements {
  const stray = [...query.keys()].find((name) => !UPLOAD_PARAMETERS.includes(name));
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
  return {
    ListMultipartUploadsResult: {
      Bucket: bucket.name,
      KeyMarker: encode(keyMarker),
      UploadIdMarker: idMarker,
      NextKeyMarker: encode(next?.key ?? ''),
      NextUploadIdMarker: next?.id ?? '',
      Delimiter: delimiter === '' ? undefined : encode(delimiter),
      Prefix: prefix === '' ? undefined : encode(prefix),
      EncodingType: query.has('encoding-type') ? 'url' : undefined,
      MaxUploads: limit,
      IsTruncated: rest.length > page.length,
      Upload: page.map((entry) =>
        'prefix' in entry
          ? undefined
          : {
              Key: encode(entry.upload.key),
              UploadId: entry.upload.id,
              Initiated: new Date(entry.upload.initiated).toISOString(),
              ...uploadElements(bucket, entry.upload),
            },
      ),
      CommonPrefixes: page.map((entry) => ('prefix' in entry ? { Prefix: encode(entry.prefix) } : undefined)),
    },
  };
}

/** In the order of keys, of one key in the order in which they began; what comes after the markers. */
function after(bucket: Bucket, keyMarker: string, idMarker: string): readonly MultipartUpload[] {
  // The sort keeps the order of what is equal.
  const sorted = [...bucket.uploads.values()].sort((a, b) => inBytes(a.key, b.key));
  if (idMarker === '') return sorted.filter(({ key }) => keyMarker === '' || inBytes(key, keyMarker) > 0);
  const marked = sorted.findIndex(({ id, key }) => id === idMarker && key === keyMarker);
  if (marked !== -1) return sorted.slice(marked + 1);
  return invalidArgument('upload-id-marker', idMarker, 'Invalid uploadId marker');
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
    const { name, folded: isFolded } = foldedName(upload.key, prefix, delimiter);
    if (!isFolded) entries.push({ upload });
    // A page that ended inside of what is folded goes on behind all of it.
    else if (!seen.has(name) && inBytes(name, keyMarker) > 0) entries.push({ prefix: name });
    seen.add(name);
  }
  return entries;
}
