import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ServiceAnswer } from '../../service.js';
import { blobCall, codeOf, testAzure, tokenOf, withStorage } from '../azure.fixture.js';
import type { RequestParts, TestAzure } from '../azure.fixture.js';

let azure: TestAzure;
let token: string;
beforeEach(async () => {
  azure = testAzure();
  withStorage(azure);
  token = await tokenOf(azure);
});

const call = (method: string, path: string, rest: Partial<RequestParts> = {}): Promise<ServiceAnswer> =>
  blobCall(azure, token, method, path, rest);
const put = (name: string, body: string, headers: Record<string, string> = {}): Promise<ServiceAnswer> =>
  call('PUT', `carts/${name}`, { body, headers: { 'x-ms-blob-type': 'BlockBlob', ...headers } });
const md5 = (text: string): string => createHash('md5').update(text).digest('base64');

describe('conditions together', () => {
  const OLD = 'Sun, 22 Nov 2026 09:59:59 GMT';
  const NOW = 'Sun, 22 Nov 2026 10:00:00 GMT';
  const OTHER = '"0x8D0"';

  it.each([
    // A read goes on where one of these two holds.
    [{ 'if-none-match': 'own', 'if-modified-since': OLD }, '200'],
    [{ 'if-none-match': 'own', 'if-modified-since': NOW }, '304 ConditionNotMet'],
    [{ 'if-none-match': OTHER, 'if-modified-since': NOW }, '200'],
    [{ 'if-match': 'own', 'if-unmodified-since': OLD }, '412 ConditionNotMet'],
    [{ 'if-match': `${OTHER}, own` }, '200'],
    [{ 'if-none-match': `${OTHER}, own` }, '304 ConditionNotMet'],
    [{ 'if-none-match': '*' }, '400 UnsatisfiableCondition'],
    [{ 'if-modified-since': '2026-11-22' }, '400 InvalidHeaderValue'],
  ])('of a read: %o', async (headers, expected) => {
    const { etag = '' } = (await put('a', 'one')).headers ?? {};
    const own = Object.entries(headers).map(([name, value]) => [name, value.replace('own', etag)]);
    const read = await call('GET', 'carts/a', { headers: Object.fromEntries(own) as Record<string, string> });
    expect(codeOf(read)).toBe(expected);
    if (read.status === 304) expect(read.body).toBeUndefined();
  });

  it.each([
    // Of a pair only the tag counts.
    [{ 'if-none-match': OTHER, 'if-modified-since': NOW }, '201'],
    [{ 'if-match': '*', 'if-unmodified-since': OLD }, '201'],
    [{ 'if-match': '*', 'if-none-match': OTHER }, '400 MultipleConditionHeadersNotSupported'],
    [{ 'if-match': '*', 'if-modified-since': OLD }, '400 MultipleConditionHeadersNotSupported'],
    [{ 'if-none-match': `${OTHER}, "0x8D1"` }, '400 MultipleConditionHeadersNotSupported'],
    [{ 'if-modified-since': OLD, 'if-unmodified-since': NOW }, '400 MultipleConditionHeadersNotSupported'],
    [{ 'if-unmodified-since': OLD }, '412 ConditionNotMet'],
  ])('of a write: %o', async (headers, expected) => {
    await put('a', 'one');
    expect(codeOf(await put('a', 'two', headers as Record<string, string>))).toBe(expected);
  });

  it('of a delete', async () => {
    await put('a', 'one');
    expect(codeOf(await call('DELETE', 'carts/a', { headers: { 'if-none-match': '*' } }))).toBe(
      '412 ConditionNotMet',
    );
  });
});

describe('what Azure would not take or the emulator does not do', () => {
  it.each([
    [{ 'x-ms-meta-': 'v' }, '400 EmptyMetadataKey'],
    [{ 'x-ms-meta-a-b': 'v' }, '400 InvalidMetadata'],
    [{ 'x-ms-meta-1': 'v' }, '400 InvalidMetadata'],
    [{ 'x-ms-meta-a': 'v'.repeat(8191) }, '201'],
    [{ 'x-ms-meta-a': 'v'.repeat(8192) }, '400 MetadataTooLarge'],
    [{ 'content-md5': 'AAAA' }, '400 InvalidMd5'],
    [{ 'x-ms-lease-id': 'a' }, '412 LeaseNotPresentWithBlobOperation'],
    [{ 'transfer-encoding': 'chunked' }, '411 MissingContentLengthHeader'],
    [{ 'x-ms-access-tier': 'Hot' }, '201'],
    [{ 'x-ms-access-tier': 'Archive' }, '501 NotImplemented'],
    [{ 'x-ms-copy-source': 'https://x.test/a' }, '501 NotImplemented'],
    [{ 'x-ms-if-tags': '"a" = \'b\'' }, '501 NotImplemented'],
  ])('a write with %o', async (headers, expected) => {
    expect(codeOf(await put('a', 'x', headers as Record<string, string>))).toBe(expected);
  });

  it('a name that is too long, a snapshot, and a delete of snapshots alone', async () => {
    await put('a', 'x');
    expect(codeOf(await put('b'.repeat(1025), 'x'))).toBe('400 OutOfRangeInput');
    expect(codeOf(await call('GET', 'carts/a?snapshot=2026-01-01'))).toBe('501 NotImplemented');
    const only = { headers: { 'x-ms-delete-snapshots': 'only' } };
    expect(codeOf(await call('DELETE', 'carts/a', only))).toBe('501 NotImplemented');
  });

  it.each([
    ['', '400 InvalidXmlDocument'],
    ['<BlockList><Latest>AAAA</Latest>', '400 InvalidXmlDocument'],
    ['<BlockList><Latest>AAAA</Latest><Oldest/></BlockList>', '400 InvalidXmlDocument'],
    ['<BlockList><Committed>AAAA</Committed></BlockList>', '400 InvalidBlockList'],
    ['<BlockList>\n <Latest>AAAA</Latest>\n</BlockList>', '201'],
  ])('the list of blocks %j', async (body, expected) => {
    await call('PUT', 'carts/b?comp=block&blockid=AAAA', { body: 'x' });
    expect(codeOf(await call('PUT', 'carts/b?comp=blocklist', { body }))).toBe(expected);
  });

  it('the MD5 of more than a part', async () => {
    await put('a', 'hello');
    const read = (range: Record<string, string>) =>
      call('GET', 'carts/a', { headers: { 'x-ms-range-get-content-md5': 'true', ...range } });
    expect(codeOf(await read({}))).toBe('400 InvalidHeaderValue');
    expect((await read({ range: 'bytes=0-1' })).headers?.['content-md5']).toBe(md5('he'));
  });
});
