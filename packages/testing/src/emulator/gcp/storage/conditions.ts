/** Preconditions ("Request preconditions" of the Cloud Storage documentation) and ranges. */
import { parseHttpDate } from '../../runtime.js';
import type { ServiceRequest } from '../../service.js';
import { Refusal, storageRefusal } from '../google-errors.js';
import type { StoredObject } from './stored-object.js';

type Headers = ServiceRequest['headers'];
type Numbers = Readonly<Record<'Generation' | 'Metageneration', string>>;

const notMet = (location = 'If-Match'): Refusal =>
  storageRefusal(412, 'conditionNotMet', 'At least one of the pre-conditions you specified did not hold.', {
    location,
  });

const notModified = (etag: string): Refusal =>
  new Refusal('not modified', { status: 304, headers: { etag } });

/** The metageneration of every bucket and object: nothing here changes the metadata of what is there. */
const METAGENERATION = '1';

export const numbersOf = (object: StoredObject | undefined): Numbers =>
  object === undefined
    ? { Generation: '0', Metageneration: '0' }
    : { Generation: object.generation, Metageneration: METAGENERATION };

export const BUCKET_NUMBERS: Numbers = { Generation: METAGENERATION, Metageneration: METAGENERATION };

/** `ifGenerationMatch` and its kin. 0 stands for "none is there"; where none is, no "not match" holds. */
export function assertNumbers(query: URLSearchParams, numbers: Numbers, etag = ''): void {
  const names = ['Generation', 'Metageneration'] as const;
  for (const name of names) {
    const wanted = numberOf(query, `if${name}Match`);
    if (wanted !== undefined && wanted !== numbers[name]) throw notMet();
  }
  for (const name of names) {
    const unwanted = numberOf(query, `if${name}NotMatch`);
    if (unwanted !== undefined && (numbers[name] === '0' || unwanted === numbers[name]))
      throw notModified(etag);
  }
}

function numberOf(query: URLSearchParams, name: string): string | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  if (/^\d{1,19}$/.test(value)) return BigInt(value).toString();
  // Google's sentence for it is guessed.
  throw storageRefusal(400, 'invalidParameter', `Invalid value for ${name}: ${value}`);
}

const READ_CONDITIONS = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'];

/** Google has them for requests that read; what depends on one must not be written without it. */
export function refuseReadConditions(headers: Headers): void {
  const name = READ_CONDITIONS.find((one) => headers[one] !== undefined);
  if (name !== undefined)
    throw storageRefusal(
      501,
      'notImplemented',
      `The emulator does not know ${name} of a request that writes.`,
    );
}

/** @param etag as the API of the request writes it */
export function assertReadConditions(headers: Headers, object: StoredObject, etag: string): void {
  const modified = Math.floor(object.createdAt / 1000) * 1000;
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  if (match !== undefined) {
    if (!isAmong(match, etag)) throw notMet();
  } else if (modified > (parseHttpDate(headers['if-unmodified-since']) ?? Infinity)) {
    throw notMet('If-Unmodified-Since');
  }
  if (noneMatch !== undefined) {
    if (isAmong(noneMatch, etag)) throw notModified(etag);
  } else if (modified <= (parseHttpDate(headers['if-modified-since']) ?? -Infinity)) throw notModified(etag);
}

const bare = (tag: string): string => tag.trim().replace(/^"(.*)"$/, '$1');

const isAmong = (list: string, etag: string): boolean =>
  list.split(',').some((one) => one.trim() === '*' || bare(one) === bare(etag));

/** First and last byte. Undefined for the whole: also for several ranges at once, which Google does not serve. */
export function rangeOf(header = '', size: number): readonly [first: number, last: number] | undefined {
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header) ?? [];
  if (from + to === '' || (from !== '' && to !== '' && Number(from) > Number(to))) return undefined;
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (first <= last) return [first, last];
  throw storageRefusal(416, 'requestedRangeNotSatisfiable', 'Request range not satisfiable', {
    headers: { 'content-range': `bytes */${size}` },
  });
}
