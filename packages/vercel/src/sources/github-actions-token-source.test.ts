import type { IncomingMessage, RequestListener } from 'node:http';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TestServer } from '../platform/token-source.fixture.js';
import { NOW, jwt, never, read } from '../platform/token-source.fixture.js';
import { serve } from '../platform/token-source.fixture.js';
import type { GithubActionsTokenSourceOptions } from '../index.js';
import { githubActionsTokenSource } from '../index.js';

let runner: TestServer;
let answer: RequestListener;
let job = 0;
let now = NOW;
const clock = { now: () => now, monotonic: () => now };
let minted = 0;
const SUBJECT = 'repo:acme/shop:ref:refs/heads/main';

const queryOf = ({ url }: IncomingMessage): URLSearchParams => new URL(url ?? '', 'http://a').searchParams;
/** As GitHub's service answers. */
const mint: RequestListener = (request, response) => {
  const aud = queryOf(request).get('audience') ?? 'https://github.com/acme';
  const value = jwt({
    iss: 'https://token.actions.githubusercontent.com',
    sub: SUBJECT,
    aud,
    jti: String(++minted),
    repository_id: '74',
    environment: 'production',
    exp: now / 1000 + 300,
  });
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ count: value.length, value }));
};

beforeEach(async () => {
  answer = mint;
  now = NOW;
  runner = await serve((request, response) => answer(request, response));
  vi.stubEnv('ACTIONS_ID_TOKEN_REQUEST_URL', `${runner.origin}/idtoken/1/2?api-version=2.0`);
  // A new one for each test: tokens are cached for the process, for each job.
  vi.stubEnv('ACTIONS_ID_TOKEN_REQUEST_TOKEN', `job-${++job}`);
  vi.stubEnv('GITHUB_SERVER_URL', 'https://github.com');
});
afterEach(() => {
  runner.close();
  vi.unstubAllEnvs();
});
const source = (more: GithubActionsTokenSourceOptions = {}) =>
  githubActionsTokenSource({ clock, allowLoopbackHttp: true, ...more });

