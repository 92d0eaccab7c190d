import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { HostileEmulator } from './hostile-emulator.fixture.js';
import {
  goodClaims,
  goodHeader,
  hostileVerifierOptions,
  signed,
  startHostileEmulator,
} from './hostile-emulator.fixture.js';
import { createTokenVerifier } from './index.js';
import type { VercelTokenClaims } from './index.js';
import { createVerifiedTokens, type VerifiedToken } from './create-token-verifier.js';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let emulator: HostileEmulator;
const verifications = vi.spyOn(crypto.subtle, 'verify');
beforeAll(async () => {
  emulator = await startHostileEmulator();
});
beforeEach(() => {
  verifications.mockClear();
});
afterAll(async () => {
  verifications.mockRestore();
  await emulator.close();
});

const now = (): number => Math.floor(emulator.clock.now() / 1000);
const good = (changes: object = {}): string => signed(goodHeader(), { ...goodClaims(now()), ...changes });
const verifier = (more: object = {}) => createTokenVerifier({ ...hostileVerifierOptions(emulator), ...more });

describe('a signature is checked', () => {
  test('once for each token, and its claims are the same frozen object', async () => {
    const { verify } = verifier();
    const token = good({ act: { aud: 'x' } });
    const first = await verify(token);
    expect(await verify(token)).toBe(first);
    expect(verifications).toHaveBeenCalledTimes(1);
    expect(Object.isFrozen(first) && Object.isFrozen(first['act'])).toBe(true);
    expect(() => Object.assign(first, { owner: 'evil' })).toThrow(TypeError);
  });

  test('each time where nothing is to be remembered', async () => {
    const { verify } = verifier({ memoSize: 0 });
    const token = good();
    await verify(token);
    await verify(token);
    expect(verifications).toHaveBeenCalledTimes(2);
  });

  test('again for a token that was evicted', async () => {
    const { verify } = verifier({ memoSize: 2 });
    const [a, b, c] = ['a', 'b', 'c'].map((jti) => good({ jti })) as [string, string, string];
    for (const token of [a, b, a, c, a]) await verify(token);
    expect(verifications).toHaveBeenCalledTimes(3);
    await verify(b);
    expect(verifications).toHaveBeenCalledTimes(4);
  });

  test('never for a token that could not pass anyway', async () => {
    const { verify } = verifier();
    for (const [code, changes] of [
      ['audience_mismatch', { aud: 'other' }],
      ['token_expired', { exp: now() - 60, iat: now() - 120, nbf: 0 }],
      ['issuer_mismatch', { iss: 'https://oidc.vercel.com/b' }],
    ] as const)
      await expect(verify(good(changes))).rejects.toMatchObject({ code });
    expect(verifications).not.toHaveBeenCalled();
  });
});

test('a remembered token is checked again: it expires with its last second of tolerance', async () => {
  const { verify } = verifier();
  const token = good();
  await verify(token);
  await emulator.clock.advance(3_604_999);
  await verify(token);
  await emulator.clock.advance(1);
  await expect(verify(token)).rejects.toMatchObject({ code: 'token_expired' });
  emulator.clock.jumpWall(-1);
  await verify(token);
  // The first time, with keys that were fetched again after an hour, and after it was forgotten at its expiry.
  expect(verifications).toHaveBeenCalledTimes(3);
});

test('a remembered token has not begun where the clock was set back', async () => {
  const { verify } = verifier();
  const token = good();
  await verify(token);
  emulator.clock.jumpWall(-6_000);
  await expect(verify(token)).rejects.toMatchObject({ code: 'token_not_yet_valid' });
  emulator.clock.jumpWall(6_000);
});

test('a genuine token that no rule lets in is refused each time, and its signature checked once', async () => {
  const { verify } = verifier();
  const token = good({ environment: 'preview', sub: 'owner:acme:project:shop:environment:preview' });
  for (let time = 0; time < 3; time++)
    await expect(verify(token)).rejects.toMatchObject({ code: 'not_allowed' });
  expect(verifications).toHaveBeenCalledTimes(1);
});

describe('no two tokens share an entry', () => {
  test('whatever is changed about one that is remembered', async () => {
    const { verify } = verifier();
    const token = good();
    await verify(token);
    const characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const variants = new Set([
      `${token}=`,
      `${token} `,
      ` ${token}`,
      `${token}\n`,
      `${token}.`,
      `${token}A`,
      token.slice(0, -1),
    ]);
    // Each character of the whole token by its neighbour; of the last one, each spare bit.
    for (let at = 0; at < token.length; at++) {
      const index = characters.indexOf(token[at] as string);
      for (const bit of at === token.length - 1 ? [1, 2, 4, 8, 16, 32] : [1]) {
        const other = index === -1 ? '-' : (characters[index ^ bit] as string);
        variants.add(token.slice(0, at) + other + token.slice(at + 1));
      }
    }
    const passed: string[] = [];
    for (const variant of variants) {
      await verify(variant).then(
        () => passed.push(variant),
        () => undefined,
      );
    }
    expect(variants.size).toBeGreaterThan(token.length);
    expect(passed).toEqual([]);
    // And none of them spoiled it.
    await verify(token);
  });

  test('tokens of the same claims under different signatures are checked each', async () => {
    const { verify } = verifier();
    const claims = goodClaims(now());
    const tokens = [goodHeader(), { ...goodHeader(), typ: undefined }, { ...goodHeader(), x: 1 }].map(
      (header) => signed(header, claims),
    );
    for (const token of tokens) await verify(token);
    expect(verifications).toHaveBeenCalledTimes(3);
  });
});

test('what has ended is swept out, asked for or not', () => {
  const key = { kid: 'k', byAlgorithm: new Map(), material: '' };
  const keySet = { cached: () => key, find: () => Promise.resolve(key) };
  const entry = (exp: number): VerifiedToken => ({
    alg: 'RS256',
    kid: 'k',
    claims: { exp } as VercelTokenClaims,
    key,
    keySet,
  });
  const tokens = createVerifiedTokens(10, 5_000);
  tokens.add('a', entry(10), 0);
  tokens.add('b', entry(1_000), 0);
  tokens.add('c', entry(1_000), 60_000);
  // Set the clock back, so that only entries that were not removed are found.
  expect(tokens.get('a', 0)).toBeUndefined();
  expect(tokens.get('b', 0)).toBeDefined();
  expect(tokens.get('b', 1_004_999)).toBeDefined();
  expect(tokens.get('b', 1_005_000)).toBeUndefined();
});
