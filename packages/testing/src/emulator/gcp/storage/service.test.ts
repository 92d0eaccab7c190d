import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { crc32c } from './crc32c.js';
import { bytes, CLOUD, EMAIL, PRINCIPAL, START, testGcp, type TestGcp } from '../gcp.fixture.js';

const ADMIN = 'roles/storage.objectAdmin';
const SCOPES = 'https://www.googleapis.com/auth/';
const BUCKET = '/storage/v1/b/acme-files';
const O = `${BUCKET}/o`;
const UPLOAD = `/upload${O}`;

let gcp: TestGcp;
let token: string;
beforeEach(async () => {
  gcp = testGcp();
  token = await gcp.federated();
});

const bucket = (role: string, member: string = PRINCIPAL) =>
  gcp.admin.createBucket({ name: 'acme-files', bindings: [{ role, members: [member] }] });

const put = (name: string, text: string, query = '', as: string | undefined = token) =>
  gcp.storage('POST', `${UPLOAD}?uploadType=media&name=${encodeURIComponent(name)}${query}`, as, {
    headers: { 'content-type': 'text/plain' },
    body: bytes(text),
  });

const multipart = (fields: object, content: string, query = '', boundary = 'xyz') =>
  gcp.storage('POST', `${UPLOAD}?uploadType=multipart${query}`, token, {
    headers: { 'content-type': `multipart/related; boundary=${boundary}` },
    body: bytes(
      `--xyz\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(fields)}\r\n` +
        `--xyz\r\nContent-Type: text/csv\r\n\r\n${content}\r\n--xyz--`,
    ),
  });

const errorOf = (answer: { json: Record<string, unknown> }) =>
  answer.json['error'] as { code: number; message: string; errors: { reason: string }[] };

test('CRC-32C of the check string of RFC 3720', () => {
  expect(crc32c(bytes('123456789'))).toBe(Buffer.from([0xe3, 0x06, 0x92, 0x83]).toString('base64'));
  expect(crc32c(new Uint8Array(32))).toBe(Buffer.from([0x8a, 0x91, 0x36, 0xaa]).toString('base64'));
});

