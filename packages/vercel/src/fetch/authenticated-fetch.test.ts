import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { SubjectTokenSource } from '@credex/core';
import { readSubjectToken } from '@credex/core/on-demand';
import { NOW, clock, jwt } from '../platform/token-source.fixture.js';
import { vercelTokenSource } from '../index.js';
import { TOKEN, bodyOf, echo, got, made, started } from './authenticated-fetch.fixture.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

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

describe('which token is sent', () => {
  const giving = (token: string): SubjectTokenSource => ({
    capture: () => ({
      identityKey: undefined,
      token: async () => ({ ...readSubjectToken(TOKEN), jwt: token }),
    }),
  });

  it.each([
    ['another identity', { expect: { environment: 'preview' } }, 'subject_mismatch'],
    ['another audience', { audience: 'a', tokenSource: giving(TOKEN) }, 'audience_mismatch'],
    ['one that has ended', { tokenSource: () => jwt({ exp: NOW / 1000 - 1 }) }, 'subject_token_expired'],
    ['none', { tokenSource: () => '' }, 'invalid_subject_token'],
    ['a token that would add a header', { tokenSource: giving('a.b.c\r\nx: y') }, 'invalid_subject_token'],
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
