// Longer than 300 lines: all outcomes of one exchange over a real socket.
import { FederationError, OptionError } from '@credex/core';
import { ResponseError } from '@credex/core/internal';
import { gaxios } from 'google-auth-library';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { GcpCredentialsProviderOptions } from './options.js';
import type { GcpCredentials } from './types.js';
import { gcpConfiguration } from './options.js';
import type { Google } from './gcp.fixture.js';
import { AUDIENCE, EMAIL, STS_PATH, contextOf, optionsFor, startGoogle, subjectJwt } from './gcp.fixture.js';
import { googleAuthLibraryExchanger } from './google-auth-library.js';

const BIGQUERY = 'https://www.googleapis.com/auth/bigquery';
const CLOUD_PLATFORM = 'https://www.googleapis.com/auth/cloud-platform';
const IMPERSONATION_PATH = `/v1/projects/-/serviceAccounts/${EMAIL}:generateAccessToken`;

let google: Google;
beforeEach(async () => {
  google = await startGoogle();
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await google.close();
});

/** One exchange without core, so that any cache or retry would be the SDK's. */
async function exchangeOnce(
  more: GcpCredentialsProviderOptions = {},
  context = contextOf(),
  exchangerOptions = {},
): Promise<GcpCredentials> {
  const configuration = gcpConfiguration(optionsFor(google, more));
  const exchanger = googleAuthLibraryExchanger(exchangerOptions)(configuration);
  const { credential } = await exchanger.exchange({ scopes: configuration.scopes }, context);
  return credential;
}

const failure = async (...given: Parameters<typeof exchangeOnce>): Promise<Error> => {
  const outcome = await exchangeOnce(...given).catch((error: unknown) => error);
  if (outcome instanceof Error) return outcome;
  throw new Error('The exchange succeeded.');
};

