import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ServiceAnswer } from '../../service.js';
import {
  ACCOUNT,
  blobCall,
  CLIENT,
  codeOf,
  OTHER_TENANT,
  request,
  TENANT,
  testAzure,
  tokenOf,
  withStorage,
} from '../azure.fixture.js';
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
const textOf = (answer: ServiceAnswer): string => Buffer.from(answer.body ?? '').toString();
const md5 = (text: string): string => createHash('md5').update(text).digest('base64');

describe('a blob', () => {
  it('is put, read, described and deleted', async () => {
    const headers = { 'x-ms-blob-content-type': 'text/plain', 'content-type': 'x/y', 'x-ms-meta-k': 'v' };
    const stored = await put('a/b%20c', 'hello', headers);
    expect([stored.status, stored.headers?.['content-md5']]).toEqual([201, md5('hello')]);
    const read = await call('GET', 'carts/a/b%20c');
    expect([read.status, textOf(read)]).toEqual([200, 'hello']);
    const described = {
      'content-type': 'text/plain',
      'content-length': '5',
      'x-ms-meta-k': 'v',
      'x-ms-blob-type': 'BlockBlob',
      'last-modified': 'Sun, 22 Nov 2026 10:00:00 GMT',
      etag: stored.headers?.['etag'],
    };
    expect(read.headers).toMatchObject(described);
    const head = await call('HEAD', 'carts/a/b%20c');
    expect([head.status, head.body]).toEqual([200, undefined]);
    expect(head.headers).toMatchObject(described);
    expect((await call('DELETE', 'carts/a/b%20c')).status).toBe(202);
    expect(codeOf(await call('GET', 'carts/a/b%20c'))).toBe('404 BlobNotFound');
  });

  it('is found by the host name of the account as well', async () => {
    await put('a', 'hello');
    const headers = { 'x-ms-version': '2026-02-06', authorization: `Bearer ${token}` };
    const host = `${ACCOUNT}.blob.core.windows.net`;
    const answer = await azure.blob.handle(request({ target: '/carts/a', headers, host }));
    expect(textOf(answer)).toBe('hello');
  });

  it.each([
    [{ 'x-ms-range': 'bytes=1-3' }, 206, 'ell', 'bytes 1-3/5'],
    [{ range: 'bytes=3-' }, 206, 'lo', 'bytes 3-4/5'],
    [{ range: 'bytes=0-0', 'x-ms-range': 'bytes=4-99' }, 206, 'o', 'bytes 4-4/5'],
  ] as const)('is read in part by %j', async (headers, status, text, contentRange) => {
    await put('a', 'hello');
    const answer = await call('GET', 'carts/a', { headers });
    expect([answer.status, textOf(answer), answer.headers?.['content-range']]).toEqual([
      status,
      text,
      contentRange,
    ]);
  });

  it.each([
    ['bytes=5-9', '416 InvalidRange'],
    ['bytes=-2', '400 InvalidHeaderValue'],
    ['bytes=3-1', '400 InvalidHeaderValue'],
  ])('is not read by %s', async (range, code) => {
    await put('a', 'hello');
    expect(codeOf(await call('GET', 'carts/a', { headers: { range } }))).toBe(code);
  });

  it('is put together of blocks, committed in the order of the list', async () => {
    const id = (n: number): string => Buffer.from(`block-${String(n)}`).toString('base64');
    const block = (n: number, body: string): Promise<ServiceAnswer> =>
      call('PUT', `carts/big?comp=block&blockid=${encodeURIComponent(id(n))}`, { body });
    expect((await block(1, 'one ')).status).toBe(201);
    expect((await block(2, 'two ')).status).toBe(201);
    expect(codeOf(await call('GET', 'carts/big'))).toBe('404 BlobNotFound');
    const commit = (...ids: string[]): Promise<ServiceAnswer> => {
      const body = `<?xml version="1.0"?><BlockList>${ids.map((i) => `<Latest>${i}</Latest>`).join('')}</BlockList>`;
      return call('PUT', 'carts/big?comp=blocklist', {
        body,
        headers: { 'content-type': 'application/xml' },
      });
    };
    expect(codeOf(await commit(id(1), id(3)))).toBe('400 InvalidBlockList');
    expect((await commit(id(2), id(1))).status).toBe(201);
    const read = await call('GET', 'carts/big');
    expect([textOf(read), read.headers?.['content-type']]).toEqual(['two one ', 'application/octet-stream']);
    expect(codeOf(await commit(id(1)))).toBe('400 InvalidBlockList');
    expect(codeOf(await call('PUT', 'carts/big?comp=block&blockid=no', {}))).toBe(
      '400 InvalidQueryParameterValue',
    );
  });

  it('is not put without its type, under a wrong MD5 or in no container', async () => {
    expect(codeOf(await call('PUT', 'carts/a', { body: 'x' }))).toBe('400 MissingRequiredHeader');
    expect(codeOf(await put('a', 'x', { 'x-ms-blob-type': 'Jelly' }))).toBe('400 InvalidHeaderValue');
    expect(codeOf(await put('a', 'x', { 'content-md5': md5('y') }))).toBe('400 Md5Mismatch');
    expect((await put('a', 'x', { 'content-md5': md5('x') })).status).toBe(201);
    const headers = { 'x-ms-blob-type': 'BlockBlob' };
    expect(codeOf(await call('PUT', 'ghost/a', { headers }))).toBe('404 ContainerNotFound');
  });
});

