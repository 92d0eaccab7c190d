/** Requests to protected deployments of other projects: the header of Trusted Sources, alone or with a bearer token. */

import type { RequestListener } from 'node:http';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { readSubjectToken } from '@credex/core/on-demand';
import { clock, jwt } from '../platform/token-source.fixture.js';
import type { AuthenticatedFetchOptions } from '../index.js';
import { createAuthenticatedFetch, vercelTokenSource } from '../index.js';
import { TOKEN, bodyOf, echo, got, made, started } from './authenticated-fetch.fixture.js';

const HEADER = 'x-vercel-trusted-oidc-idp-token';

beforeEach(() => {
  vi.stubEnv('VERCEL_OIDC_TOKEN', TOKEN);
  return () => vi.unstubAllEnvs();
});

/** A fetch whose source exchanges audiences at an issuer, and how often it did. */
async function exchanging(origins: string | string[], more: Partial<AuthenticatedFetchOptions>) {
  const issuer = await started(
    (request, response) =>
      void bodyOf(request).then((text) => {
        const { token, aud } = JSON.parse(text) as { token: string; aud: string };
        response.end(JSON.stringify({ token: jwt({ ...readSubjectToken(token).claims, aud }) }));
      }),
  );
  const tokenSource = vercelTokenSource({
    tokenEndpoint: `${issuer.origin}/~token`,
    allowLoopbackHttp: true,
    clock,
    local: false,
  });
  const own = createAuthenticatedFetch({ origins, tokenSource, clock, allowLoopbackHttp: true, ...more });
  return { own, issuer };
}

const audienceOf = (token: string | undefined): unknown => readSubjectToken(token).claims.aud;
const bearerOf = (headers: Readonly<Record<string, string>>): string | undefined =>
  headers['authorization']?.slice('Bearer '.length);

