/** A token of a custom audience, as Vercel makes it for a project in either issuer mode. */

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { HostileEmulator } from './hostile-emulator.fixture.js';
import { startHostileEmulator } from './hostile-emulator.fixture.js';
import { TokenVerificationError, createTokenVerifier } from './index.js';
import type { TokenVerifierOptions } from './index.js';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let emulator: HostileEmulator;
beforeAll(async () => {
  emulator = await startHostileEmulator();
});
afterAll(() => emulator.close());

const AUDIENCE = 'https://orders.acme.example';
const GLOBAL = 'https://oidc.vercel.com';

/** The exchange that `audience` of createAuthenticatedFetch makes. */
async function exchanged(issuerMode: 'team' | 'global'): Promise<string> {
  const token = await emulator.issuer.mint({
    team: 'acme',
    teamId: 'team_acme',
    project: 'shop',
    projectId: 'prj_shop',
    environment: 'production',
    issuerMode,
  });
  const answer = await fetch(`${emulator.url('issuer')}/~token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, aud: AUDIENCE }),
  });
  return ((await answer.json()) as { readonly token: string }).token;
}

const verifier = (options: object) =>
  createTokenVerifier({
    audience: AUDIENCE,
    allow: [{ projectId: 'prj_shop', environment: 'production' }],
    clock: emulator.clock,
    fetch: (input: URL | string, init: RequestInit) =>
      fetch(String(input).replace(GLOBAL, emulator.url('issuer')), init),
    ...options,
  } as TokenVerifierOptions);

describe.each(['team', 'global'] as const)('of a project in %s issuer mode', (mode) => {
  test.each([{ team: 'acme' }, { issuer: [GLOBAL, `${GLOBAL}/acme`] }])('passes with %j', async (options) => {
    const claims = await verifier(options).verify(await exchanged(mode));
    expect(claims).toMatchObject({ iss: `${GLOBAL}/acme`, aud: AUDIENCE, project_id: 'prj_shop' });
  });

  test('is refused under the global issuer without a word about the issuer mode of the project', async () => {
    // Also accepts the audience of tokens that were not exchanged: for this one it knows only when it arrives.
    const audience = [AUDIENCE, 'https://vercel.com/acme'];
    const error: unknown = await verifier({ issuer: GLOBAL, audience })
      .verify(await exchanged(mode))
      .catch((thrown: unknown) => thrown);
    if (!TokenVerificationError.isInstance(error)) throw error;
    expect(error).toMatchObject({ code: 'issuer_mismatch', presented: { exchanged: true } });
    expect(error.hint).toContain("Pass `team: 'acme'`, or both issuers in `issuer`.");
    expect(error.hint).not.toContain('is in team issuer mode');
  });
});

test('of no project passes the global issuer alone, and the verifier says so when it is made', () => {
  expect(() => verifier({ issuer: GLOBAL })).toThrow(/Vercel gives such a token the team issuer/);
});
