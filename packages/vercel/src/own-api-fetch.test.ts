import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, RequestListener } from 'node:http';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { OptionError } from '@credex/core';
import type { SubjectTokenSource } from '@credex/core';
import { readSubjectToken } from '@credex/core/driver';
import type { TestServer } from './elsewhere.fixture.js';
import { NOW, clock, jwt, serve } from './elsewhere.fixture.js';
import type { OwnApiFetchOptions } from './index.js';
import { ownApiFetch, vercelTokenSource } from './index.js';

const servers: TestServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  vi.unstubAllEnvs();
});
const started = async (answer: RequestListener): Promise<TestServer> => {
  const server = await serve(answer);
  servers.push(server);
  return server;
};

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks).toString();
};
/** Answers with what it got. */
const echo: RequestListener = (request, response) =>
  void bodyOf(request).then((body) => {
    const { method, url, headers } = request;
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ method, url, headers, body }));
  });
interface Echo {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
const got = async (response: Promise<Response>): Promise<Echo> => (await (await response).json()) as Echo;

const TOKEN = jwt({ sub: 'shop', project_id: 'prj_shop', environment: 'production' });
const made = (origins: string | string[], more: Partial<OwnApiFetchOptions> = {}): typeof fetch =>
  ownApiFetch({ origins, tokenSource: () => TOKEN, clock, allowLoopbackHttp: true, ...more });

describe('what the API gets', () => {
  it('is the request as the caller meant it, and the token', async () => {
    const api = await started(echo);
    const own = made(api.origin);
    expect(await got(own(`${api.origin}/orders?since=1#top`))).toMatchObject({
      method: 'GET',
      url: '/orders?since=1',
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect(
      await got(own(new URL('/orders', api.origin), { method: 'post', body: '{}', headers: { 'x-a': 'b' } })),
    ).toMatchObject({ method: 'POST', body: '{}', headers: { 'x-a': 'b', 'content-length': '2' } });
  });

  it('is what a Request says, and `init` over it', async () => {
    const api = await started(echo);
    const request = new Request(`${api.origin}/a`, { method: 'PUT', body: 'pears', headers: { 'x-a': '1' } });
    expect(await got(made(api.origin)(request, { headers: { 'x-b': '2' } }))).toMatchObject({
      method: 'PUT',
      url: '/a',
      body: 'pears',
      headers: { 'x-b': '2', authorization: `Bearer ${TOKEN}` },
    });
  });

  it.each([
    ['bytes', () => new TextEncoder().encode('pears')],
    ['a buffer', () => new TextEncoder().encode('pears').buffer],
    ['a form', () => new URLSearchParams({ pears: '3' })],
    ['a blob', () => new Blob(['pears'])],
    ['a stream', () => new Blob(['pears']).stream()],
  ] as const)('has %s as its body', async (_what, make) => {
    const api = await started(echo);
    const init = { method: 'POST', body: make(), duplex: 'half' } as RequestInit;
    expect((await got(made(api.origin)(api.origin, init))).body).toMatch(/^pears/);
  });

  it('is of the moment of the call, whatever becomes of URL, headers, bytes and form', async () => {
    const api = await started(echo);
    const url = new URL('/mine', api.origin);
    const headers = new Headers({ 'x-a': 'mine' });
    const bytes = new TextEncoder().encode('mine');
    const { buffer } = new TextEncoder().encode('mine');
    const form = new FormData();
    form.append('a', 'mine');
    const answers = [
      got(made(api.origin)(url, { method: 'POST', headers, body: bytes })),
      got(made(api.origin)(url, { method: 'POST', headers, body: buffer })),
      got(made(api.origin)(url, { method: 'POST', headers, body: form })),
    ];
    url.hostname = 'evil.example';
    headers.set('x-a', 'theirs');
    bytes.fill(0);
    new Uint8Array(buffer).fill(0);
    form.set('a', 'theirs');
    for (const { url: path, headers: sent, body } of await Promise.all(answers)) {
      expect([path, sent['x-a']]).toEqual(['/mine', 'mine']);
      expect(body).toContain('mine');
      expect(body).not.toContain('theirs');
    }
  });

  it('is a token of the audience that was asked for, exchanged once', async () => {
    const issuer = await started(
      (request, response) =>
        void bodyOf(request).then((body) => {
          const { token, aud } = JSON.parse(body) as { token: string; aud: string };
          response.end(JSON.stringify({ token: jwt({ ...readSubjectToken(token).claims, aud }) }));
        }),
    );
    const api = await started(echo);
    vi.stubEnv('VERCEL_OIDC_TOKEN', TOKEN);
    const tokenSource = vercelTokenSource({
      tokenEndpoint: `${issuer.origin}/~token`,
      allowLoopbackHttp: true,
      clock,
    });
    const own = made(api.origin, { tokenSource, audience: 'https://orders.example.com' });
    const all = await Promise.all(Array.from({ length: 20 }, () => got(own(api.origin))));
    for (const { headers } of all) {
      const { claims } = readSubjectToken(headers['authorization']?.slice('Bearer '.length));
      expect([claims.aud, claims.sub]).toEqual(['https://orders.example.com', 'shop']);
    }
    expect(issuer.seen).toHaveLength(1);
  });

  it('is the token of the request that calls, however many call at once', async () => {
    const api = await started(echo);
    const context = new AsyncLocalStorage<string>();
    const scope = globalThis as { [key: symbol]: unknown };
    const key = Symbol.for('@vercel/request-context');
    scope[key] = { get: () => ({ headers: { 'x-vercel-oidc-token': context.getStore() } }) };
    try {
      const own = made(api.origin, { tokenSource: vercelTokenSource({ clock }) });
      const pairs = await Promise.all(
        Array.from({ length: 40 }, (_, index) => {
          const token = jwt({ sub: `tenant-${index % 7}`, jti: index });
          return context.run(token, async () => [
            token,
            (await got(own(api.origin))).headers['authorization'],
          ]);
        }),
      );
      for (const [token, sent] of pairs) expect(sent).toBe(`Bearer ${token}`);
    } finally {
      delete scope[key];
    }
  });
});

describe('where it goes', () => {
  const own = (more: Partial<OwnApiFetchOptions> = {}) => {
    const asked: string[] = [];
    const fetch = made(['https://api.example.com', 'https://xn--bcher-kva.example:8443'], {
      fetch: async (input) => {
        asked.push(String(input));
        return new Response('');
      },
      ...more,
    });
    return { fetch, asked };
  };

  it.each([
    'https://api.example.com',
    'https://api.example.com:443/a',
    'HTTPS://API.EXAMPLE.COM/a',
    'https://api.example.com\\a',
    'https://ａpi.example.com/',
    'https://bücher.example:8443/',
    'https:api.example.com',
    'https://api.example.com/@evil.example',
    'https://api.example.com/https://evil.example',
    'https://api.example.com\\@evil.example/',
  ])('asks %s, which is its own however it is written', async (url) => {
    const { fetch, asked } = own();
    await fetch(url);
    expect(asked).toEqual([new URL(url).href]);
    expect(['api.example.com', 'xn--bcher-kva.example:8443']).toContain(new URL(asked[0] as string).host);
  });

  it.each([
    'http://api.example.com/',
    'https://api.example.com./',
    'https://api.example.com:444/',
    'https://api.example.com.evil.example/',
    'https://evil.example/',
    'https://evil.example/https://api.example.com/',
    'https://evil.example#https://api.example.com',
    'https://api.example.com@evil.example/',
    'https://api.example.com%2eevil.example/',
    'https://user@api.example.com/',
    'https://user:password@api.example.com/',
    'https://api.exаmple.com/',
    'https://bücher.example/',
    'https://127.0.0.1/',
    'http://127.0.0.1/',
    'http://localhost:3000/',
    'blob:https://api.example.com/7b7d8f0e-0000-4000-8000-000000000000',
    'filesystem:https://api.example.com/temporary/a',
    'ftp://api.example.com/',
    'javascript:1',
    'data:,a',
    'file:///etc/passwd',
    '//evil.example/',
    '//api.example.com/',
    '/orders',
    '\\\\evil.example\\',
    'orders',
    '',
    '\thttps://evil.example/',
    'https://api.example.com\t.evil.example/',
    'https://evil.example\\@api.example.com/',
  ])('refuses %j before anything is sent', async (url) => {
    const { fetch, asked } = own();
    await expect(fetch(url)).rejects.toMatchObject({ name: 'OptionError', code: 'unsafe_url' });
    if (URL.canParse(url) && !url.includes('user')) {
      await expect(fetch(new URL(url))).rejects.toMatchObject({ code: 'unsafe_url' });
    }
    expect(asked).toEqual([]);
  });

  it('refuses what is no URL of this runtime, and says nothing of paths', async () => {
    const { fetch, asked } = own();
    for (const input of [
      undefined,
      null,
      1,
      { url: 'https://api.example.com' },
      { href: 'https://api.example.com' },
    ])
      await expect(fetch(input as unknown as string)).rejects.toMatchObject({ code: 'unsafe_url' });
    await expect(fetch(new Request('https://evil.example/?key=s3cret'))).rejects.toSatisfy(
      (error) => OptionError.isInstance(error) && !error.message.includes('s3cret'),
    );
    expect(asked).toEqual([]);
  });

  it("takes no token for a request that it can't arrive with", async () => {
    const tokenSource = vi.fn(() => TOKEN);
    const { fetch, asked } = own({ tokenSource });
    const url = 'https://api.example.com/';
    const conflict = { name: 'OptionError', code: 'conflicting_options' };
    await expect(fetch(url, { headers: { Authorization: 'Basic a' } })).rejects.toMatchObject(conflict);
    await expect(fetch(url, { headers: [['AUTHORIZATION', '']] })).rejects.toMatchObject(conflict);
    await expect(fetch(new Request(url, { headers: { authorization: 'Bearer a' } }))).rejects.toMatchObject(
      conflict,
    );
    await expect(fetch(url, { mode: 'no-cors' })).rejects.toMatchObject(conflict);
    await expect(fetch(new Request(url, { mode: 'no-cors' }))).rejects.toMatchObject(conflict);
    expect([asked, tokenSource.mock.calls]).toEqual([[], []]);
  });

  it.each([
    ['no origins', { origins: undefined }, 'origins'],
    ['an empty list', { origins: [] }, 'origins'],
    ['a path', { origins: ['https://api.example.com/v1'] }, 'origins[0]'],
    ['http', { origins: 'http://api.example.com' }, 'origins'],
    ['a wildcard', { origins: 'https://*.example.com' }, 'origins'],
    ['user info', { origins: 'https://a@api.example.com' }, 'origins'],
    ['no string', { origins: [1] }, 'origins[0]'],
    ['an unknown option', { origin: 'https://api.example.com' }, 'origin'],
    ['an audience of a function', { tokenSource: () => TOKEN, audience: 'a' }, 'audience'],
  ])('refuses %s at the door', (_what, options, option) => {
    const all = { origins: 'https://api.example.com', ...options } as unknown as OwnApiFetchOptions;
    expect(() => ownApiFetch(all)).toThrow(expect.objectContaining({ name: 'OptionError', option }) as Error);
  });

  it('refuses loopback http unless it is allowed, and other http always', () => {
    expect(() => ownApiFetch({ origins: 'http://127.0.0.1:1' })).toThrow(/allowLoopbackHttp/);
    expect(() => made('http://127.0.0.1:1')).not.toThrow();
    expect(() => made('http://10.0.0.1:1')).toThrow(/https/);
  });
});

describe('which token is sent', () => {
  const giving = (token: string): SubjectTokenSource => ({
    capture: () => ({
      partition: undefined,
      token: async () => ({ ...readSubjectToken(TOKEN), jwt: token }),
    }),
  });

  it.each([
    ['another identity', { expect: { environment: 'preview' } }, 'subject_mismatch'],
    ['another audience', { audience: 'a', tokenSource: giving(TOKEN) }, 'audience_mismatch'],
    ['one that has ended', { tokenSource: () => jwt({ exp: NOW / 1000 - 1 }) }, 'subject_token_expired'],
    ['none', { tokenSource: () => '' }, 'invalid_subject_token'],
    ['a header of its own', { tokenSource: giving('a.b.c\r\nx: y') }, 'invalid_subject_token'],
  ])('never %s', async (_what, more, code) => {
    const api = await started(echo);
    await expect(made(api.origin, more)(api.origin)).rejects.toMatchObject({ code });
    expect(api.seen).toEqual([]);
  });

  it("waits for a token no longer than the caller's signal says", async () => {
    const api = await started(echo);
    const controller = new AbortController();
    const answer = made(api.origin, { tokenSource: () => new Promise<string>(() => undefined) })(api.origin, {
      signal: controller.signal,
    });
    controller.abort(new Error('enough'));
    await expect(answer).rejects.toThrow('enough');
    await expect(made(api.origin)(api.origin, { signal: controller.signal })).rejects.toThrow('enough');
    expect(api.seen).toEqual([]);
  });
});

describe('a refused token', () => {
  const FRESH = jwt({ sub: 'shop', jti: 'fresh' });
  const rotating = (fresh: string, error?: Error): SubjectTokenSource => ({
    capture: () => ({
      partition: undefined,
      token: async (wanted) => {
        if (wanted.fresh && error !== undefined) throw error;
        return readSubjectToken(wanted.fresh ? fresh : TOKEN);
      },
    }),
  });
  const refusing =
    (challenge = 'Bearer realm="api", error="invalid_token", error_description="expired"'): RequestListener =>
    (request, response) => {
      if (request.headers.authorization === `Bearer ${FRESH}`) echo(request, response);
      else response.writeHead(401, { 'www-authenticate': challenge }).end('refused');
    };

  it('is followed by a fresher one, once, with the same body', async () => {
    const api = await started(refusing());
    const own = made(api.origin, { tokenSource: rotating(FRESH) });
    expect((await got(own(api.origin, { method: 'POST', body: 'pears' }))).body).toBe('pears');
    expect(api.seen).toHaveLength(2);
    const other = jwt({ sub: 'shop', jti: 'as bad' });
    expect((await made(api.origin, { tokenSource: rotating(other) })(api.origin)).status).toBe(401);
    expect(api.seen).toHaveLength(4);
  });

  it.each([
    ['there is none', rotating(FRESH), {}],
    ['it is the same', rotating(TOKEN), {}],
    ['it is of another identity', rotating(jwt({ sub: 'other' })), {}],
    [
      'the body is a stream',
      rotating(FRESH),
      { body: new Blob(['a']).stream(), method: 'POST', duplex: 'half' },
    ],
  ] as const)('is the answer where %s', async (what, tokenSource, init) => {
    const api = await started(refusing());
    const source = what === 'there is none' ? { tokenSource: () => TOKEN } : { tokenSource };
    const response = await made(api.origin, source)(api.origin, init as RequestInit);
    expect([response.status, await response.text(), api.seen.length]).toEqual([401, 'refused', 1]);
  });

  it.each([
    'Bearer',
    'Bearer error="insufficient_scope"',
    'Basic error="invalid_token"',
    'Bearer error=invalid_tokens',
  ])('is not looked for where the challenge is %s', async (challenge) => {
    const api = await started(refusing(challenge));
    expect((await made(api.origin, { tokenSource: rotating(FRESH) })(api.origin)).status).toBe(401);
    expect(api.seen).toHaveLength(1);
  });

  it('is followed by a fresher one once for the whole of the call, redirects included', async () => {
    const api = await started((request, response) => {
      if (request.url === '/from' && request.headers.authorization !== `Bearer ${TOKEN}`)
        response.writeHead(307, { location: '/to' }).end();
      else response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end();
    });
    let turn = 0;
    const tokenSource: SubjectTokenSource = {
      capture: () => ({
        partition: undefined,
        token: async ({ fresh }) => readSubjectToken(fresh ? jwt({ sub: 'shop', jti: ++turn }) : TOKEN),
      }),
    };
    expect((await made(api.origin, { tokenSource })(`${api.origin}/from`)).status).toBe(401);
    expect([turn, api.seen.map(({ url }) => url)]).toEqual([1, ['/from', '/from', '/to']]);
  });

  it('says so where the fresher one could not be had', async () => {
    const api = await started(refusing());
    await expect(
      made(api.origin, { tokenSource: rotating(FRESH, new Error('broken')) })(api.origin),
    ).rejects.toMatchObject({ code: 'no_subject_token', cause: { message: 'broken' } });
  });

  it('shows nothing of what a broken source had read', async () => {
    const tokenSource = () => Promise.reject(Object.assign(new Error(`bad ${TOKEN}`), { read: TOKEN }));
    const error: unknown = await made('http://127.0.0.1:1', { tokenSource })('http://127.0.0.1:1').catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'no_subject_token' });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(TOKEN.slice(0, 30));
  });
});

describe('a redirect', () => {
  const redirecting =
    (status: number, location: string | undefined): RequestListener =>
    (request, response) => {
      if (request.url !== '/from') return echo(request, response);
      return response.writeHead(status, location === undefined ? {} : { location }).end();
    };

  it.each([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [302, 'PUT', 'PUT'],
    [307, 'POST', 'POST'],
    [308, 'POST', 'POST'],
    [308, 'GET', 'GET'],
  ])('%i of %s stays within its origin as %s', async (status, method, then) => {
    const api = await started(redirecting(status, '/to?a=1'));
    const body = method === 'GET' ? null : 'pears';
    const answer = await got(made(api.origin)(`${api.origin}/from`, { method, body }));
    expect(answer).toMatchObject({
      method: then,
      url: '/to?a=1',
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect(answer.body).toBe(then === 'GET' ? '' : 'pears');
    expect('content-type' in answer.headers).toBe(then !== 'GET');
  });

  it.each([301, 302, 303, 307, 308])('%i to another origin never brings the token there', async (status) => {
    const other = await started(echo);
    const api = await started(redirecting(status, `${other.origin}/to`));
    // Another origin that this fetch was made for as well: the API has no say in where a token goes.
    const own = made([api.origin, other.origin]);
    await expect(own(`${api.origin}/from`)).rejects.toMatchObject({
      name: 'FederationError',
      code: 'redirect_refused',
      message: expect.stringContaining(other.origin) as string,
    });
    expect(other.seen).toEqual([]);
    const shown = await own(`${api.origin}/from`, { redirect: 'manual' });
    expect([shown.status, shown.headers.get('location')]).toEqual([status, `${other.origin}/to`]);
    await expect(own(`${api.origin}/from`, { redirect: 'error' })).rejects.toMatchObject({
      code: 'redirect_refused',
    });
    expect(other.seen).toEqual([]);
  });

  it.each([
    ['//evil.example/'],
    ['\\\\evil.example/'],
    ['http://localhost/'],
    ['ftp://api.example.com/'],
    ['http://user@{host}/'],
    ['http://'],
    ['https://{host}/'],
    ['javascript:alert(1)'],
    ['data:,a'],
  ])('to %s is refused', async (location) => {
    const api = await started((_request, response) =>
      response.writeHead(302, { location: location.replace('{host}', new URL(api.origin).host) }).end(),
    );
    await expect(made(api.origin)(api.origin)).rejects.toMatchObject({ code: 'redirect_refused' });
    expect(api.seen).toHaveLength(1);
  });

  it('from https to http is refused', async () => {
    const asked: string[] = [];
    const own = made('https://api.example.com', {
      fetch: async (input) => {
        asked.push(String(input));
        return new Response(null, { status: 308, headers: { location: 'http://api.example.com/' } });
      },
    });
    await expect(own('https://api.example.com/')).rejects.toMatchObject({ code: 'redirect_refused' });
    expect(asked).toEqual(['https://api.example.com/']);
  });

  it('does not show a token that the server put into the host', async () => {
    const api = await started(redirecting(302, `https://${TOKEN.slice(0, 60)}.evil.example/${TOKEN}`));
    await expect(made(api.origin)(`${api.origin}/from`)).rejects.toSatisfy(
      (error) => !String(error).toLowerCase().includes(TOKEN.slice(0, 30).toLowerCase()),
    );
  });

  it('ends after 20, and where a stream would have to be sent again', async () => {
    const round = await started((_request, response) => response.writeHead(302, { location: '/' }).end());
    await expect(made(round.origin)(round.origin)).rejects.toMatchObject({ code: 'redirect_refused' });
    expect(round.seen).toHaveLength(21);
    const api = await started(redirecting(307, '/to'));
    const init = { method: 'POST', body: new Blob(['a']).stream(), duplex: 'half' } as RequestInit;
    await expect(made(api.origin)(`${api.origin}/from`, init)).rejects.toMatchObject({
      code: 'redirect_refused',
    });
  });

  it('without a place to go is the answer', async () => {
    const api = await started(redirecting(302, undefined));
    expect((await made(api.origin)(`${api.origin}/from`)).status).toBe(302);
  });
});