describe('the requests', () => {
  test('for a federated token: one POST with the form of RFC 8693 and the requested scopes', async () => {
    const jwt = subjectJwt();
    const before = Date.now();
    const credential = await exchangeOnce({ scopes: ['openid', BIGQUERY] }, contextOf(jwt));
    expect(google.seen).toHaveLength(1);
    const [request] = google.seen;
    expect(request).toMatchObject({ method: 'POST', path: STS_PATH });
    expect(request?.headers.authorization).toBeUndefined();
    expect(request?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
    expect([...new URLSearchParams(request?.body)]).toEqual([
      ['grant_type', 'urn:ietf:params:oauth:grant-type:token-exchange'],
      ['audience', AUDIENCE],
      ['scope', `${BIGQUERY} openid`],
      ['requested_token_type', 'urn:ietf:params:oauth:token-type:access_token'],
      ['subject_token', jwt],
      ['subject_token_type', 'urn:ietf:params:oauth:token-type:jwt'],
    ]);
    expect(credential).toMatchObject({
      accessToken: 'federated-0',
      principal:
        'principal://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/vercel/subject/owner:acme:project:shop:environment:production',
    });
    expect(credential.expiresAt).toBeGreaterThanOrEqual(before + 3_599_000);
    expect(credential.expiresAt).toBeLessThanOrEqual(Date.now() + 3_599_000);
    expect(Object.isFrozen(credential)).toBe(true);
  });

  test('for a service account: cloud-platform at STS, a list of the requested scopes at IAM Credentials', async () => {
    const expireTime = new Date(Date.now() + 1_800_000).toISOString();
    google.plan.impersonation = () => ({ body: { accessToken: 'ya29.app', expireTime } });
    const credential = await exchangeOnce({
      serviceAccountEmail: EMAIL,
      scopes: `openid ${BIGQUERY}`,
      lifetimeSeconds: 1800,
    });
    expect(google.seen.map(({ path }) => path)).toEqual([STS_PATH, IMPERSONATION_PATH]);
    expect(new URLSearchParams(google.seen[0]?.body).get('scope')).toBe(CLOUD_PLATFORM);
    expect(google.seen[1]?.headers.authorization).toBe('Bearer federated-0');
    expect(JSON.parse(google.seen[1]?.body ?? '')).toEqual({
      scope: [BIGQUERY, 'openid'],
      lifetime: '1800s',
    });
    expect(credential).toEqual({
      accessToken: 'ya29.app',
      expiresAt: Date.parse(expireTime),
      principal: EMAIL,
    });
  });

  test('always contain a lifetime, so that the cache key has the actual one', async () => {
    await exchangeOnce({ serviceAccountEmail: EMAIL });
    expect(JSON.parse(google.seen[1]?.body ?? '')).toMatchObject({ lifetime: '3600s' });
  });

  test('return the server’s clock with a time of the server, and not with a lifetime', async () => {
    const date = 'Sun, 06 Nov 1994 08:49:37 GMT';
    google.plan.impersonation = () => ({
      headers: { date },
      body: { accessToken: 't', expireTime: '1994-11-06T09:49:37.123456789Z' },
    });
    google.plan.sts = (_request, count) => ({
      headers: { date },
      body: { access_token: `f${count}`, token_type: 'Bearer', expires_in: 60 },
    });
    const issued = async (more: GcpCredentialsProviderOptions) =>
      googleAuthLibraryExchanger()(gcpConfiguration(optionsFor(google, more))).exchange(
        { scopes: ['openid'] },
        contextOf(),
      );
    expect(await issued({ serviceAccountEmail: EMAIL, lifetimeSeconds: 900 })).toMatchObject({
      credential: { expiresAt: Date.parse('1994-11-06T09:49:37.123Z') },
      serverDate: Date.parse(date),
      maxLifetimeMs: 900_000,
    });
    expect(await issued({})).toMatchObject({ serverDate: undefined, maxLifetimeMs: 43_200_000 });
  });
});

describe('the SDK is limited', () => {
  test('to one attempt per request', async () => {
    google.plan.sts = () => ({ status: 503, body: 'busy' });
    expect(await failure()).toBeInstanceOf(ResponseError);
    expect(google.seen).toHaveLength(1);
    google.plan.sts = () => 'hang up';
    await failure();
    expect(google.seen).toHaveLength(2);
  });

  test('to one attempt at the second step as well', async () => {
    google.plan.impersonation = () => ({ status: 500 });
    await failure({ serviceAccountEmail: EMAIL });
    expect(google.of(IMPERSONATION_PATH)).toHaveLength(1);
  });

  test('to no cache: each exchange is a new one', async () => {
    const exchanger = googleAuthLibraryExchanger()(gcpConfiguration(optionsFor(google)));
    const first = await exchanger.exchange({ scopes: ['openid'] }, contextOf());
    const second = await exchanger.exchange({ scopes: ['openid'] }, contextOf());
    expect([first.credential.accessToken, second.credential.accessToken]).toEqual([
      'federated-0',
      'federated-1',
    ]);
  });

  test.each([301, 302, 303, 307, 308])('to no redirect (%i) with the subject token', async (status) => {
    const otherServer = await startGoogle();
    google.plan.sts = () => ({ status, headers: { location: `${otherServer.origin}${STS_PATH}` } });
    const error = await failure();
    google.plan.sts = () => ({ body: { access_token: 'f', token_type: 'Bearer', expires_in: 60 } });
    google.plan.impersonation = () => ({ status, headers: { location: `${otherServer.origin}/x` } });
    const second = await failure({ serviceAccountEmail: EMAIL });
    const went = otherServer.seen.length;
    await otherServer.close();
    expect(went).toBe(0);
    const exchanger = googleAuthLibraryExchanger()(gcpConfiguration(optionsFor(google)));
    expect((await exchanger.classify(error, undefined)).code).toBe('redirect_refused');
    expect(await exchanger.classify(second, undefined)).toMatchObject({
      code: 'redirect_refused',
      retry: 'never',
    });
  });

  test('to no output: nothing on the console, no token in an error', async () => {
    const printed = vi.fn();
    for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const)
      vi.spyOn(console, method).mockImplementation(printed);
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => (printed(text), true));
    const jwt = subjectJwt();
    google.plan.sts = () => ({ status: 400, body: { error: 'invalid_grant', error_description: 'no' } });
    const error = await failure({}, contextOf(jwt));
    google.plan.sts = () => ({ body: { access_token: 'secret-f', token_type: 'Bearer', expires_in: 60 } });
    google.plan.impersonation = () => ({ status: 403, body: {} });
    const second = await failure({ serviceAccountEmail: EMAIL }, contextOf(jwt));
    const { inspect } = await import('node:util');
    for (const thrown of [error, second]) {
      const text = inspect(thrown, { depth: 20, showHidden: true }) + JSON.stringify(thrown);
      expect(text).not.toContain(jwt.split('.')[1]);
      expect(text).not.toContain('secret-f');
    }
    expect(printed).not.toHaveBeenCalled();
  });

  test('to a response of bounded size', async () => {
    const padding = 'x'.repeat(300_000);
    google.plan.sts = () => ({ body: { access_token: 'f', token_type: 'Bearer', expires_in: 60, padding } });
    const exchanger = googleAuthLibraryExchanger()(gcpConfiguration(optionsFor(google)));
    expect(await exchanger.classify(await failure(), undefined)).toMatchObject({
      code: 'invalid_response',
      retriesAtMost: 1,
    });
  });

  test('to the signal of the step', async () => {
    google.plan.sts = () => 'never';
    const controller = new AbortController();
    const context = {
      ...contextOf(),
      step: <T>(_host: string, run: (signal: AbortSignal) => Promise<T>) => run(controller.signal),
    };
    const pending = failure({}, context);
    await vi.waitFor(() => expect(google.seen).toHaveLength(1));
    controller.abort(new DOMException('too slow', 'TimeoutError'));
    const exchanger = googleAuthLibraryExchanger()(gcpConfiguration(optionsFor(google)));
    expect((await exchanger.classify(await pending, undefined)).code).toBe('timeout');
  });
});

