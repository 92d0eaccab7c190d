import { describe, expect, it } from 'vitest';
import { element, refusal } from '../aws.fixture.js';
import { S3Refusal } from './responses.js';
import { isUnmodified, rangeOf } from './objects.js';
import { useUploads } from './uploads.fixture.js';

const { s3 } = useUploads();

describe('a range', () => {
  it.each([
    ['bytes=0-0', 10, [0, 0]],
    ['bytes=2-5', 10, [2, 5]],
    ['bytes=2-', 10, [2, 9]],
    ['bytes=2-99', 10, [2, 9]],
    ['bytes=-3', 10, [7, 9]],
    ['bytes=-99', 10, [0, 9]],
    // The whole: no range of bytes, more than one, or one that ends before it begins.
    ['bytes=5-2', 10, undefined],
    ['bytes=-', 10, undefined],
    ['bytes=0-1,4-5', 10, undefined],
    ['lines=0-1', 10, undefined],
    ['bytes=a-b', 10, undefined],
    [undefined, 10, undefined],
  ])('%s of %d bytes', (header, size, range) => {
    expect(rangeOf(header, size)).toEqual(range);
  });

  it.each([
    ['bytes=10-', 10],
    ['bytes=10-20', 10],
    ['bytes=-0', 10],
    ['bytes=0-', 0],
    ['bytes=-1', 0],
  ])('is not satisfiable: %s of %d bytes', (header, size) => {
    const refused = (): unknown => {
      try {
        return rangeOf(header, size);
      } catch (error) {
        return error;
      }
    };
    expect(refused()).toBeInstanceOf(S3Refusal);
    expect(refused()).toMatchObject({
      code: 'InvalidRange',
      status: 416,
      details: { RangeRequested: header, ActualObjectSize: size },
    });
  });
});

describe('a condition', () => {
  const NOW = Date.parse('2026-11-22T12:00:00Z');
  const object = { body: new Uint8Array(), etag: '"a"', lastModified: NOW + 500, headers: {} };
  const at = (offset: number): string => new Date(NOW + offset * 1000).toUTCString();
  const judged = (headers: Record<string, string>): unknown => {
    try {
      return isUnmodified(headers, object, NOW + 10_000);
    } catch (error) {
      return error instanceof S3Refusal ? error.details : error;
    }
  };
  const failed = (condition: string) => ({ Condition: condition });

  it.each([
    [{ 'if-match': '"a"' }, false],
    [{ 'if-match': '*' }, false],
    [{ 'if-match': '"b", "a"' }, false],
    [{ 'if-match': '"b"' }, failed('If-Match')],
    [{ 'if-none-match': '"a"' }, true],
    [{ 'if-none-match': 'a' }, true],
    [{ 'if-none-match': '"b"' }, false],
    [{ 'if-unmodified-since': at(0) }, false],
    [{ 'if-unmodified-since': at(-1) }, failed('If-Unmodified-Since')],
    [{ 'if-modified-since': at(0) }, true],
    [{ 'if-modified-since': at(-1) }, false],
    // A date that has not come, and what is no date.
    [{ 'if-modified-since': at(60) }, false],
    [{ 'if-modified-since': 'yesterday' }, false],
    // ETags are looked at before dates.
    [{ 'if-match': '"a"', 'if-unmodified-since': at(-1) }, false],
    [{ 'if-none-match': '"b"', 'if-modified-since': at(0) }, false],
  ] as [Record<string, string>, unknown][])('%o', (headers, verdict) => {
    expect(judged(headers)).toEqual(verdict);
  });
});

describe('objects', () => {
  it('are read in part, without what is said of the whole', async () => {
    await s3({ method: 'PUT', body: 'hello world' });
    const part = async (method: string, range: string) =>
      s3({ method, headers: { range, 'x-amz-checksum-mode': 'ENABLED' } });
    const read = await part('GET', 'bytes=-5');
    expect([read.status, Buffer.from(read.body as Uint8Array).toString()]).toEqual([206, 'world']);
    expect(read.headers).toMatchObject({
      'content-range': 'bytes 6-10/11',
      'content-length': '5',
      'accept-ranges': 'bytes',
    });
    expect(Object.keys(read.headers ?? {}).filter((name) => name.includes('checksum'))).toEqual([]);
    const head = await part('HEAD', 'bytes=0-1');
    expect([head.status, head.body, head.headers?.['content-length']]).toEqual([206, '', '2']);
    const beyond = await part('GET', 'bytes=11-');
    expect(refusal(beyond)).toEqual([416, 'InvalidRange', 'The requested range is not satisfiable']);
    expect(element(beyond, 'ActualObjectSize')).toBe('11');
  });

  it('are not sent again to who has them', async () => {
    const { etag = '' } = (await s3({ method: 'PUT', body: 'hello' })).headers ?? {};
    const answer = await s3({ method: 'GET', headers: { 'if-none-match': etag } });
    expect([answer.status, answer.body, answer.headers?.['etag']]).toEqual([304, '', etag]);
    const other = await s3({ method: 'GET', headers: { 'if-match': '"other"' } });
    expect(refusal(other).slice(0, 2)).toEqual([412, 'PreconditionFailed']);
  });
});
