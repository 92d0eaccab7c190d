/** What GetObject and HeadObject make of conditions and ranges (RFC 9110, sections 13 and 14, as S3 reads them). */

import type { StoredObject } from './buckets.js';
import { refuseS3 } from './responses.js';

type Headers = Readonly<Record<string, string>>;

const failed = (condition: string): never =>
  refuseS3('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    Condition: condition,
  });

/** Whether `304 Not Modified` is the answer. Dates that cannot be read, and dates in the future, are as if not there. */
export function isUnmodified(headers: Headers, object: StoredObject, now: number): boolean {
  // HTTP dates have no milliseconds.
  const modified = Math.floor(object.lastModified / 1000) * 1000;
  const match = headers['if-match'];
  if (match !== undefined) {
    if (!isAmong(match, object.etag)) failed('If-Match');
  } else if (modified > (dateOf(headers['if-unmodified-since']) ?? Infinity)) failed('If-Unmodified-Since');

  const noneMatch = headers['if-none-match'];
  if (noneMatch !== undefined) return isAmong(noneMatch, object.etag);
  const since = dateOf(headers['if-modified-since']);
  return since !== undefined && since <= now && modified <= since;
}

const isAmong = (list: string, etag: string): boolean =>
  list
    .split(',')
    .map((one) => one.trim())
    .some((one) => one === '*' || one === etag || `"${one}"` === etag);

function dateOf(text: string | undefined): number | undefined {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? undefined : time;
}

/**
 * First and last byte. Undefined for the whole: without the header, where it is no range of bytes, and for several
 * ranges at once, which S3 does not serve.
 */
export function rangeOf(header: string | undefined, size: number): readonly [number, number] | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (header === undefined || first + last === '' || (first !== '' && last !== '' && +first > +last))
    return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start <= end) return [start, end];
  return refuseS3(
    'InvalidRange',
    'The requested range is not satisfiable',
    { RangeRequested: header, ActualObjectSize: size },
    { 'content-range': `bytes */${size}` },
  );
}
