// Longer than 300 lines: one case for each rule of the token endpoint, in its order.
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import type { JSONWebKeySet } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  AUDIENCE,
  CLIENT,
  ISSUER,
  jsonOf,
  OTHER_TENANT,
  request,
  START,
  SUBJECT,
  TENANT,
  testAzure,
  tokenOf,
  tokenRequest,
  withShop,
} from '../azure.fixture.js';
import type { TestAzure } from '../azure.fixture.js';

let azure: TestAzure;
beforeEach(() => {
  azure = testAzure();
  withShop(azure);
});

const CP1 = '{"access_token":{"xms_cc":{"values":["cp1"]}}}';

describe('a token', () => {
  it('is a JWT of the tenant for the resource, signed with a published key', async () => {
    const answer = await tokenRequest(azure);
    expect(answer.status).toBe(200);
    const body = jsonOf(answer);
    expect(Object.keys(body)).toEqual(['token_type', 'expires_in', 'ext_expires_in', 'access_token']);
    expect(body['token_type']).toBe('Bearer');
    const jwks = await azure.entra.handle(request({ target: `/${TENANT}/discovery/v2.0/keys` }));
    const keySet = createLocalJWKSet(jsonOf(jwks) as unknown as JSONWebKeySet);
    const { payload } = await jwtVerify(String(body['access_token']), keySet, {
      currentDate: new Date(START),
    });
    expect(payload).toMatchObject({
      aud: 'https://storage.azure.com',
      iss: `https://sts.windows.net/${TENANT}/`,
      idp: `https://sts.windows.net/${TENANT}/`,
      tid: TENANT,
      appid: CLIENT,
      ver: '1.0',
    });
    expect(payload.sub).toBe(payload['oid']);
    expect(payload.exp).toBe(START / 1000 + Number(body['expires_in']) + 1);
    expect(payload).not.toHaveProperty('xms_cc');
  });

  it('lives 60 to 90 minutes, without refresh_in', async () => {
    const lifetimes = new Set<number>();
    for (let n = 0; n < 20; n += 1) lifetimes.add(Number(jsonOf(await tokenRequest(azure))['expires_in']));
    expect(Math.min(...lifetimes)).toBeGreaterThanOrEqual(3599);
    expect(Math.max(...lifetimes)).toBeLessThanOrEqual(5399);
    expect(lifetimes.size).toBeGreaterThan(5);
  });

  it('lives 20 to 28 hours for a client that can answer a challenge, and says when to refresh', async () => {
    const body = jsonOf(await tokenRequest(azure, { claims: CP1 }));
    expect(body['expires_in']).toBeGreaterThanOrEqual(20 * 3600 - 1);
    expect(body['expires_in']).toBeLessThanOrEqual(28 * 3600 - 1);
    expect(body['refresh_in']).toBe(Math.floor(Number(body['expires_in']) / 2));
    expect(decodeJwt(String(body['access_token']))['xms_cc']).toEqual(['cp1']);
  });

  it("follows the tenant's lifetime policy and refresh hint", async () => {
    const tenantId = OTHER_TENANT;
    azure.admin.createTenant({ tenantId, tokenLifetimeSeconds: 600, refreshIn: 'always' });
    const credential = { name: 'vercel', issuer: ISSUER, subject: SUBJECT, audience: AUDIENCE };
    azure.admin.createApplication({ tenantId, clientId: OTHER_TENANT, federatedCredentials: [credential] });
    const body = jsonOf(await tokenRequest(azure, { client_id: OTHER_TENANT }, tenantId));
    expect(body).toMatchObject({ expires_in: 599, refresh_in: 299 });
  });

  it('is dated five minutes back, and later where a challenge asks for it', async () => {
    const now = START / 1000;
    expect(decodeJwt(await tokenOf(azure)).nbf).toBe(now - 300);
    const asking = (value: unknown): string =>
      JSON.stringify({ access_token: { nbf: { essential: true, value }, xms_cc: { values: ['cp1'] } } });
    expect(decodeJwt(await tokenOf(azure, { claims: asking(String(now - 10)) })).nbf).toBe(now - 10);
    expect(decodeJwt(await tokenOf(azure, { claims: asking(now - 10_000) })).nbf).toBe(now - 300);
    expect(decodeJwt(await tokenOf(azure, { claims: asking(now + 60) })).nbf).toBe(now);
  });

  it('is never the same twice, and its answer is not to be stored', async () => {
    expect(await tokenOf(azure)).not.toBe(await tokenOf(azure));
    expect((await tokenRequest(azure)).headers).toMatchObject({ 'cache-control': 'no-store, no-cache' });
  });

  it.each([
    ['https://management.azure.com/.default', 'https://management.azure.com'],
    ['https://management.azure.com//.default', 'https://management.azure.com/'],
    ['https://vault.azure.net/.default', 'https://vault.azure.net'],
    ['https://graph.microsoft.com/.default', 'https://graph.microsoft.com'],
    ['https://acme.blob.core.windows.net/.default', 'https://acme.blob.core.windows.net'],
    [`api://${CLIENT}/.default`, `api://${CLIENT}`],
    [`${CLIENT}/.default`, CLIENT],
  ])('for scope %s has audience %s', async (scope, audience) => {
    expect(decodeJwt(await tokenOf(azure, { scope })).aud).toBe(audience);
  });

  it('is issued by domain name and in any case of the GUIDs', async () => {
    expect((await tokenRequest(azure, {}, 'ACME.onmicrosoft.com')).status).toBe(200);
    expect(
      (await tokenRequest(azure, { client_id: CLIENT.toUpperCase() }, TENANT.toUpperCase())).status,
    ).toBe(200);
  });

  it('of an application in two tenants has another principal in each', async () => {
    azure.admin.createTenant({ tenantId: OTHER_TENANT });
    azure.admin.createApplication({
      tenantId: TENANT,
      clientId: OTHER_TENANT,
      objectId: TENANT,
      alsoInTenants: [OTHER_TENANT],
      federatedCredentials: [{ name: 'vercel', issuer: ISSUER, subject: SUBJECT, audience: AUDIENCE }],
    });
    const oid = async (tenant: string): Promise<unknown> => {
      const body = jsonOf(await tokenRequest(azure, { client_id: OTHER_TENANT }, tenant));
      return decodeJwt(String(body['access_token']))['oid'];
    };
    expect(await oid(TENANT)).toBe(TENANT);
    expect(await oid(OTHER_TENANT)).not.toBe(TENANT);
  });
});

