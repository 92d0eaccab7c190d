/** What a polluted Object.prototype (CWE-1321) says is no claim, no header member and no member of a key. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { VercelTokenClaims } from './contract.js';
import type { HostileEmulator } from './hostile-emulator.fixture.js';
import {
  goodClaims,
  goodHeader,
  hostileVerifierOptions,
  signed,
  startHostileEmulator,
} from './hostile-emulator.fixture.js';
import { TokenVerificationError, createTokenVerifier } from './index.js';

let emulator: HostileEmulator;
beforeAll(async () => {
  emulator = await startHostileEmulator();
});
afterAll(() => emulator.close());

/** A claim that is added to the type but not here does not compile. */
const CLAIMS: { readonly [Name in keyof Named<VercelTokenClaims>]-?: unknown } = {
  iss: 'https://oidc.vercel.com/acme',
  aud: 'https://vercel.com/acme',
  sub: 'owner:acme:project:shop:environment:production',
  owner: 'acme',
  owner_id: 'team_acme',
  project: 'shop',
  project_id: 'prj_shop',
  environment: 'production',
  exp: 9_999_999_999,
  iat: 0,
  nbf: 9_999_999_999,
  user_id: 'user_admin',
};

/** Without the index signature. */
type Named<T> = { [Name in keyof T as string extends Name ? never : Name]: T[Name] };

async function polluted<T>(name: string, value: unknown, work: () => Promise<T>): Promise<T> {
  const root = Object.prototype as Record<string, unknown>;
  root[name] = value;
  try {
    return await work();
  } finally {
    delete root[name];
  }
}

const seconds = (): number => Math.floor(emulator.clock.now() / 1_000);
const without = (from: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(from).filter(([own]) => own !== name));

async function verdictOf(token: string): Promise<unknown> {
  const options = hostileVerifierOptions(emulator);
  const { environment: _environment, ...rule } = { environment: 'production', projectId: 'prj_shop' };
  const verifier = createTokenVerifier({ ...options, allow: [{ ...rule, environment: '*' }] });
  return verifier.verify(token).then(
    (claims) => ({ userId: claims.user_id, names: Object.keys(claims), inherits: 'toString' in claims }),
    (error: unknown) => (TokenVerificationError.isInstance(error) ? error.code : String(error)),
  );
}

test.each(Object.entries(CLAIMS))('the claim %s is not inherited', async (name, value) => {
  const token = signed(goodHeader(), without(goodClaims(seconds()), name));
  const clean = await verdictOf(token);
  expect(await polluted(name, value, () => verdictOf(token))).toEqual(clean);
});

test.each(['alg', 'kid', 'typ', 'crit', 'b64', 'jwk', 'jku', 'x5c', 'x5u', 'zip', 'enc', 'cty'])(
  'the header member %s is not inherited',
  async (name) => {
    const token = signed(without(goodHeader(), name), goodClaims(seconds()));
    const clean = await verdictOf(token);
    for (const value of [goodHeader()[name], 'RS256', ['b64'], true])
      expect(await polluted(name, value, () => verdictOf(token))).toEqual(clean);
  },
);

// The runtime's own import of a key reads by inheritance: then no key is found, and no token is accepted.
test.each(['kty', 'crv', 'n', 'x', 'y', 'd', 'k', 'alg', 'use', 'key_ops', 'ext', 'keys'])(
  'no token is accepted with an inherited member %s of a key',
  async (name) => {
    const token = signed(goodHeader(), goodClaims(seconds()));
    const clean = await verdictOf(token);
    for (const value of ['oct', 'sig', ['sign'], 'AQAB', true]) {
      expect([clean, 'unknown_key']).toContainEqual(await polluted(name, value, () => verdictOf(token)));
      const forged = `${token.slice(0, -8)}AAAAAAAA`;
      expect(await polluted(name, value, () => verdictOf(forged))).toMatch(/^(?:malformed|unknown|invalid)_/);
    }
  },
);

test('the claims that a handler gets inherit nothing', async () => {
  const verdict = await verdictOf(signed(goodHeader(), goodClaims(seconds())));
  expect(verdict).toMatchObject({ userId: undefined, inherits: false });
});
