import { generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { MintOptions } from '@credex/testing/emulator';
import type { HostileEmulator } from './hostile-emulator.fixture.js';
import {
  goodClaims,
  goodHeader,
  hostileVerifierOptions,
  kidOf,
  publicJwk,
  signed,
  startHostileEmulator,
} from './hostile-emulator.fixture.js';
import { TokenVerificationError, createTokenVerifier } from './index.js';
import type { TokenVerifierOptions } from './index.js';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let emulator: HostileEmulator;
beforeAll(async () => {
  emulator = await startHostileEmulator();
});
beforeEach(() => emulator.log.clear());
afterAll(() => emulator.close());

const SHOP = {
  team: 'acme',
  teamId: 'team_acme',
  project: 'shop',
  projectId: 'prj_shop',
  environment: 'production',
};
const mint = (changes: Partial<MintOptions> = {}): Promise<string> =>
  emulator.issuer.mint({ ...SHOP, ...changes });
const now = (): number => Math.floor(emulator.clock.now() / 1000);

/** Vercel's own hosts, as the emulator serves them: each issuer's keys are asked for where they are. */
const asVercel = (input: URL | string, init: RequestInit): Promise<Response> =>
  fetch(String(input).replace('https://oidc.vercel.com', emulator.url('issuer')), init);

const verify = (token: string, options: Partial<TokenVerifierOptions> = {}) =>
  createTokenVerifier({
    ...('issuer' in options ? {} : { team: 'acme' }),
    audience: 'https://vercel.com/acme',
    allow: [{ projectId: 'prj_shop', environment: 'production' }],
    clock: emulator.clock,
    fetch: asVercel,
    ...options,
  } as TokenVerifierOptions).verify(token);
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'passed',
    (error: unknown) => (TokenVerificationError.isInstance(error) ? error.code : String(error)),
  );