describe('objects', () => {
  test('are stored with their hashes and come back as they were', async () => {
    bucket(ADMIN);
    const md5Hash = createHash('md5').update('hello').digest('base64');
    const stored = await put('a/b c.txt', 'hello');
    expect(stored.json).toMatchObject({
      kind: 'storage#object',
      name: 'a/b c.txt',
      bucket: 'acme-files',
      contentType: 'text/plain',
      size: '5',
      md5Hash,
      crc32c: 'mnG7TA==',
      generation: String(START * 1000),
      timeCreated: '2026-11-22T10:00:00Z',
    });
    const path = `${O}/a%2Fb%20c.txt`;
    expect((await gcp.storage('GET', path, token)).json).toEqual(stored.json);
    for (const prefix of ['', '/download']) {
      const media = await gcp.storage('GET', `${prefix}${path}?alt=media`, token);
      expect([media.status, media.text]).toEqual([200, 'hello']);
      expect(media.headers).toMatchObject({
        'content-type': 'text/plain',
        'x-goog-hash': `crc32c=mnG7TA==,md5=${md5Hash}`,
        'x-goog-generation': String(START * 1000),
        etag: stored.json['etag'],
      });
    }
    expect((await gcp.storage('DELETE', path, token)).status).toBe(204);
    expect(errorOf(await gcp.storage('GET', path, token))).toMatchObject({
      code: 404,
      message: 'No such object: acme-files/a/b c.txt',
      errors: [{ domain: 'global', reason: 'notFound' }],
    });
    expect((await gcp.storage('DELETE', path, token)).status).toBe(404);
  });

  test('a refused download is told in plain text, as the clients expect', async () => {
    bucket(ADMIN);
    const missing = await gcp.storage('GET', `${O}/x?alt=media`, token);
    expect([missing.status, missing.text]).toEqual([404, 'No such object: acme-files/x']);
    const stranger = await gcp.storage('GET', `${O}/x?alt=media`, 'ya29.d.stranger');
    expect([stranger.status, stranger.text]).toEqual([401, 'Invalid Credentials']);
    expect(stranger.headers).toMatchObject({
      'content-type': 'text/html; charset=UTF-8',
      'www-authenticate': expect.stringContaining('invalid_token') as string,
    });
  });

  test('multipart: fields, content, and hashes that are checked', async () => {
    bucket(ADMIN);
    const fields = { metadata: { made: 'here' }, cacheControl: 'no-store', crc32c: crc32c(bytes('1,2')) };
    const stored = await multipart({ ...fields, name: 'x.csv' }, '1,2');
    expect(stored.json).toMatchObject({ ...fields, name: 'x.csv', contentType: 'text/csv', size: '3' });
    expect((await multipart({}, '', '&name=empty', '"xyz"')).json).toMatchObject({
      name: 'empty',
      size: '0',
    });
    expect(errorOf(await multipart({ name: 'y', md5Hash: 'AAAA' }, '1')).message).toContain(
      'Provided MD5 hash',
    );
    expect(errorOf(await multipart({ name: 'y', crc32c: 'AAAA' }, '1')).message).toContain('Provided CRC32C');
    expect((await multipart({}, '1')).status).toBe(400);
    expect((await multipart({ name: 'y' }, '1', '', 'other')).status).toBe(400);
    expect((await gcp.storage('GET', `${O}/y`, token)).status).toBe(404);
  });

  test('multipart with lines that end in a line feed alone, as Python’s clients write them', async () => {
    bucket(ADMIN);
    const envelope =
      '--xyz\nContent-Type: application/json\nMIME-Version: 1.0\n\n{"name":"lf"}\n' +
      '--xyz\nContent-Type: text/csv\nContent-Transfer-Encoding: binary\n\n1,2\r\n\n3\n--xyz--';
    const stored = await gcp.storage('POST', `${UPLOAD}?uploadType=multipart`, token, {
      headers: { 'content-type': 'multipart/related; boundary=xyz' },
      body: bytes(envelope),
    });
    expect(stored.json).toMatchObject({ name: 'lf', contentType: 'text/csv', size: '7' });
  });

  test('content may hold what looks like a line of the envelope', async () => {
    bucket(ADMIN);
    const content = 'a\r\n\r\n--xy\r\nContent-Type: b\r\n\r\n--';
    await multipart({ name: 'odd' }, content);
    expect((await gcp.storage('GET', `${O}/odd?alt=media`, token)).text).toBe(content);
  });

  test('other upload types are refused, not half done', async () => {
    bucket(ADMIN);
    const status = async (type: string) =>
      (await gcp.storage('POST', `${UPLOAD}?uploadType=${type}&name=x`, token)).status;
    expect([await status('resumable'), await status('other')]).toEqual([501, 400]);
  });

  test('preconditions and growing generations', async () => {
    bucket(ADMIN);
    const first = (await put('x', '1', '&ifGenerationMatch=0')).json['generation'] as string;
    const again = await put('x', '2', '&ifGenerationMatch=0');
    expect([again.status, errorOf(again).errors[0]?.reason]).toEqual([412, 'conditionNotMet']);
    const second = (await put('x', '2', `&ifGenerationMatch=${first}`)).json['generation'] as string;
    expect(BigInt(second)).toBeGreaterThan(BigInt(first));
    expect((await gcp.storage('DELETE', `${O}/x?ifGenerationMatch=${first}`, token)).status).toBe(412);
  });

  test('lists by prefix, by folder and by page', async () => {
    bucket(ADMIN);
    for (const name of ['a/1', 'a/2', 'a/b/3', 'c']) await put(name, name);
    const list = async (query: string) => (await gcp.storage('GET', `${O}?${query}`, token)).json;
    const names = (page: Record<string, unknown>) =>
      ((page['items'] ?? []) as { name: string }[]).map(({ name }) => name);
    expect(names(await list(''))).toEqual(['a/1', 'a/2', 'a/b/3', 'c']);
    expect(names(await list('prefix=a/'))).toEqual(['a/1', 'a/2', 'a/b/3']);
    expect((await list('prefix=a/&delimiter=/'))['prefixes']).toEqual(['a/b/']);
    expect(await list('delimiter=/')).toMatchObject({ prefixes: ['a/'], items: [{ name: 'c' }] });
    expect(await list('prefix=nothing')).toEqual({ kind: 'storage#objects' });
    const first = await list('maxResults=3');
    expect(names(await list(`maxResults=3&pageToken=${String(first['nextPageToken'])}`))).toEqual(['c']);
  });
});

