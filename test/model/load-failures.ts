/**
 * What core loads with its first failure, and for a token whose identity nothing else names, is loaded with this module: a
 * proof whose clock stands still waits for no file.
 */

import { createCredentialCache } from '@credex/core';
import type { Credential } from '@credex/core';
import { createCredentialProvider } from '@credex/core/internal';

const FAR = 4_102_444_800;

const failing = (identityKey: string | undefined) =>
  createCredentialProvider<Credential>(
    {
      specificationVersion: 'v1',
      provider: 'failing',
      cacheKeyFields: () => ({}),
      parseStored: (record) => record as Credential,
      classify: () => ({ code: 'access_denied', retry: 'never' }),
      exchange: (_request, context) =>
        context.step('host', () => Promise.reject(new Error('the source fails'))),
    },
    {
      cache: createCredentialCache(),
      source: {
        capture: () => ({
          identityKey,
          token: async () => ({ jwt: 'token', claims: { exp: FAR }, expiresAt: FAR * 1_000 }),
        }),
      },
    },
  );

await Promise.allSettled([
  failing('p').getCredentials(),
  failing('p').getCredentials({ signal: AbortSignal.abort() }),
  failing(undefined).getCredentials(),
]);
