/** The token as a string, for libraries that exchange it by themselves. */

import type { IncomingMessage, RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Clock } from '@credex/core';
import { readSubjectToken } from '@credex/core/on-demand';
import { vercelTokenProvider } from '../index.js';
import type { VercelTokenProviderOptions } from '../index.js';
import type { TestServer } from './token-source.fixture.js';
import { NOW, jwt, serve } from './token-source.fixture.js';

const AUDIENCE = 'https://api.example';
const MINUTE = 60_000;

interface Asked {
  readonly token: string;
  readonly aud: string;
  readonly jti?: string;
}

let issuer: TestServer;
let asked: Asked[];
let now: number;
let respond: (asked: Asked) => object;
let count = 0;
const clock: Clock = { now: () => now, monotonic: () => now };
const scope = globalThis as { [key: symbol]: unknown };
const CONTEXT = Symbol.for('@vercel/request-context');

/** What a request with this token has in its context. */
const inRequest = (token: string | undefined): void => {
  scope[CONTEXT] = { get: () => ({ headers: { 'x-vercel-oidc-token': token } }) };
};
/** A token that no other test has, of an hour. */
const token = (claims: object = {}): string =>
  jwt({ sub: 'shop', project_id: 'prj_shop', environment: 'production', jti: `t${count++}`, ...claims });
const minted: RequestListener = (request, response) =>
  void body(request).then((text) => {
    const one = JSON.parse(text) as Asked;
    asked.push(one);
    response.end(JSON.stringify({ token: jwt(respond(one)) }));
  });
