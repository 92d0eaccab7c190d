import type { CredentialEvent, SubjectTokenSource } from '@credex/core';
import { createCredentialCache } from '@credex/core';
import { createCredentialProvider } from '@credex/core/internal';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { requestTokenSource } from './request-token-source.js';

const EXP = 4_000_000_000;
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = (sub: string, exp = EXP): string => `${part({ alg: 'RS256' })}.${part({ sub, exp })}.c2ln`;

/** A provider that says whose token was exchanged. */
function exchangeOf(source: SubjectTokenSource) {
  const events: CredentialEvent[] = [];
  const provider = createCredentialProvider(
    {
      specificationVersion: 'v1',
      provider: 'test',
      cacheKeyFields: () => ({}),
      async exchange(_request: unknown, context) {
        const { claims } = await context.subject();
        return { credential: { value: claims.sub ?? '', expiresAt: EXP * 1_000 } };
      },
      parseStored: (record) => record as never,
      classify: () => ({ code: 'unknown', retry: 'never' }),
    },
    { source, cache: createCredentialCache(), onEvent: (event) => events.push(event) },
  );
  const warnings = (): string[] =>
    events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
  return { ask: () => provider.getCredentials(), warnings };
}

const without = new Request('https://app.test/');
const withToken = (token: string): Request =>
  new Request('https://app.test/', { headers: { 'x-vercel-oidc-token': token } });

beforeEach(() => {
  for (const name of ['VERCEL', 'VERCEL_ENV', 'VERCEL_TARGET_ENV', 'VERCEL_OIDC_TOKEN_FILE'])
    vi.stubEnv(name, '');
  vi.stubEnv('VERCEL_OIDC_TOKEN', jwt('environment'));
});
afterEach(() => vi.unstubAllEnvs());

describe('requestTokenSource for a request without a token', () => {
  it.each([
    ['off the platform', {}],
    ['under vercel dev', { VERCEL: '1', VERCEL_ENV: 'development' }],
  ])('takes the token of the environment %s, and says so once', async (_where, variables) => {
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    const { ask, warnings } = exchangeOf(requestTokenSource(without));
    expect(await ask()).toMatchObject({ value: 'environment' });
    expect(warnings()).toEqual([expect.stringContaining('uses the token of VERCEL_OIDC_TOKEN.') as string]);
  });

  it('takes that of the file first', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'credex-token-'));
    writeFileSync(join(folder, 'token'), jwt('file'));
    vi.stubEnv('VERCEL_OIDC_TOKEN_FILE', join(folder, 'token'));
    const { ask, warnings } = exchangeOf(requestTokenSource(without));
    expect(await ask()).toMatchObject({ value: 'file' });
    expect(warnings()).toEqual([expect.stringContaining('VERCEL_OIDC_TOKEN_FILE') as string]);
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['on a deployment', { VERCEL: '1', VERCEL_ENV: 'production' }, {}],
    ['on a preview', { VERCEL_ENV: 'preview' }, {}],
    ['in a custom environment', { VERCEL_ENV: 'preview', VERCEL_TARGET_ENV: 'staging' }, {}],
    ['where the platform names no environment', { VERCEL: '1' }, {}],
    ['with `local: false`', {}, { local: false }],
  ])('takes none of the environment %s', async (_where, variables, options) => {
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    const { ask, warnings } = exchangeOf(requestTokenSource(without, options));
    await expect(ask()).rejects.toMatchObject({ code: 'no_subject_token' });
    expect(warnings()).toEqual([]);
  });

  it('holds the token of the environment against `expect`', async () => {
    const { ask } = exchangeOf(requestTokenSource(without, { expect: { projectId: 'prj_1' } }));
    await expect(ask()).rejects.toMatchObject({ code: 'subject_mismatch' });
  });
});

it("takes the request's own token, and nothing else where that one has expired", async () => {
  const own = exchangeOf(requestTokenSource(withToken(jwt('request'))));
  expect(await own.ask()).toMatchObject({ value: 'request' });
  const expired = exchangeOf(requestTokenSource(withToken(jwt('request', 1))));
  await expect(expired.ask()).rejects.toMatchObject({ code: 'subject_token_expired' });
  expect([...own.warnings(), ...expired.warnings()]).toEqual([]);
});
