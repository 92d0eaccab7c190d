import { beforeEach, describe, expect, test } from 'vitest';
import { bytes, PRINCIPAL, testGcp, type TestGcp } from '../gcp.fixture.js';

const ADMIN = 'roles/storage.objectAdmin';
const BUCKET = '/storage/v1/b/acme-files';
const O = `${BUCKET}/o`;
const UPLOAD = `/upload${O}`;

let gcp: TestGcp;
let token: string;
beforeEach(async () => {
  gcp = testGcp();
  token = await gcp.federated();
});

const bucket = (role: string) =>
  gcp.admin.createBucket({ name: 'acme-files', bindings: [{ role, members: [PRINCIPAL] }] });

const put = (name: string, text: string, query = '') =>
  gcp.storage('POST', `${UPLOAD}?uploadType=media&name=${encodeURIComponent(name)}${query}`, token, {
    headers: { 'content-type': 'text/plain' },
    body: bytes(text),
  });

const multipart = (fields: object, content: string) =>
  gcp.storage('POST', `${UPLOAD}?uploadType=multipart`, token, {
    headers: { 'content-type': 'multipart/related; boundary=xyz' },
    body: bytes(
      `--xyz\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(fields)}\r\n` +
        `--xyz\r\nContent-Type: text/csv\r\n\r\n${content}\r\n--xyz--`,
    ),
  });

describe('objects', () => {
  test('are read and written only where the conditions hold', async () => {
    bucket('roles/storage.admin');
    const { json } = await put('x', '12345');
    const [generation, etag] = [String(json['generation']), String(json['etag'])];
    const get = async (query: string, headers: Record<string, string> = {}) => {
      const answer = await gcp.storage('GET', `${O}/x?${query}`, token, { headers });
      return answer.status;
    };
    const query = (name: string, value: string) => get(`${name}=${value}`);
    expect(await query('ifGenerationMatch', generation)).toBe(200);
    expect(await query('ifGenerationMatch', '1')).toBe(412);
    expect(await query('ifMetagenerationMatch', '2')).toBe(412);
    expect(await query('ifGenerationNotMatch', generation)).toBe(304);
    expect(await query('ifMetagenerationNotMatch', '1')).toBe(304);
    expect(await query('ifMetagenerationNotMatch', '0')).toBe(200);
    expect(await get(`ifGenerationMatch=${generation}&ifMetagenerationNotMatch=1`)).toBe(304);
    expect(await query('ifGenerationMatch', 'many')).toBe(400);
    expect(await query('generation', '1')).toBe(404);
    expect(await query('generation', generation)).toBe(200);
    for (const alt of ['alt=json', 'alt=media']) {
      expect(await get(alt, { 'if-none-match': etag })).toBe(304);
      expect(await get(alt, { 'if-match': 'other' })).toBe(412);
    }
    expect((await put('x', '2', '&ifMetagenerationMatch=2')).status).toBe(412);
    expect((await put('new', '2', '&ifGenerationNotMatch=7')).status).toBe(304);
    const remove = (more: object) => gcp.storage('DELETE', `${O}/x`, token, more);
    expect((await remove({ headers: { 'if-match': etag } })).status).toBe(501);
    const bucketGet = (name: string) => gcp.storage('GET', `${BUCKET}?${name}=1`, token);
    expect((await bucketGet('ifMetagenerationNotMatch')).status).toBe(304);
    expect((await bucketGet('ifMetagenerationMatch')).status).toBe(200);
  });

  test.each([
    ['bytes=1-2', 206, '23', 'bytes 1-2/5'],
    ['bytes=-2', 206, '45', 'bytes 3-4/5'],
    ['bytes=3-99', 206, '45', 'bytes 3-4/5'],
    ['bytes=0-0,2-3', 200, '12345', undefined],
    ['bytes=5-', 416, 'Request range not satisfiable', 'bytes */5'],
  ])('are read in part by %s', async (range, status, text, contentRange) => {
    bucket(ADMIN);
    await put('x', '12345');
    const read = await gcp.storage('GET', `${O}/x?alt=media`, token, { headers: { range } });
    expect([read.status, read.text, read.headers['content-range']]).toEqual([status, text, contentRange]);
  });

  test('have names and metadata within the limits, and nothing is passed over', async () => {
    bucket(ADMIN);
    for (const name of ['.', '..', 'a\nb', '.well-known/acme-challenge/x'])
      expect((await put(name, '1')).status, name).toBe(400);
    const most = { name: 'm', metadata: { k: 'v'.repeat(8191) } };
    expect((await multipart(most, '1')).status).toBe(200);
    expect((await multipart({ ...most, metadata: { kk: 'v'.repeat(8191) } }, '1')).status).toBe(400);
    const list = async (query: string) => (await gcp.storage('GET', `${O}?${query}`, token)).status;
    expect(await list('startOffset=m')).toBe(501);
    expect(await list('versions=true')).toBe(501);
    expect(await list('versions=False')).toBe(200);
    expect(await list('maxResults=many')).toBe(400);
    expect(await list('pageToken=%21')).toBe(400);
    const headers = { 'x-goog-encryption-key': 'AAAA' };
    expect((await gcp.storage('GET', `${O}/m`, token, { headers })).status).toBe(501);
  });
});