describe('what the runner is asked', () => {
  it('is a token of the audience, with its own request token', async () => {
    expect((await read(source({ audience: 'sts.amazonaws.com' }))).claims.aud).toBe('sts.amazonaws.com');
    const [request] = runner.seen;
    expect(request?.method).toBe('GET');
    expect(request?.url).toBe('/idtoken/1/2?api-version=2.0&audience=sts.amazonaws.com');
    expect(request?.headers).toMatchObject({
      authorization: `Bearer job-${job}`,
      accept: 'application/json',
    });
  });

  it("is the call's audience before the source's, whatever characters it has", async () => {
    const audience = '//iam.googleapis.com/projects/1/a?b&audience=c d#é';
    expect((await read(source({ audience: 'a' }), audience)).claims.aud).toBe(audience);
    expect((await read(source())).claims.aud).toBe('https://github.com/acme');
    expect(runner.seen).toHaveLength(2);
  });

  it('is asked once, whichever source asks, and for each audience and job', async () => {
    const [one, other] = [source(), source()];
    const all = await Promise.all(Array.from({ length: 20 }, (_, index) => read(index % 2 ? one : other)));
    expect(new Set(all.map(({ jwt: token }) => token)).size).toBe(1);
    await read(source());
    expect(runner.seen).toHaveLength(1);
    await read(source(), 'a');
    expect(runner.seen).toHaveLength(2);
    vi.stubEnv('ACTIONS_ID_TOKEN_REQUEST_TOKEN', `job-${++job}`);
    await read(source());
    expect(runner.seen).toHaveLength(3);
  });

  it('is asked again near the end of the token, and after a refusal', async () => {
    const subject = source().capture();
    const first = await subject.token({ audience: undefined, fresh: false, signal: never });
    const fresher = await subject.token({ audience: undefined, fresh: true, signal: never });
    expect(fresher.jwt).not.toBe(first.jwt);
    now += 240_000;
    expect((await read(source())).jwt).toBe(fresher.jwt);
    now += 58_000;
    expect((await read(source())).claims['jti']).toBe(String(minted));
    expect(runner.seen).toHaveLength(3);
  });

  it('names a identity key for one job only, and none unasked', () => {
    const named = source({ identityKey: 'deploy' });
    const first = named.capture().identityKey;
    expect(first).toContain('/idtoken/1/2');
    expect(source({ identityKey: 'deploy' }).capture().identityKey).toBe(first);
    vi.stubEnv('ACTIONS_ID_TOKEN_REQUEST_URL', `${runner.origin}/idtoken/1/3`);
    expect(named.capture().identityKey).not.toBe(first);
    expect(source().capture().identityKey).toBeUndefined();
  });

  it('is of the job that called, though the variables change before it is asked', async () => {
    const subject = source().capture();
    vi.stubEnv('ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'another');
    await subject.token({ audience: undefined, fresh: false, signal: never });
    expect(runner.seen[0]?.headers.authorization).toBe(`Bearer job-${job}`);
  });
});

describe('what the runner answers', () => {
  const failing =
    (times: number, status: number, body = '{}'): RequestListener =>
    (request, response) =>
      runner.seen.length <= times ? response.writeHead(status).end(body) : mint(request, response);

  it.each([500, 502, 503, 429])('is asked for again after %i', async (status) => {
    answer = failing(1, status);
    expect((await read(source())).claims.sub).toBe(SUBJECT);
    expect(runner.seen).toHaveLength(2);
  });

  it.each([
    ['503 again and again', 503, '{}', 'unavailable', 3],
    ['403', 403, '{"message":"no id-token permission"}', 'access_denied', 1],
    ['401', 401, '', 'access_denied', 1],
    ['no JSON', 200, '<html>', 'invalid_response', 2],
    ['no value', 200, '{"count":1}', 'invalid_response', 2],
    ['too much', 200, `"${'x'.repeat(70_000)}"`, 'invalid_response', 2],
    ['no token', 200, '{"value":"a.b.c"}', 'invalid_subject_token', 1],
  ])('is an error where it is %s', async (_what, status, body, code, requests) => {
    answer = failing(99, status, body);
    await expect(read(source())).rejects.toMatchObject({
      name: 'FederationError',
      code,
      provider: 'github-actions',
    });
    expect(runner.seen).toHaveLength(requests);
  });

  it('is never followed to another host', async () => {
    const other = await serve((_request, response) => response.end());
    answer = (_request, response) => response.writeHead(307, { location: other.origin }).end();
    await expect(read(source())).rejects.toMatchObject({ code: 'redirect_refused' });
    expect(other.seen).toEqual([]);
    other.close();
  });

  it('shows neither of the tokens where it is refused', async () => {
    const requestToken = jwt({ marked: job });
    vi.stubEnv('ACTIONS_ID_TOKEN_REQUEST_TOKEN', requestToken);
    answer = (request, response) =>
      response
        .writeHead(403)
        .end(JSON.stringify({ message: `bad ${String(request.headers.authorization)}` }));
    const error: unknown = await read(source()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ serverMessage: expect.stringContaining('bad') as string });
    expect(String(error)).not.toContain(requestToken.slice(0, 20));
  });

  it('shows no request token that a header can not carry', async () => {
    vi.stubEnv('ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'opaque word\nsecond');
    const error: unknown = await read(source()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'invalid_subject_token', provider: 'github-actions' });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/opaque|second/);
    expect(runner.seen).toEqual([]);
  });

  it('is compared with the expected claims', async () => {
    expect((await read(source({ expectClaims: { repository_id: '74' } }))).claims.sub).toBe(SUBJECT);
    await expect(read(source({ expectClaims: { repository_id: '75' } }))).rejects.toMatchObject({
      code: 'subject_mismatch',
      message: expect.stringContaining("repository_id is '74', expected '75'") as string,
    });
    answer = (_request, response) => response.end(JSON.stringify({ value: jwt({ aud: 'other' }) }));
    await expect(read(source(), 'mine')).rejects.toMatchObject({ code: 'audience_mismatch' });
  });
});

describe('without a runner', () => {
  it.each(['ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'])(
    'there is no %s',
    async (variable) => {
      vi.stubEnv(variable, undefined);
      await expect(read(source())).rejects.toMatchObject({
        code: 'no_subject_token',
        message: expect.stringContaining(`no ${variable}`) as string,
        hint: expect.stringContaining('id-token: write') as string,
      });
    },
  );
});

