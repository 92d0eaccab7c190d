import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startEmulator } from '../../emulator.js';
import type { Emulator, MintOptions } from '../../emulator.js';

const shop: MintOptions = {
  team: 'acme',
  teamId: 'team_acme',
  project: 'shop',
  projectId: 'prj_shop',
  environment: 'production',
};
// Making RSA keys takes seconds on a busy machine.
const MAKES_KEYS = { timeout: 30_000 };
let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
}, MAKES_KEYS.timeout);
afterEach(() => emulator.log.clear());
afterAll(() => emulator.close());

const get = async (path: string) => fetch(emulator.url('issuer') + path);
const exchange = async (body: unknown) => {
  const response = await fetch(`${emulator.url('issuer')}/~token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
};

test.each([
  ['', 'https://oidc.vercel.com'],
  ['/acme', 'https://oidc.vercel.com/acme'],
])('discovery at %j is that of %s', async (prefix, issuer) => {
  const document = (await (await get(`${prefix}/.well-known/openid-configuration`)).json()) as unknown;
  expect(document).toMatchObject({
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks`,
    id_token_signing_alg_values_supported: ['RS256'],
  });
  expect(emulator.issuer.url(prefix === '' ? { mode: 'global' } : { mode: 'team', team: 'acme' })).toBe(
    issuer,
  );
});

test(
  'the JWKS holds public keys alone, and a stranger verifies with it, across a rotation',
  MAKES_KEYS,
  async () => {
    const keys = (await (await get('/acme/.well-known/jwks')).json()) as { keys: Record<string, string>[] };
    expect(keys.keys.length).toBeGreaterThan(1);
    for (const key of keys.keys)
      expect(Object.keys(key).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);

    const stranger = createRemoteJWKSet(new URL(`${emulator.url('issuer')}/acme/.well-known/jwks`));
    const before = await emulator.issuer.mint(shop);
    emulator.issuer.rotate();
    const after = await emulator.issuer.mint(shop);
    expect(decodeProtectedHeader(after).kid).not.toBe(decodeProtectedHeader(before).kid);
    const expected = { issuer: 'https://oidc.vercel.com/acme', audience: 'https://vercel.com/acme' };
    for (const token of [before, after]) await jwtVerify(token, stranger, expected);
    expect(emulator.log.count('issuer', ({ path }) => path.endsWith('/jwks'))).toBe(2);
  },
);

test('the claims of a token are those of Vercel', async () => {
  const at = 1_790_000_000;
  expect(decodeJwt(await emulator.issuer.mint({ ...shop, issuedAt: at }))).toEqual({
    iss: 'https://oidc.vercel.com/acme',
    aud: 'https://vercel.com/acme',
    sub: 'owner:acme:project:shop:environment:production',
    scope: 'owner:acme:project:shop:environment:production',
    owner: 'acme',
    owner_id: 'team_acme',
    project: 'shop',
    project_id: 'prj_shop',
    environment: 'production',
    plan: 'pro',
    nbf: at,
    iat: at,
    exp: at + 3600,
  });
  const odd = {
    environment: 'development',
    issuerMode: 'global',
    audience: ['a', 'b'],
    lifetimeSeconds: 43_200,
  } as const;
  const claims = decodeJwt(
    await emulator.issuer.mint({ ...shop, ...odd, issuedAt: at, claims: { nbf: undefined } }),
  );
  expect(claims).toMatchObject({ iss: 'https://oidc.vercel.com', aud: ['a', 'b'], user_id: 'user_emulator' });
  expect(claims.exp).toBe(at + 43_200);
  expect(claims).not.toHaveProperty('nbf');
  await expect(emulator.issuer.mint({ ...shop, projectId: '' })).rejects.toThrow('projectId');
});

test("a token is issued and judged by the emulator's clock", async () => {
  const token = await emulator.issuer.mint({ ...shop, lifetimeSeconds: 60 });
  emulator.clock.advance(60_000);
  expect(await exchange({ token, aud: 'x' })).toEqual({
    status: 401,
    body: { error: 'Invalid token: expired' },
  });
  expect((await exchange({ token: await emulator.issuer.mint(shop), aud: 'x' })).status).toBe(200);
  emulator.clock.advance(-60_000);
});

test('the audience exchange: team issuer, same end, and who it was', async () => {
  const token = await emulator.issuer.mint({ ...shop, issuerMode: 'global', environment: 'development' });
  const first = decodeJwt(token);
  emulator.clock.advance(120_000);
  const { status, body } = await exchange({ token, aud: 'sts.amazonaws.com', jti: 'one' });
  emulator.clock.advance(-120_000);
  expect(status).toBe(200);
  expect(body['expiry']).toBe(first.exp);
  const claims = decodeJwt(body['token'] ?? '');
  expect(claims.iat).toBeGreaterThanOrEqual((first.iat ?? 0) + 120);
  expect(claims).toEqual({
    ...first,
    iss: 'https://oidc.vercel.com/acme',
    aud: 'sts.amazonaws.com',
    iat: claims.iat,
    act: { aud: 'https://vercel.com/acme', iat: first.iat },
    jti: 'one',
  });
  const again = await exchange({ token: body['token'], aud: 'other' });
  expect(again.status).toBeGreaterThanOrEqual(400);
});

test('what the audience exchange refuses, as JSON { error }', MAKES_KEYS, async () => {
  const token = await emulator.issuer.mint(shop);
  const refused = async (body: unknown) => {
    const answer = await exchange(body);
    return [answer.status, answer.body['error']];
  };
  expect(await refused('{')).toEqual([400, 'Request body must be JSON']);
  expect(await refused('null')).toEqual([400, 'Request body must be a JSON object']);
  expect(await refused({ token })).toEqual([400, 'Missing required parameter: aud']);
  expect(await refused({ aud: 'x' })).toEqual([400, 'Missing required parameter: token']);
  expect(await refused({ token, aud: 'x', jti: 5 })).toEqual([400, 'Invalid parameter: jti']);
  expect(await refused({ token: 'garbage', aud: 'x' })).toEqual([401, 'Invalid token: malformed']);
  const wrong = async (options: Partial<MintOptions>) =>
    refused({ token: await emulator.issuer.mint({ ...shop, ...options }), aud: 'x' });
  expect(await wrong({ tamper: true })).toEqual([401, 'Invalid token: signature verification failed']);
  expect(await wrong({ signWith: 'unpublished' })).toEqual([401, 'Invalid token: unknown key']);
  expect(await wrong({ claims: { iss: 'https://vercel.com' } })).toEqual([
    401,
    'Invalid token: unexpected issuer',
  ]);
  expect(await wrong({ claims: { iss: 'https://oidc.vercel.com/other' } })).toEqual([
    401,
    'Invalid token: unexpected issuer',
  ]);
});

test('other paths, other methods, and an issuer that is down', async () => {
  expect((await get('/Not-A-Slug/.well-known/jwks')).status).toBe(404);
  expect((await get('/a/b/.well-known/jwks')).status).toBe(404);
  const wrong = await get('/~token');
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
  emulator.issuer.setReachable(false);
  expect((await get('/.well-known/jwks')).status).toBe(503);
  emulator.issuer.setReachable(true);
  expect((await get('/.well-known/jwks')).status).toBe(200);
});