test.each([
  ['expires_in null', { access_token: 'f', token_type: 'Bearer', expires_in: null }],
  ['expires_in 0', { access_token: 'f', token_type: 'Bearer', expires_in: 0 }],
  ['no token', { token_type: 'Bearer', expires_in: 3599 }],
])('a response of STS with %s never reaches the second step', async (_name, body) => {
  google.plan.sts = () => ({ body });
  const error = await failure({ serviceAccountEmail: EMAIL });
  const exchanger = googleAuthLibraryExchanger()(gcpConfiguration(optionsFor(google)));
  expect(await exchanger.classify(error, undefined)).toMatchObject({
    code: 'invalid_response',
    retry: 'now',
  });
  expect(google.of(IMPERSONATION_PATH)).toHaveLength(0);
});

test('repeats the first step once after 401 at IAM Credentials, with the same subject token', async () => {
  google.plan.impersonation = (request) =>
    request.headers.authorization === 'Bearer federated-0'
      ? { status: 401 }
      : { body: { accessToken: 'ya29.second', expireTime: '2999-01-01T00:00:00Z' } };
  const context = contextOf();
  const subject = vi.spyOn(context, 'subject');
  expect(await exchangeOnce({ serviceAccountEmail: EMAIL }, context)).toMatchObject({
    accessToken: 'ya29.second',
  });
  expect(google.seen).toHaveLength(4);
  expect(subject).toHaveBeenCalledTimes(1);
  google.plan.impersonation = () => ({ status: 401 });
  await failure({ serviceAccountEmail: EMAIL });
  expect(google.seen).toHaveLength(8);
});