describe('a condition', () => {
  it('keeps a write from overwriting', async () => {
    const etag = (await put('a', 'one')).headers?.['etag'] ?? '';
    expect(codeOf(await put('a', 'two', { 'if-none-match': '*' }))).toBe('409 BlobAlreadyExists');
    expect(codeOf(await put('a', 'two', { 'if-none-match': etag }))).toBe('412 ConditionNotMet');
    expect(codeOf(await put('a', 'two', { 'if-match': '"0x8D0"' }))).toBe('412 ConditionNotMet');
    expect(codeOf(await put('b', 'two', { 'if-match': '*' }))).toBe('412 ConditionNotMet');
    expect(codeOf(await put('a', 'two', { 'if-match': etag }))).toBe('201');
    expect(codeOf(await call('DELETE', 'carts/a', { headers: { 'if-match': etag } }))).toBe(
      '412 ConditionNotMet',
    );
  });

  it('answers a read with 304, and a failed precondition with 412', async () => {
    const etag = (await put('a', 'one')).headers?.['etag'] ?? '';
    const get = async (headers: Record<string, string>): Promise<number> =>
      (await call('GET', 'carts/a', { headers })).status;
    expect(await get({ 'if-none-match': etag })).toBe(304);
    expect(await get({ 'if-none-match': '"0x8D0"' })).toBe(200);
    expect(await get({ 'if-modified-since': 'Sun, 22 Nov 2026 10:00:00 GMT' })).toBe(304);
    expect(await get({ 'if-modified-since': 'Sun, 22 Nov 2026 09:59:59 GMT' })).toBe(200);
    expect(await get({ 'if-unmodified-since': 'Sun, 22 Nov 2026 09:59:59 GMT' })).toBe(412);
    expect(await get({ 'if-modified-since': 'yesterday' })).toBe(400);
  });
});

describe('a container', () => {
  it('is created once, described and deleted', async () => {
    const path = 'bills?restype=container';
    expect((await call('PUT', path)).status).toBe(201);
    expect(codeOf(await call('PUT', path))).toBe('409 ContainerAlreadyExists');
    expect((await call('HEAD', path)).status).toBe(200);
    expect((await call('DELETE', path)).status).toBe(202);
    expect(codeOf(await call('GET', path))).toBe('404 ContainerNotFound');
  });

  it.each([
    ['ab', '400 OutOfRangeInput'],
    ['a'.repeat(64), '400 OutOfRangeInput'],
    ['Bills', '400 InvalidResourceName'],
    ['a--b', '400 InvalidResourceName'],
    ['-ab', '400 InvalidResourceName'],
  ])('is not created as %s', async (name, code) => {
    expect(codeOf(await call('PUT', `${name}?restype=container`))).toBe(code);
  });

  it('is not opened to everyone, and has dates for conditions alone', async () => {
    const path = 'bills?restype=container';
    const open = { 'x-ms-blob-public-access': 'blob' };
    expect(codeOf(await call('PUT', path, { headers: open }))).toBe('409 PublicAccessNotPermitted');
    await call('PUT', path);
    const remove = async (headers: Record<string, string>) => codeOf(await call('DELETE', path, { headers }));
    expect(await remove({ 'if-unmodified-since': 'Sun, 22 Nov 2026 09:59:59 GMT' })).toBe(
      '412 ConditionNotMet',
    );
    expect(await remove({ 'x-ms-lease-id': 'a' })).toBe('412 LeaseNotPresentWithContainerOperation');
    expect(await remove({ 'if-match': '"0x8D0"' })).toBe('202');
  });

  it('lists its blobs by prefix, delimiter and page', async () => {
    for (const name of ['b', 'a%26%3C', 'dir/1', 'dir/2']) await put(name, name);
    const list = async (query = ''): Promise<string> =>
      textOf(await call('GET', `carts?restype=container&comp=list${query}`));
    const names = (xml: string): string[] =>
      [...xml.matchAll(/<Name>(.*?)<\/Name>/g)].map(([, name = '']) => name);
    expect(names(await list())).toEqual(['a&amp;&lt;', 'b', 'dir/1', 'dir/2']);
    expect(names(await list('&prefix=dir/'))).toEqual(['dir/1', 'dir/2']);
    const tree = await list('&delimiter=/');
    expect(names(tree)).toEqual(['a&amp;&lt;', 'b', 'dir/']);
    expect(tree).toContain('<BlobPrefix><Name>dir/</Name></BlobPrefix>');
    const first = await list('&delimiter=/&maxresults=2');
    const [, marker = ''] = /<NextMarker>(.*)<\/NextMarker>/.exec(first) ?? [];
    expect(names(first)).toEqual(['a&amp;&lt;', 'b']);
    const last = await list(`&delimiter=/&maxresults=2&marker=${marker}`);
    expect(names(last)).toEqual(['dir/']);
    expect(last).toContain('<NextMarker></NextMarker>');
    const bad = await call('GET', 'carts?restype=container&comp=list&maxresults=0');
    expect(codeOf(bad)).toBe('400 InvalidQueryParameterValue');
  });
});