describe('who may', () => {
  test.each([
    [
      'roles/storage.objectViewer',
      { bucket: 403, list: 200, get: 200, create: 403, overwrite: 403, delete: 403 },
    ],
    [
      'roles/storage.objectCreator',
      { bucket: 403, list: 403, get: 403, create: 200, overwrite: 403, delete: 403 },
    ],
    [
      'roles/storage.objectUser',
      { bucket: 403, list: 200, get: 200, create: 200, overwrite: 200, delete: 204 },
    ],
    [
      'roles/storage.objectAdmin',
      { bucket: 403, list: 200, get: 200, create: 200, overwrite: 200, delete: 204 },
    ],
    ['roles/storage.admin', { bucket: 200, list: 200, get: 200, create: 200, overwrite: 200, delete: 204 }],
    [
      'roles/storage.bucketViewer',
      { bucket: 200, list: 403, get: 403, create: 403, overwrite: 403, delete: 403 },
    ],
  ])('%s', async (role, expected) => {
    bucket(ADMIN);
    await put('held', 'x');
    gcp.admin.setBucketBindings('acme-files', [{ role, members: [PRINCIPAL] }]);
    expect({
      bucket: (await gcp.storage('GET', BUCKET, token)).status,
      list: (await gcp.storage('GET', O, token)).status,
      get: (await gcp.storage('GET', `${O}/held`, token)).status,
      create: (await put('new', 'x')).status,
      overwrite: (await put('held', 'y')).status,
      delete: (await gcp.storage('DELETE', `${O}/held`, token)).status,
    }).toEqual(expected);
  });

  test('a federated principal is only "Caller", a service account is named', async () => {
    bucket('roles/storage.objectCreator', `serviceAccount:${EMAIL}`);
    const create =
      "storage.objects.create access to the Google Cloud Storage object. Permission 'storage.objects.create' denied on resource (or it may not exist).";
    expect(errorOf(await put('x', '1'))).toEqual({
      code: 403,
      message: `Caller does not have ${create}`,
      errors: [{ message: `Caller does not have ${create}`, domain: 'global', reason: 'forbidden' }],
    });
    gcp.admin.createServiceAccount({
      email: EMAIL,
      bindings: [{ role: 'roles/iam.workloadIdentityUser', members: [PRINCIPAL] }],
    });
    const { json } = await gcp.iam('generateAccessToken', token, { scope: [CLOUD] });
    const stored = await put('x', '1', '', String(json['accessToken']));
    expect([stored.status, stored.log['principal']]).toEqual([200, `serviceAccount:${EMAIL}`]);
    const list = await gcp.storage('GET', O, String(json['accessToken']));
    expect(errorOf(list).message).toBe(
      `${EMAIL} does not have storage.objects.list access to the Google Cloud Storage bucket. Permission 'storage.objects.list' denied on resource (or it may not exist).`,
    );
  });

  test('no token, an unknown one, an expired one', async () => {
    bucket(ADMIN);
    const none = await gcp.storage('GET', O, undefined);
    expect(errorOf(none)).toMatchObject({
      code: 401,
      message: expect.stringContaining(
        'Anonymous caller does not have storage.objects.list access',
      ) as string,
      errors: [{ reason: 'required', locationType: 'header', location: 'Authorization' }],
    });
    const invalid = { code: 401, message: 'Invalid Credentials', errors: [{ reason: 'authError' }] };
    expect(errorOf(await gcp.storage('GET', O, 'ya29.d.stranger'))).toMatchObject(invalid);
    gcp.clock.nowMs = START + 3_599_000;
    const late = await gcp.storage('GET', O, token);
    expect(errorOf(late)).toMatchObject(invalid);
    expect(late.headers['www-authenticate']).toContain('error="invalid_token"');
  });

  test.each([
    [`${SCOPES}devstorage.read_only`, 200, 403],
    [`${SCOPES}devstorage.read_write`, 200, 200],
    [`${SCOPES}devstorage.full_control`, 200, 200],
    [`${SCOPES}cloud-platform.read-only`, 200, 403],
    [`${SCOPES}bigquery`, 403, 403],
    [`${SCOPES}bigquery ${CLOUD}`, 200, 200],
  ])('scope %s: read %i, write %i', async (scope, read, write) => {
    bucket(ADMIN);
    const scoped = await gcp.federated(scope);
    const reading = await gcp.storage('GET', O, scoped);
    const writing = await put('x', '1', '', scoped);
    expect([reading.status, writing.status]).toEqual([read, write]);
    if (write === 403) expect(errorOf(writing).message).toBe('Provided scope(s) are not authorized');
  });

  test('a bucket that is not there, and a path no API has', async () => {
    expect(errorOf(await gcp.storage('GET', O, token))).toMatchObject({
      code: 404,
      message: 'The specified bucket does not exist.',
      errors: [{ reason: 'notFound' }],
    });
    expect((await gcp.storage('GET', '/storage/v2/b', token)).status).toBe(404);
    expect((await gcp.storage('PUT', O, token)).status).toBe(404);
  });

  test('the log notes action, principal, scopes and the quota project', async () => {
    bucket(ADMIN);
    const headers = { 'x-goog-user-project': 'acme-billing' };
    expect((await gcp.storage('GET', O, token, { headers })).log).toEqual({
      action: 'storage.objects.list',
      bucket: 'acme-files',
      quotaProject: 'acme-billing',
      principal: PRINCIPAL,
      scopes: CLOUD,
      verdict: 'allowed',
    });
    expect((await gcp.storage('GET', `${O}/x?userProject=other`, token)).log).toMatchObject({
      object: 'x',
      quotaProject: 'other',
      verdict: 'notFound: No such object: acme-files/x',
    });
  });
});