type Case = readonly [string, number, string, number, Record<string, string | undefined>];
const refused: readonly Case[] = [
  ['a resource of version 1', 400, 'invalid_request', 901002, { resource: 'https://vault.azure.net' }],
  ['no grant_type', 400, 'invalid_request', 900144, { grant_type: undefined }],
  ['another grant', 400, 'unsupported_grant_type', 70003, { grant_type: 'password' }],
  ['no client_id', 400, 'invalid_request', 900144, { client_id: undefined }],
  ['no scope', 400, 'invalid_request', 90014, { scope: undefined }],
  ['a scope without /.default', 400, 'invalid_scope', 1002012, { scope: 'https://storage.azure.com/x' }],
  ['/.default of nothing', 400, 'invalid_scope', 1002012, { scope: '/.default' }],
  ['a resource and a scope', 400, 'invalid_scope', 1002012, { scope: 'https://a/.default openid' }],
  ['two resources', 400, 'invalid_scope', 70011, { scope: 'https://a/.default https://b/.default' }],
  ['an unknown resource', 400, 'invalid_resource', 500011, { scope: 'https://nowhere.example/.default' }],
  ['an unknown api', 400, 'invalid_resource', 500011, { scope: `api://${TENANT}/.default` }],
  ['an unknown application', 400, 'unauthorized_client', 700016, { client_id: TENANT }],
  ['no assertion', 401, 'invalid_client', 7000218, { client_assertion: '' }],
  ['no assertion type', 400, 'invalid_request', 900144, { client_assertion_type: undefined }],
  ['another assertion type', 400, 'invalid_request', 9002313, { client_assertion_type: 'urn:x' }],
  ['claims that are no JSON', 400, 'invalid_request', 90100, { claims: '{' }],
  ['claims that are no object', 400, 'invalid_request', 90100, { claims: '[]' }],
  [
    'a challenge that is no number',
    400,
    'invalid_request',
    90100,
    { claims: '{"access_token":{"nbf":{"value":"x"}}}' },
  ],
  ['no JWT', 400, 'invalid_request', 50027, { client_assertion: 'not-a-jwt' }],
];