describe('requests can be sent', () => {
  test('with `fetch`, which receives both requests', async () => {
    const calls: { url: string; init: RequestInit | undefined }[] = [];
    const fetch = vi.fn(async (url: URL | string, init?: RequestInit) => {
      calls.push({ url: String(url), init });
      return globalThis.fetch(url, init);
    });
    const credential = await exchangeOnce(
      { fetch, serviceAccountEmail: EMAIL, scopes: BIGQUERY },
      contextOf(subjectJwt(), fetch as typeof globalThis.fetch),
    );
    expect(credential.accessToken).toBe('ya29.service-0');
    expect(calls.map(({ url }) => url)).toEqual([
      `${google.origin}${STS_PATH}`,
      `${google.origin}${IMPERSONATION_PATH}`,
    ]);
    expect(calls.every(({ init }) => init?.redirect === 'manual')).toBe(true);
    expect(google.seen[0]?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
    expect(new URLSearchParams(google.seen[0]?.body).get('audience')).toBe(AUDIENCE);
    expect(google.seen[1]?.headers['content-type']).toBe('application/json');
    expect(google.seen[1]?.headers.authorization).toBe('Bearer federated-0');
    expect(JSON.parse(google.seen[1]?.body ?? '')).toMatchObject({ scope: [BIGQUERY] });
  });

  test('with `fetch`, which reports a redirect as redirect_refused', async () => {
    google.plan.sts = () => ({ status: 307, headers: { location: 'https://evil.example/' } });
    const error = await failure({ fetch: globalThis.fetch });
    expect(FederationError.isInstance(error) && error.code).toBe('redirect_refused');
  });

  test('with a transporter, for both requests and without redirects', async () => {
    const transporter = new gaxios.Gaxios({ headers: { 'x-mine': 'yes' }, redirect: 'follow' });
    await exchangeOnce({ serviceAccountEmail: EMAIL }, contextOf(), { transporter });
    expect(google.seen.map(({ headers }) => headers['x-mine'])).toEqual(['yes', 'yes']);
    google.plan.sts = () => ({ status: 307, headers: { location: `${google.origin}/other` } });
    await failure({}, contextOf(), { transporter });
    expect(google.of('/other')).toHaveLength(0);
  });

  test.each<[string, () => Promise<unknown>, object]>([
    [
      'a response for its status, headers as an object',
      () =>
        Promise.reject(
          Object.assign(new Error('denied'), {
            response: { status: 429, headers: { 'retry-after': '3' }, data: { error: 'slow_down' } },
          }),
        ),
      { code: 'throttled', status: 429, serverCode: 'slow_down', retryAfterMs: 3_000 },
    ],
    [
      'a response for its status, headers as Headers, wrapped',
      () =>
        Promise.reject(
          new Error('denied', {
            cause: Object.assign(new Error('denied'), {
              response: {
                status: 400,
                headers: new Headers({ 'retry-after': '3' }),
                data: '{"error":"invalid_target","error_description":"x"}',
              },
            }),
          }),
        ),
      { code: 'target_not_found', serverCode: 'invalid_target', retryAfterMs: 3_000 },
    ],
    [
      'a redirect that it does not follow',
      () => Promise.reject(Object.assign(new Error('no'), { type: 'no-redirect' })),
      { code: 'redirect_refused', retry: 'never' },
    ],
    [
      'an interrupted response',
      () =>
        Promise.reject(
          Object.assign(new Error('aborted'), {
            code: 'ECONNRESET',
            response: { status: 200, headers: {}, data: '{' },
          }),
        ),
      { code: 'network', retry: 'now' },
    ],
    [
      'nothing, but returns a response that is too long',
      async () => ({
        status: 200,
        headers: {},
        data: JSON.stringify({
          access_token: 'f',
          token_type: 'Bearer',
          expires_in: 60,
          padding: '€'.repeat(100_000),
        }),
      }),
      { code: 'invalid_response', retriesAtMost: 1 },
    ],
  ])('with a transporter that throws %s', async (_name, request, expected) => {
    const exchangerOptions = { transporter: { request } };
    const error = await failure({}, contextOf(), exchangerOptions);
    const exchanger = googleAuthLibraryExchanger(exchangerOptions)(gcpConfiguration(optionsFor(google)));
    expect(await exchanger.classify(error, undefined)).toMatchObject(expected);
  });

  test('not with both at once', () => {
    const transporter = new gaxios.Gaxios();
    const make = (): unknown =>
      googleAuthLibraryExchanger({ transporter })(
        gcpConfiguration(optionsFor(google, { fetch: globalThis.fetch })),
      );
    expect(make).toThrow(OptionError);
    expect(make).toThrow(/`fetch` and `transporter`/);
    expect(() => googleAuthLibraryExchanger({ transporter: {} as never })).toThrow(/Gaxios/);
    expect(() => googleAuthLibraryExchanger({ client: {} } as never)).toThrow(/no option `client`/);
  });

  test('to an emulator on loopback without the proxy of the environment', async () => {
    vi.stubEnv('HTTPS_PROXY', 'http://127.0.0.1:9');
    vi.stubEnv('HTTP_PROXY', 'http://127.0.0.1:9');
    expect((await exchangeOnce()).accessToken).toBe('federated-0');
  });
});
