import { Readable } from 'node:stream';
import { AuthClient, GoogleAuth, gaxios } from 'google-auth-library';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { GcpCredentialsProviderOptions } from '../options.js';
import { getGcpCredentials } from '../gcp-credentials-provider.js';
import type { Google } from '../gcp.fixture.js';
import { EMAIL, STS_PATH, optionsFor, startGoogle } from '../gcp.fixture.js';
import { googleAuthClient } from './auth-client.js';

const CREATED = Date.UTC(2026, 0, 1);

let google: Google;
/** The wall clock. `later` advances it, because a credential can be invalidated only after some seconds. */
let now: number;
beforeEach(async () => {
  google = await startGoogle();
  now = CREATED;
});
afterEach(() => google.close());

const clock = { now: () => now, monotonic: () => now - CREATED };
const clientFor = (more: GcpCredentialsProviderOptions = {}) =>
  googleAuthClient(optionsFor(google, { clock, ...more }));
const later = () => {
  now += 60_000;
};

test('is an AuthClient of the library', () => {
  const client = clientFor({
    projectId: 'my-project',
    universeDomain: 'apis-tpclp.goog',
    quotaProjectId: 'billed',
  });
  expect(client).toBeInstanceOf(AuthClient);
  expect(client).toMatchObject({
    projectId: 'my-project',
    universeDomain: 'apis-tpclp.goog',
    quotaProjectId: 'billed',
  });
});

test('has the transporter under both names, because clients with version 9 read `gaxios`', () => {
  const client = clientFor();
  expect(client.transporter).toBeInstanceOf(gaxios.Gaxios);
  expect(client).toHaveProperty('gaxios', client.transporter);
});

test('shares one exchange between many clients and getGcpCredentials', async () => {
  const options = optionsFor(google, { clock });
  const clients = Array.from({ length: 20 }, () => googleAuthClient(options));
  const tokens = await Promise.all(clients.map((client) => client.getAccessToken()));
  expect(new Set(tokens.map(({ token }) => token))).toEqual(new Set(['federated-0']));
  expect((await getGcpCredentials(options)).accessToken).toBe('federated-0');
  expect(google.seen).toHaveLength(1);
});

describe('headers', () => {
  test('are readable for clients that read Headers', async () => {
    const headers = await clientFor({ quotaProjectId: 'billed' }).getRequestHeaders();
    expect(headers).toBeInstanceOf(Headers);
    expect([...headers]).toEqual([
      ['authorization', 'Bearer federated-0'],
      ['x-goog-user-project', 'billed'],
    ]);
    expect([...new Headers(headers)]).toEqual([...headers]);
  });

  test('are sent once by clients that merge them with Object.assign', async () => {
    const merged = Object.assign(
      { accept: 'x' },
      await clientFor({ quotaProjectId: 'billed' }).getRequestHeaders(),
    );
    expect(merged).toEqual({
      accept: 'x',
      authorization: 'Bearer federated-0',
      'x-goog-user-project': 'billed',
    });
    expect(Object.assign({}, await clientFor().getRequestHeaders())).toEqual({
      authorization: expect.stringMatching(/^Bearer /) as string,
    });
  });

  test('are readable for request() of version 9, which reads one spelling', async () => {
    const headers = (await clientFor().getRequestHeaders()) as unknown as { Authorization: string };
    expect(headers.Authorization).toBe('Bearer federated-0');
  });
});

test('credentials and the tokens event follow the cached credential', async () => {
  const client = clientFor();
  const tokens: unknown[] = [];
  client.on('tokens', (issued) => tokens.push(issued));
  await Promise.all([client.getAccessToken(), client.getAccessToken()]);
  expect(client.credentials).toMatchObject({
    access_token: 'federated-0',
    token_type: 'Bearer',
    expiry_date: CREATED + 3_599_000,
  });
  expect(tokens).toEqual([client.credentials]);
  expect(() => client.setCredentials({ access_token: 'mine' })).toThrow(/cannot be set/);
});