describe('the token endpoint refuses', () => {
  it.each(refused)('%s', async (_, status, error, code, fields) => {
    const answer = await tokenRequest(azure, fields);
    expect([answer.status, jsonOf(answer)['error'], jsonOf(answer)['error_codes']]).toEqual([
      status,
      error,
      [code],
    ]);
    expect(answer.log).toMatchObject({ verdict: `AADSTS${String(code)}` });
  });

  it.each([
    ['ghost.example', 400, 'invalid_request', 90002],
    [OTHER_TENANT, 400, 'invalid_request', 90002],
    ['not~a~tenant', 400, 'invalid_request', 900023],
    ['common', 400, 'invalid_request', 50059],
  ])('tenant %s', async (tenant, status, error, code) => {
    const answer = await tokenRequest(azure, {}, tenant);
    expect([answer.status, jsonOf(answer)['error'], jsonOf(answer)['error_codes']]).toEqual([
      status,
      error,
      [code],
    ]);
  });

  it('an application in another tenant than its own', async () => {
    azure.admin.createTenant({ tenantId: OTHER_TENANT });
    expect(jsonOf(await tokenRequest(azure, {}, OTHER_TENANT))['error_codes']).toEqual([700016]);
  });

  it('a GET, a JSON body and a field given twice', async () => {
    const target = `/${TENANT}/oauth2/v2.0/token`;
    const got = await azure.entra.handle(request({ target }));
    expect(jsonOf(got)['error_codes']).toEqual([900561]);
    const headers = { 'content-type': 'application/json' };
    const posted = await azure.entra.handle(request({ method: 'POST', target, headers, body: '{}' }));
    expect(jsonOf(posted)['error_description']).toContain("following parameter: 'grant_type'");
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const twice = await azure.entra.handle(
      request({ method: 'POST', target, headers: form, body: 'scope=a&scope=b' }),
    );
    expect(jsonOf(twice)['error_codes']).toEqual([9000411]);
  });

  it("in Entra's shape, and repeats the correlation id of the client", async () => {
    const correlation = '01234567-89ab-4cde-8f01-23456789abcd';
    const answer = await azure.entra.handle(
      request({
        method: 'POST',
        target: `/ghost.example/oauth2/v2.0/token?client-request-id=${correlation}`,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      }),
    );
    const body = jsonOf(answer);
    expect(Object.keys(body)).toEqual([
      'error',
      'error_description',
      'error_codes',
      'timestamp',
      'trace_id',
      'correlation_id',
      'error_uri',
    ]);
    expect(body['error_description']).toMatch(
      new RegExp(
        `^AADSTS90002: Tenant 'ghost\\.example' not found\\. .* Trace ID: [\\da-f-]{36} Correlation ID: ${correlation} Timestamp: 2026-11-22 10:00:00Z$`,
      ),
    );
    expect(body).toMatchObject({
      timestamp: '2026-11-22 10:00:00Z',
      correlation_id: correlation,
      error_uri: 'https://login.microsoftonline.com/error?code=90002',
    });
  });
});