async function body(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

beforeEach(async () => {
  now = NOW;
  asked = [];
  respond = ({ token: given, aud, jti }) => {
    const { claims } = readSubjectToken(given);
    return { ...claims, aud, jti: jti ?? `of ${String(claims['jti'])}` };
  };
  issuer = await serve(minted);
  for (const name of ['TOKEN', 'TOKEN_FILE']) vi.stubEnv(`VERCEL_OIDC_${name}`, undefined);
  vi.stubEnv('VERCEL_PROJECT_ID', 'prj_shop');
  vi.stubEnv('VERCEL_ENV', 'production');
});
afterEach(() => {
  issuer.close();
  delete scope[CONTEXT];
  vi.unstubAllEnvs();
});

const provider = (options: VercelTokenProviderOptions = {}): (() => Promise<string>) =>
  vercelTokenProvider({
    clock,
    tokenEndpoint: `${issuer.origin}/~token`,
    allowLoopbackHttp: true,
    ...options,
  });

describe('the token provider', () => {
  it("returns the token of the caller's request, without an exchange", async () => {
    const get = provider();
    const tokens = [token(), token(), token()];
    const calls = tokens.map((one) => {
      inRequest(one);
      return get();
    });
    inRequest(undefined);
    expect(await Promise.all(calls)).toEqual(tokens);
    expect(asked).toEqual([]);
  });

  it('takes no argument of a library for an option', async () => {
    inRequest(token());
    const get = provider({ audience: AUDIENCE });
    expect(get).toHaveLength(0);
    const evil = { audience: 'https://evil.example', jti: 'one', fresh: true, expect: {} };
    await (get as (argument: unknown) => Promise<string>)(evil);
    expect(asked.map(({ aud, jti }) => [aud, jti])).toEqual([[AUDIENCE, undefined]]);
  });

  it('exchanges a token once for an audience, however many call at once, and again for another token', async () => {
    const get = provider({ audience: AUDIENCE });
    const first = token();
    inRequest(first);
    const all = await Promise.all(Array.from({ length: 20 }, () => get()));
    await get();
    expect(new Set(all).size).toBe(1);
    expect(readSubjectToken(all[0]).claims).toMatchObject({ aud: AUDIENCE, sub: 'shop' });
    const second = token();
    inRequest(second);
    expect(await get()).not.toBe(all[0]);
    expect(asked.map((one) => one.token)).toEqual([first, second]);
  });

  it('compares the token with `expect` before anything is sent', async () => {
    inRequest(token());
    const get = provider({ audience: AUDIENCE, expect: { projectId: 'prj_other' } });
    await expect(get()).rejects.toMatchObject({ code: 'subject_mismatch', provider: 'vercel' });
    expect(asked).toEqual([]);
  });

  it('says that there is no token, or that it has expired', async () => {
    inRequest(undefined);
    vi.stubEnv('VERCEL_PROJECT_ID', undefined);
    await expect(provider()()).rejects.toMatchObject({ code: 'no_subject_token' });
    inRequest(token({ exp: NOW / 1_000 - 1 }));
    await expect(provider()()).rejects.toMatchObject({ code: 'subject_token_expired' });
  });

  it('looks for a newer token ahead of the end, and returns the present one meanwhile', async () => {
    const old = token({ iat: NOW / 1_000 });
    const newer = token({ exp: NOW / 1_000 + 7_200 });
    const get = provider({ local: false });
    inRequest(old);
    now = NOW + 44 * MINUTE;
    expect(await get()).toBe(old);
    vi.stubEnv('VERCEL_OIDC_TOKEN', newer);
    expect(await get()).toBe(old);
    now = NOW + 46 * MINUTE;
    expect(await get()).toBe(old);
    await vi.waitFor(async () => expect(await get()).toBe(newer));
  });

  it('never replaces a live token by one that only another request brought: it may be forged', async () => {
    const old = token({ iat: NOW / 1_000 });
    const get = provider({ local: false });
    inRequest(token({ exp: NOW / 1_000 + 23 * 3_600 }));
    await get();
    now = NOW + 50 * MINUTE;
    inRequest(old);
    for (let n = 0; n < 5; n++) {
      expect(await get()).toBe(old);
      now += 6_000;
    }
  });

  it('never replaces a token by one of another identity', async () => {
    const old = token({ iat: NOW / 1_000 });
    vi.stubEnv('VERCEL_OIDC_TOKEN', token({ sub: 'other', exp: NOW / 1_000 + 7_200 }));
    const get = provider({ local: false });
    inRequest(old);
    now = NOW + 50 * MINUTE;
    for (let n = 0; n < 5; n++) {
      expect(await get()).toBe(old);
      now += 6_000;
    }
  });
});

describe('`jti`', () => {
  it('is another one for each token, of which none is cached or shared', async () => {
    inRequest(token());
    let n = 0;
    const get = provider({ audience: AUDIENCE, jti: () => `id-${n++}` });
    const all = await Promise.all([get(), get(), get()]);
    all.push(await get());
    expect(asked.map(({ jti }) => jti)).toEqual(['id-0', 'id-1', 'id-2', 'id-3']);
    expect(all.map((one) => readSubjectToken(one).claims['jti'])).toEqual(['id-0', 'id-1', 'id-2', 'id-3']);
    // Without one, a token of an earlier call is not used either.
    expect(readSubjectToken(await provider({ audience: AUDIENCE })()).claims['jti']).toMatch(/^of /);
  });

  it('is exchanged again for each call, also where it is always the same', async () => {
    inRequest(token());
    const get = provider({ audience: AUDIENCE, jti: 'one' });
    await Promise.all([get(), get()]);
    await get();
    expect(asked).toHaveLength(3);
  });

  it('that the issuer did not set is an error', async () => {
    inRequest(token());
    respond = ({ token: given, aud }) => ({ ...readSubjectToken(given).claims, aud, jti: 'other' });
    await expect(provider({ audience: AUDIENCE, jti: 'one' })()).rejects.toMatchObject({
      code: 'invalid_response',
    });
  });

  it('of a function that returns none is refused', async () => {
    inRequest(token());
    await expect(provider({ audience: AUDIENCE, jti: () => '' })()).rejects.toMatchObject({
      code: 'invalid_option',
      option: 'jti',
    });
    expect(asked).toEqual([]);
  });
});

it.each([
  ['jti', 'conflicting_options', { jti: 'one' }],
  ['jti', 'invalid_option', { jti: 5, audience: AUDIENCE }],
  ['audience', 'invalid_option', { audience: '' }],
  ['audience', 'invalid_option', { audience: 'default' }],
  ['audiences', 'invalid_option', { audiences: [AUDIENCE] }],
  ['expect', 'invalid_option', { expect: {} }],
  ['tokenEndpoint', 'unsafe_url', { tokenEndpoint: 'http://evil.example/~token' }],
])('refuses a wrong `%s` with %s', (option, code, options) => {
  expect(() => provider(options as VercelTokenProviderOptions)).toThrow(
    expect.objectContaining({ name: 'OptionError', code, option }) as Error,
  );
});