describe('request()', () => {
  const call = (client: AuthClient, more: object = {}) =>
    client.request<{ ok: boolean }>({
      url: `${google.origin}/service`,
      method: 'POST',
      retry: false,
      ...more,
    });

  test('sends the token', async () => {
    google.plan.other = () => ({ body: { ok: true } });
    const { data } = await call(clientFor({ quotaProjectId: 'billed' }), { headers: { 'x-mine': '1' } });
    expect(data).toEqual({ ok: true });
    expect(google.of('/service')[0]?.headers).toMatchObject({
      authorization: 'Bearer federated-0',
      'x-goog-user-project': 'billed',
      'x-mine': '1',
    });
  });

  test('repeats the request once with a new token after 401', async () => {
    google.plan.other = (request) =>
      request.headers.authorization === 'Bearer federated-0' ? { status: 401 } : { body: { ok: true } };
    const client = clientFor();
    await client.getAccessToken();
    later();
    expect((await call(client)).data).toEqual({ ok: true });
    expect(google.of('/service').map(({ headers }) => headers.authorization)).toEqual([
      'Bearer federated-0',
      'Bearer federated-1',
    ]);
  });

  test('makes two requests and one new exchange for repeated 401', async () => {
    google.plan.other = () => ({ status: 401 });
    const client = clientFor();
    await client.getAccessToken();
    later();
    await expect(call(client)).rejects.toMatchObject({ response: { status: 401 } });
    expect(google.of('/service')).toHaveLength(2);
    expect(google.of(STS_PATH)).toHaveLength(2);
  });

  test('makes one new exchange when many requests receive 401', async () => {
    google.plan.other = (request) =>
      request.headers.authorization === 'Bearer federated-0' ? { status: 401 } : { body: { ok: true } };
    const client = clientFor();
    await client.getAccessToken();
    later();
    await Promise.all(Array.from({ length: 20 }, () => call(client)));
    expect(google.of(STS_PATH)).toHaveLength(2);
  });

  test('keeps a new token when a request with the old one receives 401', async () => {
    const client = clientFor();
    await client.getAccessToken();
    later();
    google.plan.other = async (request, count) => {
      if (request.headers.authorization !== 'Bearer federated-0') return { body: { ok: true } };
      if (count === 0) {
        await call(client);
        later();
      }
      return { status: 401 };
    };
    expect((await call(client)).data).toEqual({ ok: true });
    expect(client.credentials.access_token).toBe('federated-1');
    expect(google.of(STS_PATH)).toHaveLength(2);
  });

  test('does not repeat the request after 403, unless forceRefreshOnFailure is set', async () => {
    google.plan.other = () => ({ status: 403 });
    const client = clientFor();
    await client.getAccessToken();
    later();
    await expect(call(client)).rejects.toMatchObject({ response: { status: 403 } });
    expect(google.of('/service')).toHaveLength(1);
    client.forceRefreshOnFailure = true;
    await expect(call(client)).rejects.toMatchObject({ response: { status: 403 } });
    expect(google.of('/service')).toHaveLength(3);
    expect(google.of(STS_PATH)).toHaveLength(2);
  });

  test('never sends a stream twice', async () => {
    google.plan.other = () => ({ status: 401 });
    const client = clientFor();
    await expect(call(client, { data: Readable.from(['x']) })).rejects.toMatchObject({
      response: { status: 401 },
    });
    expect(google.of('/service')).toHaveLength(1);
  });
});

describe('GoogleAuth of the same copy', () => {
  test('reads the project without a request', async () => {
    const auth = new GoogleAuth({ authClient: clientFor({ projectId: 'my-project' }) });
    expect(await auth.getProjectId()).toBe('my-project');
    expect(google.seen).toHaveLength(0);
  });

  test('signs as the impersonated service account', async () => {
    google.plan.other = () => ({ body: { keyId: 'k', signedBlob: 'c2lnbmVk' } });
    const auth = new GoogleAuth({ authClient: clientFor({ serviceAccountEmail: EMAIL }) });
    expect(await auth.getCredentials()).toEqual({ client_email: EMAIL, universe_domain: 'googleapis.com' });
    expect(await auth.sign('hello', `${google.origin}/v1/projects/-/serviceAccounts/`)).toBe('c2lnbmVk');
    const [signing] = google.of(`/v1/projects/-/serviceAccounts/${EMAIL}:signBlob`);
    expect(signing?.headers.authorization).toBe('Bearer ya29.service-0');
    expect(JSON.parse(signing?.body ?? '')).toEqual({ payload: 'aGVsbG8=' });
  });
});