describe('the request log', () => {
  it('has tenant, client, scope and verdict, and no assertion or token', async () => {
    const assertion = await azure.assertion();
    const answer = await tokenRequest(azure, { client_assertion: assertion, claims: CP1 });
    expect(answer.log).toEqual({
      client: CLIENT,
      scope: 'https://storage.azure.com/.default',
      tenant: TENANT,
      subject: SUBJECT,
      cae: 'true',
      verdict: 'issued',
    });
    const bad = await tokenRequest(azure, { client_assertion: await azure.assertion({}, 'tampered') });
    expect(JSON.stringify([answer.log, bad.log])).not.toContain(assertion.split('.')[1]);
  });
});

describe('discovery', () => {
  it.each([TENANT, 'acme.onmicrosoft.com'])('of %s names the origin it was asked at', async (tenant) => {
    const target = `/${tenant}/v2.0/.well-known/openid-configuration`;
    expect(jsonOf(await azure.entra.handle(request({ target })))).toMatchObject({
      issuer: `https://login.test:8443/${TENANT}/v2.0`,
      token_endpoint: `https://login.test:8443/${TENANT}/oauth2/v2.0/token`,
      jwks_uri: `https://login.test:8443/${TENANT}/discovery/v2.0/keys`,
    });
  });

  it('of a tenant that is not there is invalid_tenant', async () => {
    const target = '/ghost.example/v2.0/.well-known/openid-configuration';
    const answer = await azure.entra.handle(request({ target }));
    expect([answer.status, jsonOf(answer)['error']]).toEqual([400, 'invalid_tenant']);
  });

  it('knows its own host and the clouds as instances, no other', async () => {
    const asked = (endpoint: string): string =>
      `/common/discovery/instance?api-version=1.1&authorization_endpoint=${encodeURIComponent(endpoint)}`;
    const own = await azure.entra.handle(
      request({ target: asked('https://login.test:8443/t/oauth2/v2.0/authorize') }),
    );
    expect(jsonOf(own)).toMatchObject({
      'api-version': '1.1',
      tenant_discovery_endpoint: 'https://login.test:8443/t/v2.0/.well-known/openid-configuration',
    });
    const evil = await azure.entra.handle(
      request({ target: asked('https://evil.example/t/oauth2/v2.0/authorize') }),
    );
    expect([evil.status, jsonOf(evil)['error']]).toEqual([400, 'invalid_instance']);
  });

  it('publishes the key that signs, and no private part', async () => {
    const jwks = jsonOf(await azure.entra.handle(request({ target: '/common/discovery/v2.0/keys' })));
    const [key] = jwks['keys'] as Record<string, unknown>[];
    expect(key?.['kid']).toBe(decodeProtectedHeader(await tokenOf(azure)).kid);
    expect(key).not.toHaveProperty('d');
  });

  it('answers 404 to other paths', async () => {
    expect((await azure.entra.handle(request({ target: `/${TENANT}/oauth2/token` }))).status).toBe(404);
  });
});

describe("a planted fault has Entra's words", () => {
  const fault = async (kind: 'throttle' | 'status', status?: number) =>
    azure.entra.faultAnswer?.(kind, request({ target: '/' }), status);

  it('throttles with 429, Retry-After and plain text', async () => {
    const headers = { 'retry-after': '60' };
    expect(await fault('throttle')).toMatchObject({ status: 429, headers, body: 'Too Many Requests' });
  });

  it.each([
    [500, 'server_error', 90036],
    [503, 'temporarily_unavailable', 90033],
    [400, 'invalid_request', 9002313],
    [401, 'invalid_client', 9002313],
  ])('at status %s', async (status, error, code) => {
    const answer = await fault('status', status);
    expect(answer?.status).toBe(status);
    expect(JSON.parse(String(answer?.body))).toMatchObject({ error, error_codes: [code] });
  });
});
