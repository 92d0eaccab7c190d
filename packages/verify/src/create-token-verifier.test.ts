import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Emulator } from '@credex/testing/emulator';
import { startEmulator } from '@credex/testing/emulator';
import { createTokenVerifier } from './index.js';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });
let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());

test('a token of the team passes', async () => {
  const verifier = createTokenVerifier({
    team: 'acme',
    audience: 'https://vercel.com/acme',
    allow: [{ projectId: 'prj_shop', environment: 'production' }],
    jwksUri: `${emulator.url('issuer')}/acme/.well-known/jwks`,
    allowLoopbackHttp: true,
    clock: { now: () => emulator.clock.now(), monotonic: () => emulator.clock.now() },
  });
  const token = await emulator.issuer.mint({
    team: 'acme',
    teamId: 'team_acme',
    project: 'shop',
    projectId: 'prj_shop',
    environment: 'production',
  });
  const claims = await verifier.verify(token);
  expect(claims.project).toBe('shop');
  expect(await verifier.verify(token)).toBe(claims);
});
