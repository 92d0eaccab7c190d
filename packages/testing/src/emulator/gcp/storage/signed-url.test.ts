import { createHash } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { EMAIL, PRINCIPAL, START, testGcp, type TestGcp } from '../gcp.fixture.js';

let gcp: TestGcp;
beforeEach(() => {
  gcp.clock.nowMs = START;
});
// One for all tests: a key takes its time.
beforeAll(() => {
  gcp = testGcp();
  const members = [PRINCIPAL];
  gcp.admin.createServiceAccount({
    email: EMAIL,
    bindings: [{ role: 'roles/iam.serviceAccountTokenCreator', members }],
  });
  gcp.admin.createBucket({
    name: 'orders',
    bindings: [{ role: 'roles/storage.objectUser', members: [`serviceAccount:${EMAIL}`] }],
  });
});

const DATE = '20261122T100000Z';
const SCOPE = '20261122/auto/storage/goog4_request';

/** The query of a V4 URL, signed by `signBlob` for exactly these parameters. */
async function signedQuery(
  parameters: Readonly<Record<string, string>> = {},
  method = 'GET',
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const names = ['host', ...Object.keys(headers)];
  const all: Record<string, string> = {
    'X-Goog-Algorithm': 'GOOG4-RSA-SHA256',
    'X-Goog-Credential': `${EMAIL}/${SCOPE}`,
    'X-Goog-Date': DATE,
    'X-Goog-Expires': '60',
    'X-Goog-SignedHeaders': names.join(';'),
    ...parameters,
  };
  const query = Object.entries(all)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .sort()
    .join('&');
  const lines = ['host:x.test', ...Object.entries(headers).map((pair) => pair.join(':'))];
  const canonical = [method, '/orders/a.txt', query, ...lines, '', names.join(';'), 'UNSIGNED-PAYLOAD'].join(
    '\n',
  );
  const digest = createHash('sha256').update(canonical).digest('hex');
  const text = ['GOOG4-RSA-SHA256', all['X-Goog-Date'], SCOPE, digest].join('\n');
  const payload = Buffer.from(text).toString('base64');
  const { json } = await gcp.iam('signBlob', await gcp.federated(), { payload });
  return `${query}&X-Goog-Signature=${Buffer.from(String(json['signedBlob']), 'base64').toString('hex')}`;
}

const asked = async (query: string, method = 'GET', more: object = {}) => {
  const { status, text, log, headers } = await gcp.storage(method, `/orders/a.txt?${query}`, undefined, more);
  return { status, text, headers, verdict: log['verdict'], code: /<Code>(\w+)</.exec(text)?.[1] };
};

test('a PUT, a GET and a HEAD by signed URL', async () => {
  const body = new TextEncoder().encode('3 pears');
  expect((await asked(await signedQuery({}, 'PUT'), 'PUT', { body })).status).toBe(200);
  expect(await asked(await signedQuery())).toMatchObject({ status: 200, text: '3 pears' });
  const headers = { 'x-goog-api-client': 'gl-node/20', 'x-goog-user-project': 'acme' };
  const head = await asked(await signedQuery({}, 'HEAD'), 'HEAD', { headers });
  expect([head.status, head.text]).toEqual([200, '']);
  expect((await asked(await signedQuery({}, 'POST'), 'POST')).status).toBe(405);
});

describe('a condition of a signed URL', () => {
  const PEARS = new TextEncoder().encode('3 pears');
  const ETAG = `"${createHash('md5').update('3 pears').digest('hex')}"`;
  const write = async (condition: Readonly<Record<string, string>>, method = 'PUT') =>
    asked(await signedQuery({}, method, condition), method, { body: PEARS, headers: condition });

  test('keeps a write to the generation that it names', async () => {
    await asked(await signedQuery({}, 'PUT'), 'PUT', { body: PEARS });
    const none = { 'x-goog-if-generation-match': '0' };
    expect(await write(none)).toMatchObject({ status: 412, code: 'PreconditionFailed' });
    expect(await write({ 'x-goog-if-metageneration-match': '2' }, 'DELETE')).toMatchObject({ status: 412 });
    const read = await asked(await signedQuery());
    const generation = read.headers['x-goog-generation'] ?? '';
    expect((await write({ 'x-goog-if-generation-match': generation })).status).toBe(200);
    expect((await asked(await signedQuery({ generation }))).code).toBe('NoSuchKey');
  });

  test('of a write is signed', async () => {
    const headers = { 'x-goog-if-generation-match': '0' };
    const refused = await asked(await signedQuery({}, 'PUT'), 'PUT', { body: PEARS, headers });
    expect(refused).toMatchObject({ status: 400, code: 'MalformedSecurityHeader' });
  });

  test.each([
    [{ 'if-match': ETAG }, '200 '],
    [{ 'if-match': '"other"' }, '412 PreconditionFailed'],
    [{ 'if-none-match': ETAG }, '304 '],
    [{ 'if-none-match': '"other"' }, '200 '],
    [{ 'if-modified-since': 'Sun, 22 Nov 2026 10:00:00 GMT' }, '304 '],
    [{ 'if-unmodified-since': 'Sun, 22 Nov 2026 09:59:59 GMT' }, '412 PreconditionFailed'],
    [{ range: 'bytes=7-' }, '416 InvalidRange'],
    [{ range: 'bytes=-5' }, '206 '],
  ])('%o of a GET: %s', async (headers, expected) => {
    await asked(await signedQuery({}, 'PUT'), 'PUT', { body: PEARS });
    const { status, code, text } = await asked(await signedQuery(), 'GET', { headers });
    expect(`${status} ${code ?? ''}`).toBe(expected);
    if (status === 304) expect(text).toBe('');
  });

  test('of reads, a wrong MD5 and another resource are not passed over', async () => {
    const put = async (headers: Record<string, string>) =>
      (await asked(await signedQuery({}, 'PUT'), 'PUT', { body: PEARS, headers })).code;
    expect(await put({ 'if-none-match': '*' })).toBe('NotImplemented');
    expect(await put({ 'content-md5': 'AAAA' })).toBe('InvalidDigest');
    expect(await put({ 'content-md5': `${'A'.repeat(22)}==` })).toBe('BadDigest');
    expect((await asked(await signedQuery({ acl: '' }))).code).toBe('NotImplemented');
  });
});

