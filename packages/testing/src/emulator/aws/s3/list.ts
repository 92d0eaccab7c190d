import { ownerId, type Bucket, type StoredObject } from './buckets.js';
import { notImplemented, refuseS3 } from './responses.js';
import { algorithmOfHeader } from './checksums.js';
import type { XmlNode } from '../xml.js';

const MOST_KEYS = 1000;
const COMMON = ['prefix', 'delimiter', 'max-keys', 'encoding-type', 'x-id'];
const PARAMETERS = {
  1: ['marker', ...COMMON],
  2: ['list-type', 'start-after', 'continuation-token', 'fetch-owner', ...COMMON],
} as const;

/** A key, or what a delimiter folds keys into. */
interface Entry {
  readonly name: string;
  readonly folded: boolean;
}

const invalid = (name: string, value: string, message: string): never =>
  refuseS3('InvalidArgument', 400, message, [
    ['ArgumentName', name],
    ['ArgumentValue', value],
  ]);

/** ListObjectsV2, and ListObjects where `list-type` is missing. */
export function listObjects(bucket: Bucket, query: URLSearchParams): XmlNode {
  const type = query.get('list-type') ?? '1';
  if (query.has('list-type') && type !== '2')
    invalid('list-type', type, 'Invalid List Type specified in Request');
  const version = type === '2' ? 2 : 1;
  const stray = [...query.keys()].find((name) => !PARAMETERS[version].includes(name));
  if (stray !== undefined) notImplemented(stray);
  return version === 2 ? listByToken(bucket, query) : listByMarker(bucket, query);
}

function listByToken(bucket: Bucket, query: URLSearchParams): XmlNode {
  const token = query.get('continuation-token');
  const start = query.get('start-after');
  const after = token === null ? { name: start ?? '', folded: false } : entryOf(token);
  const list = pageOf(bucket, query, (_, key) => comesAfter(key, after));
  const owner = query.get('fetch-owner') === 'true';
  return [
    'ListBucketResult',
    [
      ['Name', bucket.name],
      ['Prefix', list.encode(list.prefix)],
      token === null ? undefined : ['ContinuationToken', token],
      list.next === undefined ? undefined : ['NextContinuationToken', tokenOf(list.next)],
      start === null ? undefined : ['StartAfter', list.encode(start)],
      ['KeyCount', list.page.length],
      ...list.said,
      ...list.page.map((entry) => xmlOf(entry, bucket, list.encode, owner)),
    ],
  ];
}

function listByMarker(bucket: Bucket, query: URLSearchParams): XmlNode {
  const marker = query.get('marker') ?? '';
  // A page goes on behind all that is folded into what contains the marker.
  const list = pageOf(bucket, query, ({ name }) => inBytes(name, marker) > 0);
  // Without a delimiter the last key is the next marker, and S3 leaves it unsaid.
  const isSaid = list.next !== undefined && (query.get('delimiter') ?? '') !== '';
  return [
    'ListBucketResult',
    [
      ['Name', bucket.name],
      ['Prefix', list.encode(list.prefix)],
      ['Marker', list.encode(marker)],
      isSaid ? ['NextMarker', list.encode(list.next?.name ?? '')] : undefined,
      ...list.said,
      ...list.page.map((entry) => xmlOf(entry, bucket, list.encode, true)),
    ],
  ];
}

interface Page {
  readonly prefix: string;
  readonly page: readonly Entry[];
  /** The last entry of this page, where another one follows. */
  readonly next: Entry | undefined;
  readonly encode: (text: string) => string;
  /** What both versions say of the list. */
  readonly said: readonly (XmlNode | undefined)[];
}

function pageOf(
  bucket: Bucket,
  query: URLSearchParams,
  isAfter: (entry: Entry, key: string) => boolean,
): Page {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const maxKeys = limitOf(query.get('max-keys'));
  const encode = encodingOf(query.get('encoding-type'));
  const rest = entries(bucket, prefix, delimiter, isAfter);
  const page = rest.slice(0, maxKeys);
  const last = page.at(-1);
  const truncated = rest.length > page.length && last !== undefined;
  return {
    prefix,
    page,
    next: truncated ? last : undefined,
    encode,
    said: [
      ['MaxKeys', maxKeys],
      delimiter === '' ? undefined : ['Delimiter', encode(delimiter)],
      query.has('encoding-type') ? ['EncodingType', 'url'] : undefined,
      ['IsTruncated', truncated],
    ],
  };
}

function limitOf(text: string | null): number {
  if (text === null) return MOST_KEYS;
  if (!/^\d{1,10}$/.test(text)) {
    return invalid('max-keys', text, 'Provided max-keys not an integer or within integer range');
  }
  return Math.min(Number(text), MOST_KEYS);
}

export function encodingOf(type: string | null): (text: string) => string {
  if (type === null) return (text) => text;
  if (type !== 'url') return invalid('encoding-type', type, 'Invalid Encoding Method specified in Request');
  return (text) => encodeURIComponent(text).replaceAll('%2F', '/').replaceAll('%20', '+');
}

export const inBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

function entries(
  bucket: Bucket,
  prefix: string,
  delimiter: string,
  isAfter: (entry: Entry, key: string) => boolean,
): readonly Entry[] {
  const found = new Map<string, Entry>();
  const keys = [...bucket.objects.keys()].filter((key) => key.startsWith(prefix));
  for (const key of keys.sort(inBytes)) {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const entry = { name: end === -1 ? key : key.slice(0, end + delimiter.length), folded: end !== -1 };
    if (!found.has(entry.name) && isAfter(entry, key)) found.set(entry.name, entry);
  }
  return [...found.values()];
}

/** A page that ended with folded keys goes on after all of them. */
const comesAfter = (key: string, after: Entry): boolean =>
  inBytes(key, after.name) > 0 && !(after.folded && key.startsWith(after.name));

const tokenOf = (entry: Entry): string => Buffer.from(JSON.stringify(entry)).toString('base64');

function entryOf(token: string): Entry {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64').toString());
    const { name, folded } = value as Partial<Record<keyof Entry, unknown>>;
    if (typeof name === 'string' && typeof folded === 'boolean') return { name, folded };
  } catch {
    // Said below, in S3's words.
  }
  return invalid('continuation-token', token, 'The continuation token provided is incorrect');
}

function xmlOf(
  { name, folded }: Entry,
  bucket: Bucket,
  encode: (text: string) => string,
  owner: boolean,
): XmlNode | undefined {
  if (folded) return ['CommonPrefixes', [['Prefix', encode(name)]]];
  const object = bucket.objects.get(name);
  return object === undefined
    ? undefined
    : [
        'Contents',
        [
          ['Key', encode(name)],
          ['LastModified', new Date(object.lastModified).toISOString()],
          ['ETag', object.etag],
          ['Size', object.body.byteLength],
          ...checksumsOf(object),
          owner ? ['Owner', [['ID', ownerId(bucket)]]] : undefined,
          ['StorageClass', 'STANDARD'],
        ],
      ];
}

/** Which checksum an object has, not what it is. */
function checksumsOf({ headers }: StoredObject): readonly (XmlNode | undefined)[] {
  const algorithms = Object.keys(headers).map(algorithmOfHeader);
  const type = headers['x-amz-checksum-type'];
  return [
    ...algorithms.map((one): XmlNode | undefined =>
      one === undefined ? undefined : ['ChecksumAlgorithm', one.toUpperCase()],
    ),
    type === undefined ? undefined : ['ChecksumType', type],
  ];
}