describe('good tokens pass', () => {
  test('of the team, with their claims', async () => {
    const claims = await verify(await mint());
    expect(claims).toMatchObject({
      iss: 'https://oidc.vercel.com/acme',
      sub: 'owner:acme:project:shop:environment:production',
      owner_id: 'team_acme',
      project_id: 'prj_shop',
      environment: 'production',
    });
    expect(Object.isFrozen(claims)).toBe(true);
  });

  test('of the global issuer', async () => {
    const token = await mint({ issuerMode: 'global' });
    expect((await verify(token, { issuer: 'https://oidc.vercel.com' })).iss).toBe('https://oidc.vercel.com');
    expect(emulator.log.entries('issuer').map(({ path }) => path)).toEqual(['/.well-known/jwks']);
  });

  test('of both issuer modes, while a project moves from one to the other', async () => {
    const issuer = ['https://oidc.vercel.com', 'https://oidc.vercel.com/acme'];
    const verifier = createTokenVerifier({
      issuer,
      audience: 'https://vercel.com/acme',
      allow: [{ projectId: 'prj_shop', environment: 'production' }],
      clock: emulator.clock,
      fetch: asVercel,
    });
    await verifier.verify(await mint({ issuerMode: 'global' }));
    await verifier.verify(await mint());
    const paths = emulator.log.entries('issuer').map(({ path }) => path);
    expect(paths).toEqual(['/.well-known/jwks', '/acme/.well-known/jwks']);
  });

  test('of a custom audience, exchanged at the issuer, with `act`', async () => {
    const answer = await fetch(`${emulator.url('issuer')}/~token`, {
      method: 'POST',
      body: JSON.stringify({ token: await mint(), aud: 'https://api.acme.example', jti: 'one' }),
    });
    const { token } = (await answer.json()) as { token: string };
    const claims = await verify(token, { audience: ['https://other.example', 'https://api.acme.example'] });
    expect(claims['act']).toMatchObject({ aud: 'https://vercel.com/acme' });
    expect(await codeOf(verify(await mint(), { audience: 'https://api.acme.example' }))).toBe(
      'audience_mismatch',
    );
  });

  test('without nbf, and without typ', async () => {
    const token = await mint({ claims: { nbf: undefined, nfb: now() }, header: { typ: undefined } });
    expect((await verify(token)).project_id).toBe('prj_shop');
  });

  test('of a list of audiences that has ours', async () => {
    const audience = ['https://other.example', 'https://vercel.com/acme'];
    expect((await verify(await mint({ audience }))).aud).toEqual(audience);
  });

  test('of a laptop for twelve hours, by environment and by user', async () => {
    const token = await mint({ environment: 'development', userId: 'user_ada', lifetimeSeconds: 12 * 3600 });
    const allow = (userId: string) => [{ projectId: 'prj_shop', environment: 'development', userId }];
    expect((await verify(token, { allow: allow('user_ada') })).user_id).toBe('user_ada');
    expect(await codeOf(verify(token, { allow: allow('user_bob') }))).toBe('not_allowed');
    expect(await codeOf(verify(await mint(), { allow: allow('*') }))).toBe('not_allowed');
    expect(await codeOf(verify(token))).toBe('not_allowed');
  });

  test('of several teams, each by its own keys, and several rules and values', async () => {
    const options: Partial<TokenVerifierOptions> = {
      team: ['acme', 'globex'],
      audience: ['https://vercel.com/acme', 'https://vercel.com/globex'],
      allow: [
        { projectId: ['prj_shop', 'prj_blog'], environment: ['production', 'preview'] },
        { ownerId: 'team_globex', project: '*', environment: 'staging', owner: 'globex' },
        { project: 'docs', environment: '*', subject: 'owner:acme:project:docs:environment:qa' },
      ],
    };
    const globex = { team: 'globex', teamId: 'team_globex', projectId: 'prj_1', project: 'any' };
    expect(await codeOf(verify(await mint({ environment: 'preview' }), options))).toBe('passed');
    expect(await codeOf(verify(await mint({ projectId: 'prj_blog', project: 'blog' }), options))).toBe(
      'passed',
    );
    expect(await codeOf(verify(await mint({ ...globex, environment: 'staging' }), options))).toBe('passed');
    expect(await codeOf(verify(await mint({ ...globex, environment: 'preview' }), options))).toBe(
      'not_allowed',
    );
    expect(await codeOf(verify(await mint({ environment: 'staging' }), options))).toBe('not_allowed');
    expect(
      await codeOf(verify(await mint({ project: 'docs', projectId: 'd', environment: 'qa' }), options)),
    ).toBe('passed');
    expect(
      await codeOf(verify(await mint({ project: 'docs', projectId: 'd', environment: 'qb' }), options)),
    ).toBe('not_allowed');
  });

  test('of an emulator whose issuer is on loopback', async () => {
    const issuer = `${emulator.url('issuer')}/acme`;
    const token = await mint({ claims: { iss: issuer } });
    expect((await verify(token, { issuer, allowLoopbackHttp: true, fetch })).iss).toBe(issuer);
  });

  test.each([
    ['its last millisecond of tolerance', { exp: -5 }, -1],
    ['nbf and iat at the very tolerance', { nbf: 5, iat: 5 }, 0],
    ['a day long', { exp: 24 * 3600 }, 0],
  ])('at the edge: %s', async (_, times, shiftMs) => {
    const claims = { iat: -3600, nbf: -3600, exp: 60, ...times };
    if (claims.exp === 24 * 3600) claims.iat = 0;
    const shifted = Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, now() + value]));
    const token = await mint({ claims: shifted });
    const clock = { now: () => now() * 1000 + shiftMs, monotonic: () => 0 };
    expect(await codeOf(verify(token, { clock }))).toBe('passed');
  });

  test.each([
    [0, { exp: 0 }, 'token_expired'],
    [0, { exp: 1 }, 'passed'],
    [0, { nbf: 1 }, 'token_not_yet_valid'],
    [0, { nbf: 0 }, 'passed'],
    [300, { exp: -300 }, 'token_expired'],
    [300, { exp: -299 }, 'passed'],
    [300, { iat: 301 }, 'token_not_yet_valid'],
    [300, { iat: 300 }, 'passed'],
    [5, { exp: -5 }, 'token_expired'],
    [5, { exp: -4 }, 'passed'],
    [5, { nbf: 6 }, 'token_not_yet_valid'],
    [5, { nbf: 5 }, 'passed'],
  ])('a tolerance of %s s, %j: %s', async (clockToleranceSeconds, times, code) => {
    const relative = { iat: -3600, nbf: -3600, exp: 3600, ...times };
    const claims = Object.fromEntries(Object.entries(relative).map(([name, value]) => [name, now() + value]));
    expect(await codeOf(verify(await mint({ claims }), { clockToleranceSeconds }))).toBe(code);
  });
});