describe('a signed URL is refused', () => {
  test.each([
    [{ 'X-Goog-Algorithm': 'GOOG4-HMAC-SHA256' }, 'Invalid X-Goog-Algorithm'],
    [{ 'X-Goog-Credential': `${EMAIL}/20261122/auto/s3/goog4_request` }, 'Invalid X-Goog-Credential'],
    [{ 'X-Goog-Credential': `${EMAIL}/20261121/auto/storage/goog4_request` }, 'Invalid X-Goog-Date'],
    [{ 'X-Goog-Date': '2026-11-22T10:00:00Z' }, 'Invalid X-Goog-Date'],
    [{ 'X-Goog-Date': '20261122T101501Z' }, 'X-Goog-Date is in the future'],
    [{ 'X-Goog-Expires': '0' }, 'Invalid X-Goog-Expires'],
    [{ 'X-Goog-Expires': '604801' }, 'Invalid X-Goog-Expires'],
    [{ 'X-Goog-SignedHeaders': 'x-goog-date' }, 'Invalid X-Goog-SignedHeaders'],
    [{ 'X-Goog-SignedHeaders': 'host;content-type' }, 'Invalid X-Goog-SignedHeaders'],
  ])('with %o, although its signature holds', async (parameters, details) => {
    const { status, code, text } = await asked(await signedQuery(parameters as Record<string, string>));
    expect([status, code]).toEqual([400, 'InvalidArgument']);
    expect(text).toContain(`<Details>${details}`);
  });

  test('for a signed header that the request does not have', async () => {
    const query = await signedQuery({ 'X-Goog-SignedHeaders': 'content-type;host' });
    expect(await asked(query)).toMatchObject({ status: 400, code: 'MalformedSecurityHeader' });
  });

  test.each(['x-goog-if-none', 'x-goog-content-length-range', 'x-goog-hash', 'x-goog-meta-a'])(
    'with the header %s, which the emulator does not follow',
    async (name) => {
      const body = new TextEncoder().encode('3 pears');
      const refused = await asked(await signedQuery({}, 'PUT'), 'PUT', { body, headers: { [name]: '0' } });
      expect(refused).toMatchObject({
        status: 501,
        code: 'NotImplemented',
        text: expect.stringContaining(name) as string,
      });
    },
  );

  test('with a parameter that is missing, empty or repeated', async () => {
    const query = await signedQuery();
    for (const name of ['Algorithm', 'Credential', 'Date', 'Expires', 'SignedHeaders', 'Signature'])
      for (const other of [
        query.replace(new RegExp(`&?X-Goog-${name}=[^&]*`), ''),
        query.replace(new RegExp(`(X-Goog-${name}=)[^&]*`), '$1'),
        `${query}&X-Goog-${name}=x`,
      ])
        expect((await asked(other)).status, name).toBe(400);
  });

  test('at its last second, with the time at which it ended', async () => {
    const query = await signedQuery();
    gcp.clock.nowMs = START + 59_999;
    expect((await asked(query)).status).toBe(200);
    gcp.clock.nowMs = START + 60_000;
    expect(await asked(query)).toMatchObject({
      status: 400,
      code: 'ExpiredToken',
      text: expect.stringContaining(
        '<Details>Request signature expired at: 2026-11-22T10:01:00+00:00</Details>',
      ) as string,
    });
  });

  test('for another host, path, method, query or signature; the log has no signature', async () => {
    const query = await signedQuery();
    const wrong = [
      await asked(query, 'GET', { host: 'y.test' }),
      await asked(query, 'DELETE'),
      await asked(`${query}&response-content-type=text/html`),
      await asked(query.replace(/..$/, '')),
      await asked(query.replace(/=[^=]*$/, '=zz')),
    ];
    expect(wrong.map(({ status, code }) => [status, code])).toEqual(
      wrong.map(() => [403, 'SignatureDoesNotMatch']),
    );
    expect(wrong.map(({ verdict }) => verdict).join()).not.toMatch(/[0-9a-f]{32}/);
    expect((await gcp.storage('GET', `/orders?${query}`, undefined)).status).toBe(404);
  });
});
