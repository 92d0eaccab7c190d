/** A source with its own `expect` is never answered from what an unguarded source has cached. */

import type { SubjectTokenSource } from '@credex/core';
import { createCredentialCache } from '@credex/core';
import { createCredentialProvider } from '@credex/core/internal';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { vercelFunctionsTokenSource } from '../functions.js';
import { vercelTokenSource } from '../index.js';

const EXP = 4_000_000_000;
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const PREVIEW = `${part({ alg: 'RS256' })}.${part({ project_id: 'prj_shop', environment: 'preview', exp: EXP })}.c2ln`;

beforeEach(() => {
  for (const name of ['VERCEL_TARGET_ENV', 'VERCEL_OIDC_TOKEN_FILE']) vi.stubEnv(name, '');
  vi.stubEnv('VERCEL_PROJECT_ID', 'prj_shop');
  vi.stubEnv('VERCEL_ENV', 'preview');
  vi.stubEnv('VERCEL_OIDC_TOKEN', PREVIEW);
});
afterEach(() => vi.unstubAllEnvs());

function setUp() {
  const cache = createCredentialCache();
  let exchanges = 0;
  const ask = (source: SubjectTokenSource) =>
    createCredentialProvider(
      {
        specificationVersion: 'v1',
        provider: 'test',
        cacheKeyFields: () => ({}),
        async exchange(_request: unknown, context) {
          await context.subject();
          exchanges += 1;
          return { credential: { expiresAt: EXP * 1_000 } };
        },
        parseStored: (record) => record as never,
        classify: () => ({ code: 'unknown', retry: 'never' }),
      },
      { source, cache },
    ).getCredentials();
  return { ask, exchanges: () => exchanges };
}

test.each([
  ['vercelTokenSource', vercelTokenSource],
  ['vercelFunctionsTokenSource', vercelFunctionsTokenSource],
] as const)("%s: a source's own `expect` is part of its identity key", async (_name, sourceOf) => {
  const { ask, exchanges } = setUp();
  await ask(sourceOf());
  await expect(
    ask(sourceOf({ expect: { environment: 'production', projectId: 'prj_shop' } })),
  ).rejects.toMatchObject({
    code: 'subject_mismatch',
  });
  expect(exchanges()).toBe(1);
  // Equal guards share; another guard, or none, does not.
  const guard = { expect: { environment: 'preview', projectId: 'prj_shop' } };
  await ask(sourceOf(guard));
  await ask(sourceOf({ expect: { projectId: 'prj_shop', environment: 'preview' } }));
  await ask(sourceOf());
  expect(exchanges()).toBe(2);
});
