/** Core's builds for Node and for the web, loaded by two bundles into one process: what one holds serves the other. */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import type { Credential, SubjectToken, SubjectTokenSource } from '@credex/core';
import type { Exchanger } from '@credex/core/internal';
import { ROOT } from './packages.js';

type Driver = typeof import('@credex/core/internal');

const driverOf = async (runtime: string): Promise<Driver> =>
  (await import(
    pathToFileURL(join(ROOT, 'packages/core/dist', runtime, 'internal.js')).href
  )) as unknown as Driver;

const HOUR = 3_600_000;
const TOKEN: SubjectToken = { jwt: 'a.b.c', claims: {}, expiresAt: Date.now() + HOUR };
const source: SubjectTokenSource = {
  capture: () => ({ identityKey: 'two-builds', token: () => Promise.resolve(TOKEN) }),
};

it.each([
  ['node', 'web'],
  ['web', 'node'],
])('a credential that the build for %s cached is served by the build for %s', async (first, second) => {
  let exchanges = 0;
  const exchanger: Exchanger<Credential> = {
    specificationVersion: 'v1',
    provider: `two-builds-${first}`,
    cacheKeyFields: () => ({}),
    exchange: async () => {
      exchanges += 1;
      return { credential: { expiresAt: Date.now() + HOUR } };
    },
    parseStored: (record) => record as Credential,
    classify: () => ({ code: 'unknown', retry: 'never' }),
  };
  for (const runtime of [first, second, first, second]) {
    const { createCredentialProvider } = await driverOf(runtime);
    await createCredentialProvider(exchanger, { source }).getCredentials();
  }
  expect(exchanges).toBe(1);
});
