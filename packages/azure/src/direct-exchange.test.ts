import type { Fetch } from '@credex/core';
import { describe, expect, it } from 'vitest';
import type { AzureCredentialsProviderOptions } from './options.js';
import { directExchanger } from './direct-exchange.js';
import { CLIENT, GOOD, NOW, TENANT, failure, jwtOf, setUp } from './azure.fixture.js';

interface Posted {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A provider with the direct exchange. Its fetch returns what `respond` returns, and records each request. */
function direct(respond: () => Response = good, options: Partial<AzureCredentialsProviderOptions> = {}) {
  const posted: Posted[] = [];
  const fetch: Fetch = async (url, { headers, body }) => {
    posted.push({ url: String(url), headers: Object.fromEntries(new Headers(headers)), body: String(body) });
    return respond();
  };
  const { provider } = setUp(undefined, { exchanger: directExchanger, fetch, ...options });
  return { provider, posted };
}

const respondWith = (body: unknown, status = 200, headers = {}): Response =>
  new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers });
const good = (): Response => respondWith(GOOD);

describe('the direct request', () => {
  it('is one POST of the assertion to the tenant’s token endpoint', async () => {
    const { provider, posted } = direct();
    const credential = await provider.getToken('https://vault.azure.net/.default');
    expect(posted).toEqual([
      {
        url: `https://login.microsoftonline.com/${TENANT}/oauth2/v2.0/token`,
        headers: { 'content-type': 'application/x-www-form-urlencoded;charset=utf-8' },
        body: [
          `client_id=${CLIENT}`,
          'scope=https%3A%2F%2Fvault.azure.net%2F.default',
          'grant_type=client_credentials',
          `client_assertion=${jwtOf()}`,
          'client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer',
        ].join('&'),
      },
    ]);
    expect(credential).toEqual({
      token: 'entra-token',
      expiresAt: NOW + 3_600_000,
      expiresOnTimestamp: NOW + 3_600_000,
    });
  });

  it.each<[string, Partial<AzureCredentialsProviderOptions>, string]>([
    [
      'another cloud',
      { authorityHost: 'login.microsoftonline.us' },
      `https://login.microsoftonline.us/${TENANT}/oauth2/v2.0/token`,
    ],
    [
      'China by the former host name',
      { authorityHost: 'https://login.chinacloudapi.cn' },
      `https://login.partner.microsoftonline.cn/${TENANT}/oauth2/v2.0/token`,
    ],
    [
      'http on loopback, if code allows it',
      { authorityHost: 'http://127.0.0.1:8080', allowLoopbackHttp: true },
      `http://127.0.0.1:8080/${TENANT}/oauth2/v2.0/token`,
    ],
  ])('goes to %s', async (_name, options, url) => {
    const { provider, posted } = direct(good, options);
    await provider.getCredentials();
    expect(posted.map((one) => one.url)).toEqual([url]);
  });

  it('goes to another tenant if the call names one', async () => {
    const { provider, posted } = direct(good, { additionallyAllowedTenants: '*' });
    await provider.getToken('https://vault.azure.net/.default', { tenantId: 'Contoso.com' });
    expect(posted[0]?.url).toBe('https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token');
  });
});

describe('the claims parameter', () => {
  const claimsOf = async (options: { claims?: string; enableCae?: boolean }): Promise<string | null> => {
    const { provider, posted } = direct();
    await provider.getToken('https://vault.azure.net/.default', options);
    return new URLSearchParams(posted[0]?.body).get('claims');
  };

  it.each<[{ claims?: string; enableCae?: boolean }, string | null]>([
    [{}, null],
    [{ enableCae: false, claims: '{}' }, null],
    [{ enableCae: true }, '{"access_token":{"xms_cc":{"values":["cp1"]}}}'],
    [{ claims: ' {"access_token" : {"nbf":1}} ' }, '{"access_token":{"nbf":1}}'],
    [
      { enableCae: true, claims: '{"access_token":{"nbf":{"essential":true}},"id_token":{"a":null}}' },
      '{"access_token":{"nbf":{"essential":true},"xms_cc":{"values":["cp1"]}},"id_token":{"a":null}}',
    ],
    [
      { enableCae: true, claims: '{"access_token":{"xms_cc":{"values":["other"]},"z":1}}' },
      '{"access_token":{"xms_cc":{"values":["cp1"]},"z":1}}',
    ],
    [
      { enableCae: true, claims: '{"userinfo":{}}' },
      '{"userinfo":{},"access_token":{"xms_cc":{"values":["cp1"]}}}',
    ],
    [
      { enableCae: true, claims: '{"__proto__":{"access_token":1}}' },
      '{"__proto__":{"access_token":1},"access_token":{"xms_cc":{"values":["cp1"]}}}',
    ],
  ])('of %j', async (options, claims) => {
    expect(await claimsOf(options)).toBe(claims);
  });

  it.each(['null', '"text"', '[1]', '7'])(
    'is rejected if access_token is %s, and nothing is sent',
    async (own) => {
      const { provider, posted } = direct();
      const options = { enableCae: true, claims: `{"access_token":${own}}` };
      const { code } = await failure(provider.getToken('https://vault.azure.net/.default', options));
      expect([code, posted.length]).toEqual(['invalid_request', 0]);
    },
  );
});

describe('a failed exchange', () => {
  it.each<[string, () => Response, object]>([
    [
      'a refusal',
      () =>
        respondWith(
          { error: 'invalid_client', error_description: 'AADSTS700213: no', error_codes: [700213] },
          401,
        ),
      { code: 'subject_not_allowed', serverCode: 'AADSTS700213', status: 401 },
    ],
    [
      'throttling',
      () => respondWith('', 429, { 'retry-after': '60' }),
      { code: 'throttled', retryAfterMs: 60_000 },
    ],
    ['an HTML page', () => respondWith('<html>'), { code: 'invalid_response' }],
    [
      'a redirect',
      () => respondWith('', 302, { location: 'https://evil.example' }),
      { code: 'redirect_refused' },
    ],
  ])('%s', async (_name, respond, expected) => {
    expect(await failure(direct(respond).provider.getCredentials())).toMatchObject({
      provider: 'azure',
      ...expected,
    });
  });
});
