import { generateKeyPair, SignJWT } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  ACCOUNT,
  AUDIENCE,
  blobCall,
  CLIENT,
  codeOf,
  ISSUER,
  OTHER_TENANT,
  request,
  START,
  SUBJECT,
  TENANT,
  testAzure,
  tokenOf,
  withStorage,
} from '../azure.fixture.js';
import type { TestAzure } from '../azure.fixture.js';

let azure: TestAzure;
beforeEach(() => {
  azure = testAzure();
  withStorage(azure);
});

const LIST = 'carts?restype=container&comp=list';
const CHALLENGE = `Bearer authorization_uri=https://login.microsoftonline.com/${TENANT}/oauth2/authorize resource_id=https://storage.azure.com`;
const detailOf = (body: unknown): string | undefined =>
  /<AuthenticationErrorDetail>(.*)<\/AuthenticationErrorDetail>/.exec(String(body))?.[1];

describe('a caller without a token', () => {
  it('is told the tenant of the account', async () => {
    const answer = await blobCall(azure, undefined, 'GET', LIST);
    expect(codeOf(answer)).toBe('401 NoAuthenticationInformation');
    expect(answer.headers?.['www-authenticate']).toBe(CHALLENGE);
  });

  it('of an old service version is told that there is nothing', async () => {
    const headers = { 'x-ms-version': '2019-07-07' };
    expect(codeOf(await blobCall(azure, undefined, 'GET', LIST, { headers }))).toBe('404 ResourceNotFound');
  });

  it.each([
    ['SharedKey acmeshop:c2ln', '403 KeyBasedAuthenticationNotPermitted'],
    ['Basic Zm9vOmJhcg==', '400 InvalidAuthenticationInfo'],
    ['Bearer', '400 InvalidAuthenticationInfo'],
    ['Bearer a b', '400 InvalidAuthenticationInfo'],
  ])('but with Authorization %s gets %s', async (authorization, code) => {
    const headers = { authorization };
    expect(codeOf(await blobCall(azure, undefined, 'GET', LIST, { headers }))).toBe(code);
  });

  it('but with a shared access signature is refused as by key', async () => {
    const answer = await blobCall(azure, undefined, 'GET', `${LIST}&sv=2026-02-06&sig=abc`);
    expect(codeOf(answer)).toBe('403 KeyBasedAuthenticationNotPermitted');
  });
});

describe('a token', () => {
  it.each([
    'https://storage.azure.com/.default',
    'https://storage.azure.com//.default',
    `https://${ACCOUNT}.blob.core.windows.net/.default`,
  ])('for %s opens the account', async (scope) => {
    expect((await blobCall(azure, await tokenOf(azure, { scope }), 'GET', LIST)).status).toBe(200);
  });

  it.each(['https://management.azure.com/.default', 'https://other.blob.core.windows.net/.default'])(
    'for %s does not',
    async (scope) => {
      const answer = await blobCall(azure, await tokenOf(azure, { scope }), 'GET', LIST);
      expect(codeOf(answer)).toBe('401 InvalidAuthenticationInfo');
      expect(answer.headers?.['www-authenticate']).toBe(CHALLENGE);
      expect(detailOf(answer.body)).toBe('Audience validation failed. Audience did not match.');
    },
  );

  it('is good to its last second and not after', async () => {
    const token = await tokenOf(azure);
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      exp: number;
    };
    azure.runtime.nowMs = exp * 1000 - 1;
    expect((await blobCall(azure, token, 'GET', LIST)).status).toBe(200);
    azure.runtime.nowMs = exp * 1000;
    const late = await blobCall(azure, token, 'GET', LIST);
    expect(codeOf(late)).toBe('401 InvalidAuthenticationInfo');
    expect(detailOf(late.body)).toBe('Lifetime validation failed. The token is expired.');
    const old = await blobCall(azure, token, 'GET', LIST, { headers: { 'x-ms-version': '2018-03-28' } });
    expect(codeOf(old)).toBe('403 AuthenticationFailed');
  });

  it('is not taken before its time', async () => {
    const token = await tokenOf(azure);
    azure.runtime.nowMs = START - 301_000;
    expect(detailOf((await blobCall(azure, token, 'GET', LIST)).body)).toBe('Lifetime validation failed.');
  });

  it('of another tenant is refused', async () => {
    azure.admin.createTenant({ tenantId: OTHER_TENANT });
    const roleAssignments = [{ clientId: CLIENT, role: 'Storage Blob Data Owner' }] as const;
    azure.admin.createStorageAccount({ name: 'others', tenantId: OTHER_TENANT, roleAssignments });
    const headers = { 'x-ms-version': '2026-02-06', authorization: `Bearer ${await tokenOf(azure)}` };
    const answer = await azure.blob.handle(request({ target: `/others/${LIST}`, headers }));
    expect(codeOf(answer)).toBe('401 InvalidAuthenticationInfo');
    expect(answer.headers?.['www-authenticate']).toContain(OTHER_TENANT);
    expect(detailOf(answer.body)).toBe('Issuer validation failed. Issuer did not match.');
  });

  it('that Entra did not sign is refused, also where it is the subject token itself', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    const [, payload = ''] = (await tokenOf(azure)).split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    const forged = await new SignJWT(claims).setProtectedHeader({ alg: 'RS256' }).sign(privateKey);
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    for (const token of [forged, none, 'nonsense', await azure.assertion()]) {
      const answer = await blobCall(azure, token, 'GET', LIST);
      expect(codeOf(answer)).toBe('401 InvalidAuthenticationInfo');
      expect(detailOf(answer.body)).toMatch(/^Signature validation failed/);
    }
  });

  it('needs a service version that knows bearer tokens', async () => {
    const headers = { 'x-ms-version': '2017-07-29' };
    const answer = await blobCall(azure, await tokenOf(azure), 'GET', LIST, { headers });
    expect(codeOf(answer)).toBe('403 AuthenticationFailed');
    expect(detailOf(answer.body)).toBe('Authentication scheme Bearer is not supported in this version.');
    const odd = await blobCall(azure, await tokenOf(azure), 'GET', LIST, {
      headers: { 'x-ms-version': 'new' },
    });
    expect(codeOf(odd)).toBe('400 InvalidHeaderValue');
  });

  it('is refused over plain HTTP, also where the account allows HTTP', async () => {
    const token = await tokenOf(azure);
    expect(codeOf(await blobCall(azure, token, 'GET', LIST, { secure: false }))).toBe(
      '400 AccountRequiresHttps',
    );
    azure.admin.createStorageAccount({
      name: 'lax',
      tenantId: TENANT,
      httpsTrafficOnly: false,
      roleAssignments: [{ clientId: CLIENT, role: 'Storage Blob Data Owner' }],
    });
    const headers = { 'x-ms-version': '2026-02-06', authorization: `Bearer ${token}` };
    const answer = await azure.blob.handle(request({ target: `/lax/${LIST}`, headers, secure: false }));
    expect(codeOf(answer)).toBe('403 AuthenticationFailed');
    expect(detailOf(answer.body)).toBe('Authentication scheme Bearer is not allowed with HTTP.');
  });
});