describe('where the request token may go', () => {
  /** The URL that is requested, through a fetch that sends nothing. */
  const asked = async (url: string, more: GithubActionsTokenSourceOptions = {}): Promise<string[]> => {
    vi.stubEnv('ACTIONS_ID_TOKEN_REQUEST_URL', url);
    const seen: string[] = [];
    const fetch: typeof globalThis.fetch = async (input) => {
      seen.push(String(input));
      return Response.json({ value: jwt({ exp: NOW / 1000 + 300 }) });
    };
    await read(githubActionsTokenSource({ clock, fetch, ...more })).catch((error: unknown) => {
      expect(error).toMatchObject({ name: 'OptionError', code: 'unsafe_url' });
    });
    return seen;
  };

  it.each([
    ['https://pipelinesghubeus22.actions.githubusercontent.com/a/_apis?api-version=2.0', undefined],
    ['https://run-actions-1-azure-eastus.actions.githubusercontent.com/1', undefined],
    ['https://github.acme.example/_services/pipelines/1', 'github.acme.example'],
    ['https://pipelines.actions.acme.ghe.com/1', 'acme.ghe.com'],
  ])('%s, where code names the enterprise %s', async (url, enterpriseHost) => {
    expect(await asked(url, { enterpriseHost })).toEqual([url]);
  });

  it.each([
    ['https://github.acme.example/_services/pipelines/1', 'https://github.acme.example'],
    ['https://pipelines.evil.example/1', 'https://evil.example'],
    ['https://evil.example/1', 'https://evil.example'],
  ])('never %s, which the environment alone names: GITHUB_SERVER_URL=%s', async (url, server) => {
    vi.stubEnv('GITHUB_SERVER_URL', server);
    expect(await asked(url)).toEqual([]);
    expect(await asked(url, { enterpriseHost: 'acme.ghe.com' })).toEqual([]);
  });

  it('an origin that code allows', async () => {
    const requestOrigin = 'https://tokens.example.com:8443';
    expect(await asked('https://tokens.example.com:8443/a', { requestOrigin })).toHaveLength(1);
    expect(await asked('https://tokens.example.com/a', { requestOrigin })).toEqual([]);
  });

  it('an origin of http on loopback, where code allows it', async () => {
    const more = { requestOrigin: runner.origin, allowLoopbackHttp: true };
    expect((await read(githubActionsTokenSource({ clock, ...more }))).claims.sub).toBe(SUBJECT);
    expect(runner.seen).toHaveLength(1);
    for (const refused of [{ requestOrigin: runner.origin }, { ...more, requestOrigin: 'http://10.0.0.1' }])
      expect(() => githubActionsTokenSource({ clock, ...refused })).toThrow(
        expect.objectContaining({ code: 'unsafe_url', option: 'requestOrigin' }) as Error,
      );
  });

  it.each([
    'http://pipelines.actions.githubusercontent.com/',
    'https://actions.githubusercontent.com.evil.example/',
    'https://evilactions.githubusercontent.com/',
    'https://evil.example/.actions.githubusercontent.com',
    'https://a.actions.githubusercontent.com@evil.example/',
    'https://a@a.actions.githubusercontent.com/',
    'https://github.com/',
    'http://127.0.0.1/',
    'nowhere',
  ])('never %s', async (url) => {
    expect(await asked(url)).toEqual([]);
  });

  it.each([
    [{ requestOrigin: 'http://a.example' }, 'requestOrigin'],
    [{ requestOrigin: 'https://a.example/path' }, 'requestOrigin'],
    [{ enterpriseHost: 'https://a.example' }, 'enterpriseHost'],
    [{ enterpriseHost: 'com' }, 'enterpriseHost'],
    [{ fetch: 1 }, 'fetch'],
    [{ variable: 'a' }, 'variable'],
    [{ allowLoopbackHttp: 'yes' }, 'allowLoopbackHttp'],
  ])('refuses %j when it is created', (more, option) => {
    expect(() => githubActionsTokenSource(more as unknown as GithubActionsTokenSourceOptions)).toThrow(
      expect.objectContaining({ name: 'OptionError', option }) as Error,
    );
  });
});
