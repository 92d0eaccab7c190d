import { beforeAll, expect, test } from 'vitest';
import { decodeProtectedHeader } from 'jose';
import { createIssuer } from './issuer.js';
import type { IssuerParts } from './issuer.js';
import type { MintOptions } from './mint.js';

const NOW = Date.UTC(2026, 0, 31, 12, 0, 0);
const SECONDS = NOW / 1000;
const TRUSTED = { issuerUrl: 'https://oidc.vercel.com/acme' };
const shop: MintOptions = {
  team: 'acme',
  teamId: 'team_acme',
  project: 'shop',
  projectId: 'prj_shop',
  environment: 'production',
};
// Making RSA keys takes seconds on a busy machine.
const MAKES_KEYS = { timeout: 30_000 };
const clock = { now: () => NOW };
let parts: IssuerParts;
beforeAll(async () => {
  parts = await createIssuer('https://oidc.vercel.com', [], clock);
  // The key that is in no JWKS is made when it is first asked for.
  await parts.issuer.mint({ ...shop, signWith: 'unpublished' });
}, MAKES_KEYS.timeout);

const verdictOf = async (options: Partial<MintOptions>, trusted = TRUSTED) =>
  parts.verify(await parts.issuer.mint({ ...shop, ...options }), trusted);

test('a good token verifies, and its claims come with it', async () => {
  expect(await verdictOf({})).toMatchObject({
    ok: true,
    claims: { sub: 'owner:acme:project:shop:environment:production', exp: SECONDS + 3600 },
  });
});

test.each<[string, Partial<MintOptions>, string]>([
  ['a changed payload', { tamper: true }, 'bad_signature'],
  ['an unpublished key', { signWith: 'unpublished' }, 'unknown_key'],
  ['no key id', { header: { kid: undefined } }, 'unknown_key'],
  ['alg none', { header: { alg: 'none' } }, 'unsupported_algorithm'],
  ['HS256 with the public key as secret', { header: { alg: 'HS256' } }, 'unsupported_algorithm'],
  ['PS256', { header: { alg: 'PS256' } }, 'unsupported_algorithm'],
  ["another team's issuer", { team: 'other' }, 'unknown_issuer'],
  ['the global issuer', { issuerMode: 'global' }, 'unknown_issuer'],
  ['the issuer with a slash', { claims: { iss: `${TRUSTED.issuerUrl}/` } }, 'unknown_issuer'],
  ['no issuer', { claims: { iss: undefined } }, 'missing_claim'],
  ['no exp', { claims: { exp: undefined } }, 'missing_claim'],
  ['no iat', { claims: { iat: undefined } }, 'missing_claim'],
  ['exp that is no number', { claims: { exp: 'tomorrow' } }, 'malformed'],
  ['the second of its end', { expiresAt: SECONDS }, 'expired'],
  ['nbf in a second', { notBefore: SECONDS + 1 }, 'not_yet_valid'],
  ['iat in a second', { issuedAt: SECONDS + 1, notBefore: SECONDS }, 'not_yet_valid'],
])('%s: %s', async (_, options, fault) => {
  expect(await verdictOf(options)).toMatchObject({ ok: false, fault });
});

const OF_AWS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'];

test.each(OF_AWS)('%s verifies where the cloud takes it, and nowhere else', async (alg) => {
  const jwt = await parts.issuer.mint({ ...shop, header: { alg } });
  expect((await parts.verify(jwt, { ...TRUSTED, algorithms: OF_AWS })).ok).toBe(true);
  if (alg !== 'RS256')
    expect(await parts.verify(jwt, TRUSTED)).toMatchObject({ ok: false, fault: 'unsupported_algorithm' });
});

test('a key of another type than the algorithm is a bad signature', async () => {
  const { kid } = decodeProtectedHeader(await parts.issuer.mint(shop));
  const jwt = await parts.issuer.mint({ ...shop, header: { alg: 'ES256', kid } });
  expect(await parts.verify(jwt, { ...TRUSTED, algorithms: OF_AWS })).toMatchObject({
    ok: false,
    fault: 'bad_signature',
  });
});

test.each<[string, Partial<MintOptions>, boolean]>([
  ['exp 299 s ago', { issuedAt: SECONDS - 3600, expiresAt: SECONDS - 299 }, true],
  ['exp 300 s ago', { issuedAt: SECONDS - 3600, expiresAt: SECONDS - 300 }, false],
  ['nbf in 300 s', { notBefore: SECONDS + 300 }, true],
  ['nbf in 301 s', { notBefore: SECONDS + 301 }, false],
  ['iat in 300 s', { issuedAt: SECONDS + 300, notBefore: SECONDS }, true],
  ['iat in 301 s', { issuedAt: SECONDS + 301, notBefore: SECONDS }, false],
])('with five minutes of tolerance: %s', async (_, options, ok) => {
  const jwt = await parts.issuer.mint({ ...shop, ...options });
  expect((await parts.verify(jwt, { ...TRUSTED, toleranceSeconds: 300 })).ok).toBe(ok);
});

test('its last second is good, and nbf may be missing', async () => {
  expect((await verdictOf({ expiresAt: SECONDS + 1 })).ok).toBe(true);
  expect((await verdictOf({ claims: { nbf: undefined } })).ok).toBe(true);
});

test('a key of another issuer under a published key id is a bad signature', async () => {
  const kid = header(await parts.issuer.mint(shop))['kid'];
  expect(await verdictOf({ signWith: 'unpublished', header: { kid } })).toMatchObject({
    fault: 'bad_signature',
  });
});

test.each(['', 'garbage', 'a.b.c', 'e30.e30.', '..', `${'x'.repeat(20)}.`.repeat(3)])(
  'no token at all: %j',
  async (jwt) => {
    const verdict = await parts.verify(jwt, TRUSTED);
    expect(verdict.ok).toBe(false);
    expect(verdict).toMatchObject({ fault: jwt === 'e30.e30.' ? 'unsupported_algorithm' : 'malformed' });
  },
);

test('keys that can not be fetched: an issuer that is down, and one that is not ours', async () => {
  const foreign = 'https://token.actions.githubusercontent.com';
  expect(await verdictOf({ claims: { iss: foreign } }, { issuerUrl: foreign })).toMatchObject({
    fault: 'issuer_unreachable',
  });
  parts.issuer.setReachable(false);
  expect(await verdictOf({})).toMatchObject({ fault: 'issuer_unreachable' });
  parts.issuer.setReachable(true);
  expect((await verdictOf({})).ok).toBe(true);
});

test('rotation: tokens in flight hold, until the old key is dropped', MAKES_KEYS, async () => {
  const before = await parts.issuer.mint(shop);
  parts.issuer.rotate();
  const after = await parts.issuer.mint(shop);
  expect(header(after)['kid']).not.toBe(header(before)['kid']);
  expect((await parts.verify(before, TRUSTED)).ok).toBe(true);
  parts.issuer.rotate({ drop: true });
  expect(await parts.verify(before, TRUSTED)).toMatchObject({ fault: 'unknown_key' });
  expect(await parts.verify(after, TRUSTED)).toMatchObject({ fault: 'unknown_key' });
  expect((await verdictOf({})).ok).toBe(true);
});

const header = (jwt: string) =>
  JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString()) as Record<string, unknown>;