describe('the role', () => {
  const calls = [
    ['GET', LIST],
    ['HEAD', 'carts/a'],
    ['PUT', 'carts/a'],
    ['PUT', 'fresh?restype=container'],
    ['DELETE', 'carts/a'],
  ] as const;
  const denied = async (role: Parameters<typeof withStorage>[1]): Promise<boolean[]> => {
    const cloud = testAzure();
    withStorage(cloud, role);
    const token = await tokenOf(cloud);
    const answers = calls.map(([method, path]) => blobCall(cloud, token, method, path));
    return (await Promise.all(answers)).map((a) => codeOf(a) === '403 AuthorizationPermissionMismatch');
  };

  it.each([
    ['Storage Blob Data Owner', [false, false, false, false, false]],
    ['Storage Blob Data Contributor', [false, false, false, false, false]],
    ['Storage Blob Data Reader', [false, false, true, true, true]],
    ['Owner', [true, true, true, true, true]],
    ['Contributor', [true, true, true, true, true]],
    ['Reader', [true, true, true, true, true]],
  ] as const)('%s decides', async (role, expected) => {
    expect(await denied(role)).toEqual(expected);
  });

  it('holds for its container and its application only', async () => {
    const credential = { name: 'vercel', issuer: ISSUER, subject: SUBJECT, audience: AUDIENCE };
    azure.admin.createApplication({
      tenantId: TENANT,
      clientId: OTHER_TENANT,
      federatedCredentials: [credential],
    });
    azure.admin.createStorageAccount({
      name: 'scoped',
      tenantId: TENANT,
      containers: ['carts', 'bills'],
      roleAssignments: [{ clientId: CLIENT, role: 'Storage Blob Data Reader', container: 'carts' }],
    });
    const codes: string[] = [];
    for (const client_id of [CLIENT, OTHER_TENANT]) {
      const token = await tokenOf(azure, { client_id });
      for (const container of ['carts', 'bills']) {
        const headers = { 'x-ms-version': '2026-02-06', authorization: `Bearer ${token}` };
        const target = `/scoped/${container}?restype=container&comp=list`;
        codes.push(codeOf(await azure.blob.handle(request({ target, headers }))));
      }
    }
    const no = '403 AuthorizationPermissionMismatch';
    expect(codes).toEqual(['200', no, no, no]);
  });
});

describe('a revocation', () => {
  const CP1 = { xms_cc: { values: ['cp1'] } };
  const claimsOf = (header: string | undefined): Record<string, Record<string, unknown>> => {
    const [, encoded = ''] = /error="insufficient_claims", claims="([^"]+)"/.exec(header ?? '') ?? [];
    return JSON.parse(Buffer.from(encoded, 'base64').toString()) as Record<string, Record<string, unknown>>;
  };

  it('challenges a capable client, whose answer to the challenge brings a token that is taken', async () => {
    const claims = JSON.stringify({ access_token: CP1 });
    const token = await tokenOf(azure, { claims });
    expect((await blobCall(azure, token, 'GET', LIST)).status).toBe(200);
    azure.runtime.nowMs += 60_000;
    azure.admin.revokeTokensIssuedBefore(CLIENT.toUpperCase(), azure.runtime.nowMs);

    const answer = await blobCall(azure, token, 'GET', LIST);
    expect(codeOf(answer)).toBe('401 InvalidAuthenticationInfo');
    const asked = claimsOf(answer.headers?.['www-authenticate']);
    const value = String(START / 1000 + 60);
    expect(asked).toEqual({ access_token: { nbf: { essential: true, value } } });

    const unasked = await tokenOf(azure, { claims });
    expect((await blobCall(azure, unasked, 'GET', LIST)).status).toBe(401);
    const merged = JSON.stringify({ access_token: { ...asked['access_token'], ...CP1 } });
    const fresh = await tokenOf(azure, { claims: merged });
    expect((await blobCall(azure, fresh, 'GET', LIST)).status).toBe(200);
  });

  it("leaves a client that can't answer a challenge its token", async () => {
    const token = await tokenOf(azure);
    azure.admin.revokeTokensIssuedBefore(CLIENT, azure.runtime.nowMs);
    expect((await blobCall(azure, token, 'GET', LIST)).status).toBe(200);
  });
});