describe('the header of Trusted Sources', () => {
  it('has by default a token that is good at this origin alone, next to the bearer token', async () => {
    const api = await started(echo);
    const { own, issuer } = await exchanging(api.origin, { trustedSource: true });
    const { headers } = await got(own(api.origin));
    expect(audienceOf(headers[HEADER])).toBe(api.origin);
    expect(bearerOf(headers)).toBe(TOKEN);
    await own(api.origin);
    expect(issuer.seen).toHaveLength(1);
  });

  it('has the token of each origin where there are several', async () => {
    const [one, other] = [await started(echo), await started(echo)];
    const { own } = await exchanging([one.origin, other.origin], { trustedSource: true });
    for (const { origin } of [one, other])
      expect(audienceOf((await got(own(origin))).headers[HEADER])).toBe(origin);
  });

  it('has the token of `audience`, which the bearer token has as well', async () => {
    const api = await started(echo);
    const { own, issuer } = await exchanging(api.origin, { trustedSource: true, audience: 'https://a.test' });
    const { headers } = await got(own(api.origin));
    expect([audienceOf(headers[HEADER]), audienceOf(bearerOf(headers))]).toEqual([
      'https://a.test',
      'https://a.test',
    ]);
    expect(issuer.seen).toHaveLength(1);
  });

  it("is alone with `bearer: false`, and Authorization is the application's", async () => {
    const api = await started(echo);
    const { own } = await exchanging(api.origin, { trustedSource: true, bearer: false });
    expect('authorization' in (await got(own(api.origin))).headers).toBe(false);
    const { headers } = await got(own(api.origin, { headers: { authorization: 'Basic abc' } }));
    expect([headers['authorization'], audienceOf(headers[HEADER])]).toEqual(['Basic abc', api.origin]);
  });

  it('has the unchanged token only where that was asked for', async () => {
    const api = await started(echo);
    const { headers } = await got(made(api.origin, { trustedSource: 'plain' })(api.origin));
    expect([headers[HEADER], bearerOf(headers)]).toEqual([TOKEN, TOKEN]);
    const { headers: without } = await got(made(api.origin)(api.origin));
    expect(HEADER in without).toBe(false);
  });

  it('follows a redirect within the origin, and never goes to another one', async () => {
    const other = await started(echo);
    const redirecting: RequestListener = (request, response) => {
      if (request.url === '/within') return response.writeHead(307, { location: '/to' }).end();
      if (request.url === '/out') return response.writeHead(307, { location: `${other.origin}/to` }).end();
      return echo(request, response);
    };
    const api = await started(redirecting);
    const { own } = await exchanging([api.origin, other.origin], { trustedSource: true, bearer: false });
    const { url, headers } = await got(own(`${api.origin}/within`));
    expect([url, audienceOf(headers[HEADER])]).toEqual(['/to', api.origin]);
    await expect(own(`${api.origin}/out`)).rejects.toMatchObject({ code: 'redirect_refused' });
    await expect(own('https://evil.example/')).rejects.toMatchObject({ code: 'unsafe_url' });
    expect(other.seen).toEqual([]);
  });

  it.each([
    'https://vercel.com/login?next=%2F',
    'https://vercel.com/sso-api?url=https%3A%2F%2Fapp',
    'https://www.vercel.com/login',
  ])('says what to configure where the protection sends to %s', async (location) => {
    const api = await started((_request, response) => response.writeHead(302, { location }).end());
    const { own } = await exchanging(api.origin, { trustedSource: true });
    await expect(own(api.origin)).rejects.toMatchObject({
      code: 'redirect_refused',
      status: 302,
      message: expect.stringContaining('deployment protection') as string,
      hint: expect.stringContaining('Trusted Sources') as string,
    });
    expect((await own(api.origin, { redirect: 'manual' })).status).toBe(302);
    // Without the option it is a redirect like any other.
    await expect(made(api.origin)(api.origin)).rejects.toMatchObject({
      code: 'redirect_refused',
      hint: expect.not.stringContaining('Trusted Sources') as string,
    });
  });

  it.each(['https://vercel.com.evil.example/login', 'https://vercel.com/loginx', 'https://vercel.com/a'])(
    'does not take %s for the protection',
    async (location) => {
      const api = await started((_request, response) => response.writeHead(302, { location }).end());
      await expect(made(api.origin, { trustedSource: 'plain' })(api.origin)).rejects.toMatchObject({
        hint: expect.not.stringContaining('Trusted Sources') as string,
      });
    },
  );

  it('set by the caller is refused before anything is sent', async () => {
    const api = await started(echo);
    for (const bearer of [true, false]) {
      const own = made(api.origin, { trustedSource: 'plain', bearer });
      await expect(own(api.origin, { headers: { [HEADER.toUpperCase()]: 'x' } })).rejects.toMatchObject({
        name: 'OptionError',
        code: 'conflicting_options',
        option: 'headers',
      });
      await expect(own(new Request(api.origin, { headers: { [HEADER]: 'x' } }))).rejects.toMatchObject({
        code: 'conflicting_options',
      });
    }
    await expect(
      made(api.origin, { trustedSource: 'plain' })(api.origin, { headers: { authorization: 'Basic a' } }),
    ).rejects.toThrow(/bearer: false/);
    expect(api.seen).toEqual([]);
  });

  it("stays the same when the API refuses the bearer token, and is not renewed for the application's own", async () => {
    const api = await started((request, response) =>
      response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end(request.url),
    );
    const { own } = await exchanging(api.origin, { trustedSource: true, bearer: false });
    expect((await own(api.origin)).status).toBe(401);
    expect(api.seen).toHaveLength(1);
  });

  it('never has a token of another identity or audience', async () => {
    const api = await started(echo);
    const { own } = await exchanging(api.origin, { trustedSource: true, expect: { projectId: 'prj_other' } });
    await expect(own(api.origin)).rejects.toMatchObject({ code: 'subject_mismatch' });
    const fixed = { capture: () => ({ identityKey: undefined, token: async () => readSubjectToken(TOKEN) }) };
    await expect(
      made(api.origin, { trustedSource: true, bearer: false, tokenSource: fixed })(api.origin),
    ).rejects.toMatchObject({ code: 'audience_mismatch' });
    expect(api.seen).toEqual([]);
  });
});

it.each([
  ['trustedSource', 'invalid_option', { trustedSource: 'yes' }],
  ['trustedSource', 'conflicting_options', { trustedSource: true }],
  ['bearer', 'invalid_option', { trustedSource: 'plain', bearer: 'no' }],
  ['bearer', 'conflicting_options', { bearer: false }],
  ['audience', 'invalid_option', { audience: 'default' }],
])('refuses a wrong `%s` with %s', (option, code, more) => {
  expect(() => made('https://api.example.com', more as Partial<AuthenticatedFetchOptions>)).toThrow(
    expect.objectContaining({ name: 'OptionError', code, option }) as Error,
  );
});