describe('an error', () => {
  it("has the service's shape", async () => {
    const headers = { 'x-ms-client-request-id': 'mine' };
    const answer = await call('GET', 'carts/ghost', { headers });
    const id = answer.headers?.['x-ms-request-id'] ?? '';
    expect(id).toMatch(/^[\da-f-]{30}000000$/);
    expect(answer.body).toBe(
      `<?xml version="1.0" encoding="utf-8"?><Error><Code>BlobNotFound</Code><Message>The specified blob does not exist.\nRequestId:${id}\nTime:2026-11-22T10:00:00.0000000Z</Message></Error>`,
    );
    expect(answer.headers).toMatchObject({
      'content-type': 'application/xml',
      'x-ms-error-code': 'BlobNotFound',
      'x-ms-version': '2026-02-06',
      'x-ms-client-request-id': 'mine',
    });
  });

  it('of a HEAD has no body', async () => {
    const answer = await call('HEAD', 'carts/ghost');
    expect([codeOf(answer), answer.body]).toEqual(['404 BlobNotFound', '']);
  });

  it('says what is not emulated, rather than to look like Azure', async () => {
    for (const path of ['carts/a?comp=lease', '?comp=list', 'carts/a?comp=constructor'])
      expect(codeOf(await call('PUT', path))).toBe('501 NotImplemented');
    expect(codeOf(await call('GET', 'carts'))).toBe('404 ResourceNotFound');
    expect(codeOf(await call('GET', 'carts/a?restype=container'))).toBe('400 InvalidQueryParameterValue');
    expect(codeOf(await call('GET', 'carts/%zz'))).toBe('400 InvalidUri');
  });

  it('is the answer for an account that is not there', async () => {
    const answer = await azure.blob.handle(request({ target: '/missing/carts/a' }));
    expect(codeOf(answer)).toBe('404 ResourceNotFound');
  });

  it.each([
    [undefined, '503 ServerBusy'],
    [503, '503 ServerBusy'],
    [500, '500 InternalError'],
    [403, '403 AuthorizationFailure'],
    [400, '400 InvalidInput'],
  ])('planted at %s is %s', async (status, code) => {
    const kind = status === undefined ? 'throttle' : 'status';
    const answer = await azure.blob.faultAnswer?.(kind, request({ target: '/' }), status);
    expect(answer && codeOf(answer)).toBe(code);
  });
});

describe('the request log', () => {
  it('has account, container, client, operation and verdict, and no token', async () => {
    const answer = await put('a', 'hello');
    const log = {
      account: ACCOUNT,
      container: 'carts',
      client: CLIENT,
      operation: 'PutBlob',
      verdict: 'allowed',
    };
    expect(answer.log).toEqual(log);
    expect((await call('GET', 'carts/b')).log).toEqual({
      ...log,
      operation: 'GetBlob',
      verdict: 'BlobNotFound',
    });
  });
});

describe('an account', () => {
  it('has a name, a tenant and containers that Azure would allow', () => {
    const create =
      (name: string, tenantId = TENANT, containers: string[] = []) =>
      () =>
        azure.admin.createStorageAccount({ name, tenantId, containers, roleAssignments: [] });
    expect(create('Not-A-Name')).toThrow(/^name:/);
    expect(create(ACCOUNT)).toThrow(/already/);
    expect(create('fresh', OTHER_TENANT)).toThrow(/createTenant first/);
    expect(create('fresh', TENANT, ['a--b'])).toThrow(/^containers:/);
  });
});
