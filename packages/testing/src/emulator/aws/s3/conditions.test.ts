import { describe, expect, it } from 'vitest';
import { element, refusal, ROLE } from '../aws.fixture.js';
import { S3Refusal } from './responses.js';
import { isUnmodified, rangeOf } from './conditions.js';
import { useUploads } from './uploads.fixture.js';

const uploads = useUploads();
const { s3 } = uploads;

const objectOf = (size: number) => ({
  body: new Uint8Array(size),
  etag: '"a"',
  lastModified: 0,
  headers: {},
});
const headersOf = (range: string | undefined) => (range === undefined ? {} : { range });

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
    expect(rangeOf(headersOf(header), objectOf(size))).toEqual(range);
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
        return rangeOf(headersOf(header), objectOf(size));
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

describe('a range of If-Range', () => {
  it.each([
    ['"a"', [0, 1]],
    ['Thu, 01 Jan 1970 00:00:00 GMT', [0, 1]],
    ['"b"', undefined],
    ['W/"a"', undefined],
    ['Thu, 01 Jan 1970 00:00:01 GMT', undefined],
  ])('%s', (ifRange, range) => {
    expect(rangeOf({ range: 'bytes=0-1', 'if-range': ifRange }, objectOf(10))).toEqual(range);
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
    [{ 'if-modified-since': '2026' }, false],
    [{ 'if-unmodified-since': '2026-11-21' }, false],
    [{ 'if-modified-since': '2026-11-22T12:00:00Z' }, true],
    [{ 'if-modified-since': 'Sunday, 22-Nov-26 12:00:00 GMT' }, true],
    [{ 'if-modified-since': 'Sun Nov 22 12:00:00 2026' }, true],
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

const code = (answer: Parameters<typeof refusal>[0]) => refusal(answer).slice(0, 2).join(' ').trim();

describe('a write', () => {
  const put = (headers: Record<string, string>) => s3({ method: 'PUT', body: 'new', headers });

  it('replaces only the object that If-Match names', async () => {
    expect(code(await put({ 'if-match': '"a"' }))).toBe('404 NoSuchKey');
    const { etag = '' } = (await put({})).headers ?? {};
    const other = await put({ 'if-match': '"other"' });
    expect([code(other), element(other, 'Condition')]).toEqual(['412 PreconditionFailed', 'If-Match']);
    expect((await put({ 'if-match': etag })).status).toBe(200);
    expect((await put({ 'if-match': etag.replaceAll('"', '') })).status).toBe(200);
  });

  it.each([
    [{ 'if-match': '*' }, 'If-Match'],
    [{ 'if-none-match': '"a"' }, 'If-None-Match'],
    [{ 'if-match': '"a"', 'if-none-match': '*' }, 'If-Match,If-None-Match'],
    [{ 'if-unmodified-since': 'Sun, 22 Nov 2026 12:00:00 GMT' }, 'if-unmodified-since'],
  ])('takes no %o', async (headers, named) => {
    const answer = await put(headers);
    expect([code(answer), element(answer, 'Header')]).toEqual(['501 NotImplemented', named]);
  });

  it('by If-Match needs the permission to read', async () => {
    const { aws } = uploads;
    aws.admin.updateRole({
      arn: ROLE,
      policies: [
        { Statement: { Effect: 'Allow', Action: ['s3:PutObject', 's3:DeleteObject'], Resource: '*' } },
      ],
    });
    const { etag = '' } = (await put({})).headers ?? {};
    expect(code(await put({ 'if-match': etag }))).toBe('403 AccessDenied');
    expect(code(await s3({ method: 'DELETE', headers: { 'if-match': etag } }))).toBe('403 AccessDenied');
    expect((await s3({ method: 'DELETE', headers: { 'if-match': '*' } })).status).toBe(204);
  });
});

describe('an upload in parts', () => {
  const complete = async (id: string, headers: Record<string, string>) => {
    const { etag = '' } = (await uploads.part(id, 1)).headers ?? {};
    return uploads.complete(id, [[1, etag]], headers);
  };
  const put = async () => (await s3({ method: 'PUT', body: 'x' })).headers?.['etag'] ?? '';

  it('conflicts with what was deleted or written since it began', async () => {
    await put();
    const first = await uploads.create();
    expect(code(await complete(first, { 'if-none-match': '*' }))).toBe('412 PreconditionFailed');
    await s3({ method: 'DELETE' });
    const deleted = await complete(first, { 'if-none-match': '*' });
    expect([code(deleted), element(deleted, 'Condition'), element(deleted, 'Key')]).toEqual([
      '409 ConditionalRequestConflict',
      'If-None-Match',
      'big',
    ]);
    const second = await uploads.create();
    expect((await complete(second, { 'if-none-match': '*' })).status).toBe(200);
    const third = await uploads.create();
    const etag = await put();
    expect(code(await complete(third, { 'if-match': '"other"' }))).toBe('412 PreconditionFailed');
    expect(code(await complete(third, { 'if-match': etag }))).toBe('409 ConditionalRequestConflict');
    await s3({ method: 'DELETE' });
    expect(code(await complete(third, { 'if-match': etag }))).toBe('404 NoSuchKey');
    expect((await complete(third, {})).status).toBe(200);
  });

  it('takes conditions only where it is completed', async () => {
    const headers = { 'if-none-match': '*' };
    expect(code(await s3({ method: 'POST', query: { uploads: '' }, headers }))).toBe('501 NotImplemented');
    const id = await uploads.create();
    expect(code(await uploads.part(id, 1, 'x', headers))).toBe('501 NotImplemented');
  });
});

describe('a deletion', () => {
  const remove = (headers: Record<string, string>) => s3({ method: 'DELETE', headers });

  it('deletes only the object that If-Match names', async () => {
    expect(code(await remove({ 'if-match': '*' }))).toBe('404 NoSuchKey');
    const { etag = '' } = (await s3({ method: 'PUT', body: 'x' })).headers ?? {};
    expect(code(await remove({ 'if-match': '"other"' }))).toBe('412 PreconditionFailed');
    expect((await s3({ method: 'GET' })).status).toBe(200);
    expect((await remove({ 'if-match': etag })).status).toBe(204);
    expect(code(await s3({ method: 'GET' }))).toBe('404 NoSuchKey');
  });

  it.each(['x-amz-if-match-size', 'x-amz-if-match-last-modified-time', 'if-none-match'])(
    'takes no %s',
    async (name) => {
      expect(code(await remove({ [name]: '1' }))).toBe('501 NotImplemented');
    },
  );
});