describe('an issuer signs for itself alone', () => {
  test("another team's token passes under neither the team nor the global issuer", async () => {
    const other = await mint({ team: 'globex' });
    expect(await codeOf(verify(other))).toBe('issuer_mismatch');
    expect(await codeOf(verify(other, { issuer: 'https://oidc.vercel.com' }))).toBe('issuer_mismatch');
    expect(await codeOf(verify(await mint(), { issuer: 'https://oidc.vercel.com' }))).toBe('issuer_mismatch');
    expect(emulator.log.count('issuer')).toBe(0);
  });

  test('a team token signed by a key of the global issuer alone', async () => {
    const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const kid = kidOf(key);
    const options: Partial<TokenVerifierOptions> = {
      issuer: ['https://oidc.vercel.com', 'https://oidc.vercel.com/acme'],
      fetch: async (input) =>
        Response.json({ keys: String(input).includes('acme') ? [] : [{ ...publicJwk(key), kid }] }),
    };
    const by = (iss: string): string =>
      signed({ ...goodHeader(), kid }, { ...goodClaims(now()), iss }, (data) => sign('sha256', data, key));
    expect(await codeOf(verify(by('https://oidc.vercel.com'), options))).toBe('passed');
    expect(await codeOf(verify(by('https://oidc.vercel.com/acme'), options))).toBe('unknown_key');
  });

  test('the advice names the issuer mode', async () => {
    await expect(verify(await mint({ issuerMode: 'global' }))).rejects.toMatchObject({
      hint: expect.stringContaining('global issuer mode, but the verifier expects a team issuer'),
      presented: { iss: 'https://oidc.vercel.com', project: 'shop' },
    });
    await expect(verify(await mint(), { issuer: 'https://oidc.vercel.com' })).rejects.toMatchObject({
      hint: expect.stringContaining('team issuer mode, but the verifier expects the global issuer'),
    });
  });
});

describe('other algorithms, where they are asked for', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const ed = generateKeyPairSync('ed25519').privateKey;
  const PSS = { padding: 6, saltLength: 32 };
  const rows = [
    ['PS256', rsa, (data: Buffer) => sign('sha256', data, { key: rsa, ...PSS })],
    ['RS512', rsa, (data: Buffer) => sign('sha512', data, rsa)],
    ['ES256', ec, (data: Buffer) => sign('sha256', data, { key: ec, dsaEncoding: 'ieee-p1363' })],
    ['EdDSA', ed, (data: Buffer) => sign(null, data, ed)],
  ] as const;

  test.each(rows)('%s', async (alg, key, by) => {
    const token = signed({ ...goodHeader(), alg, kid: 'k' }, goodClaims(now()), by);
    const publishing = (more: object): Partial<TokenVerifierOptions> => ({
      algorithms: ['RS256', alg],
      fetch: async () => Response.json({ keys: [{ ...publicJwk(key), kid: 'k', ...more }] }),
    });
    expect(await codeOf(verify(token, publishing({})))).toBe('passed');
    expect(await codeOf(verify(token, publishing({ alg })))).toBe('passed');
    expect(await codeOf(verify(token, { ...publishing({}), algorithms: ['RS256'] }))).toBe(
      'algorithm_not_allowed',
    );
    // Published for another algorithm.
    const refused = key === rsa ? 'algorithm_not_allowed' : 'unknown_key';
    expect(await codeOf(verify(token, publishing({ alg: 'RS256' })))).toBe(refused);
  });
});

describe('what an error says', () => {
  test('a genuine token that is not allowed: 403, and which rule asks for what', async () => {
    const allow = [
      { projectId: 'prj_shop', environment: 'production' },
      { projectId: 'prj_blog', environment: 'preview' },
    ];
    const error = await verify(await mint({ environment: 'preview' }), { allow }).catch(
      (caught: unknown) => caught,
    );
    expect(error).toMatchObject({
      code: 'not_allowed',
      status: 403,
      presented: { project: 'shop', projectId: 'prj_shop', environment: 'preview', owner: 'acme' },
      hint: expect.stringContaining(
        'allow[0] requires another environment; allow[1] requires another projectId.',
      ),
    });
  });

  test('claims that an attacker wrote come as one bounded line each, and without a user', async () => {
    const environment = `preview\nINFO all is well ${'x'.repeat(2_000)}`;
    const token = await mint({ environment, userId: 'user_ada', claims: { aud: 'https://vercel.com/acme' } });
    const error = await verify(token).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'not_allowed' });
    const said = `${String(error)} ${JSON.stringify(error)}`;
    expect(said).not.toContain('\n');
    expect(said.length).toBeLessThan(3_000);
    expect(said).not.toContain('user_ada');
  });

  test('nothing is printed', async () => {
    const printed = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) =>
      vi.spyOn(console, name),
    );
    await codeOf(verify(await mint({ tamper: true })));
    await codeOf(verify('not a token'));
    await codeOf(verify(await mint(), { fetch: () => Promise.reject(new TypeError('fetch failed')) }));
    for (const spy of printed) {
      expect(spy).not.toHaveBeenCalled();
      spy.mockRestore();
    }
  });
});

test('the options of the hostile matrix are those of a verifier that works', async () => {
  const verifier = createTokenVerifier(hostileVerifierOptions(emulator));
  expect((await verifier.verify(await mint())).project_id).toBe('prj_shop');
});
