import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { HostileToken } from './hostile-tokens.fixture.js';
import { hostileTokens, hostileVerifierOptions, startHostileEmulator } from './hostile-tokens.fixture.js';
import type { HostileEmulator } from './hostile-emulator.fixture.js';
import { goodClaims, goodHeader, signed } from './hostile-emulator.fixture.js';
import { TokenVerificationError, createTokenVerifier } from './index.js';
import type { VercelTokenVerifier } from './index.js';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let emulator: HostileEmulator;
let verifier: VercelTokenVerifier;
let rows: readonly HostileToken[];
const good = (): string => signed(goodHeader(), goodClaims(Math.floor(emulator.clock.now() / 1000)));

beforeAll(async () => {
  emulator = await startHostileEmulator();
  rows = await hostileTokens(emulator);
  verifier = createTokenVerifier(hostileVerifierOptions(emulator));
});
afterAll(() => emulator.close());

const outcome = async (token: unknown): Promise<unknown> => {
  try {
    return { passed: await verifier.verify(token as string) };
  } catch (error) {
    return error;
  }
};

describe('the matrix', () => {
  test('what every row starts from passes', async () => {
    expect(await outcome(good())).toHaveProperty('passed.project', 'shop');
  });

  test('has rows of every code that a token can bring', () => {
    expect(rows.length).toBeGreaterThanOrEqual(200);
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    expect([...new Set(rows.map(({ code }) => code))].sort()).toEqual([
      'algorithm_not_allowed',
      'audience_mismatch',
      'invalid_claims',
      'invalid_signature',
      'issuer_mismatch',
      'malformed_token',
      'no_token',
      'not_allowed',
      'token_expired',
      'token_not_yet_valid',
      'unknown_key',
      'wrong_token_kind',
    ]);
  });

  test('each row is refused with its code, by an error that says what to do and holds nothing of the token', async () => {
    const wrong: unknown[] = [];
    for (const { name, token, code } of rows) {
      const error = await outcome(token);
      const found = TokenVerificationError.isInstance(error) ? error.code : error;
      if (found !== code) wrong.push({ name, code, found });
      if (!TokenVerificationError.isInstance(error)) continue;
      expect(error.hint, name).toMatch(/\w/);
      const said = JSON.stringify([error, error.message, String(error.cause)]);
      const secret = token.split('.').find((part) => part.length > 40);
      if (secret !== undefined) expect(said.includes(secret.slice(0, 40)), name).toBe(false);
      expect(said.length, name).toBeLessThan(4_000);
    }
    expect(wrong).toEqual([]);
  });

  test('the same a second time, and between good tokens: nothing of a refused one is remembered', async () => {
    expect(await outcome(good())).toHaveProperty('passed');
    const wrong: unknown[] = [];
    for (const { name, token, code } of rows) {
      const error = await outcome(token);
      if ((error as TokenVerificationError).code !== code) wrong.push({ name, code, error });
    }
    expect(wrong).toEqual([]);
    expect(await outcome(good())).toHaveProperty('passed');
  });
});

test.each([undefined, null, 0, true, {}, [], Symbol('token'), () => 'token', new String('token')])(
  'what is no text is refused: %s',
  async (value) => {
    const code = value === undefined || value === null ? 'no_token' : 'malformed_token';
    expect(await outcome(value)).toMatchObject({ name: 'TokenVerificationError', code, status: 401 });
  },
);

test('a token that is shown without its scheme is asked for', async () => {
  expect(await outcome(`Bearer ${good()}`)).toMatchObject({
    hint: expect.stringContaining('without `Bearer `'),
  });
});
