import type { Bucket } from './buckets.js';
import { notImplemented, refuseS3 } from './s3-answers.js';
import type { XmlNode } from './xml.js';

const MOST_KEYS = 1000;
const PARAMETERS = [
  'list-type',
  'prefix',
  'delimiter',
  'max-keys',
  'start-after',
  'continuation-token',
  'encoding-type',
  'fetch-owner',
  'x-id',
];

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

/** ListObjectsV2. */
export function listObjects(bucket: Bucket, query: URLSearchParams): XmlNode {
  const stray = [...query.keys()].find((name) => !PARAMETERS.includes(name));
  if (stray !== undefined) notImplemented(stray);
  if (query.get('list-type') !== '2') notImplemented('list-type');
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const maxKeys = limitOf(query.get('max-keys'));
  const token = query.get('continuation-token');
  const after = token === null ? { name: query.get('start-after') ?? '', folded: false } : entryOf(token);
  const encode = encodingOf(query.get('encoding-type'));

  const rest = entries(bucket, prefix, delimiter, after);
  const page = rest.slice(0, maxKeys);
  const last = page.at(-1);
  const truncated = rest.length > page.length && last !== undefined;
  return [
    'ListBucketResult',
    [
      ['Name', bucket.name],
      ['Prefix', encode(prefix)],
      token === null ? undefined : ['ContinuationToken', token],
      truncated ? ['NextContinuationToken', tokenOf(last)] : undefined,
      query.has('start-after') ? ['StartAfter', encode(query.get('start-after') ?? '')] : undefined,
      ['KeyCount', page.length],
      ['MaxKeys', maxKeys],
      delimiter === '' ? undefined : ['Delimiter', encode(delimiter)],
      query.has('encoding-type') ? ['EncodingType', 'url'] : undefined,
      ['IsTruncated', truncated],
      ...page.map((entry) => xmlOf(entry, bucket, encode)),
    ],
  ];
}

function limitOf(text: string | null): number {
  if (text === null) return MOST_KEYS;
  if (!/^\d{1,10}$/.test(text)) {
    return invalid('max-keys', text, 'Provided max-keys not an integer or within integer range');
  }
  return Math.min(Number(text), MOST_KEYS);
}

function encodingOf(type: string | null): (text: string) => string {
  if (type === null) return (text) => text;
  if (type !== 'url') return invalid('encoding-type', type, 'Invalid Encoding Method specified in Request');
  return (text) => encodeURIComponent(text).replaceAll('%2F', '/').replaceAll('%20', '+');
}

const inBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

function entries(bucket: Bucket, prefix: string, delimiter: string, after: Entry): readonly Entry[] {
  const found = new Map<string, Entry>();
  const keys = [...bucket.objects.keys()].filter((key) => key.startsWith(prefix) && comesAfter(key, after));
  for (const key of keys.sort(inBytes)) {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const entry = { name: end === -1 ? key : key.slice(0, end + delimiter.length), folded: end !== -1 };
    found.set(entry.name, found.get(entry.name) ?? entry);
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
          ['StorageClass', 'STANDARD'],
        ],
      ];
}
