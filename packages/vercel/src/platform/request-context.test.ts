/** Work outside of requests reads no request's context, wherever its module was loaded. */

import { watchCredentials } from '@credex/core';
import type { Credential, CredentialProvider } from '@credex/core';
import { afterEach, expect, it, vi } from 'vitest';
import { contextToken, vercelInvocation } from './request-context.js';

const CONTEXT = Symbol.for('@vercel/request-context');

afterEach(() => {
  Reflect.deleteProperty(globalThis, CONTEXT);
});

it('a watch sees neither the token nor the deadline of a request whose context it runs in', async () => {
  // As where the module of a route is loaded by its first request: the context outside of all others is that request's.
  const context = { headers: { 'x-vercel-oidc-token': 'of a request' }, deadline: Date.now() + 1_000 };
  Object.assign(globalThis, { [CONTEXT]: { get: () => context } });
  expect(contextToken()).toBe('of a request');
  const seen: unknown[] = [];
  const provider = {
    async getCredentials() {
      await Promise.resolve();
      seen.push(contextToken(), vercelInvocation()?.deadline);
      return { expiresAt: Date.now() + 3_600_000 };
    },
    status: () => ({ state: 'fresh', refreshAt: Date.now() + 60_000 }),
  } as unknown as CredentialProvider<Credential, void>;
  const stop = new AbortController();
  watchCredentials(provider, {
    signal: stop.signal,
    onCredential: () => undefined,
    onError: (error) => seen.push(error),
  });
  await vi.waitFor(() => expect(seen).toHaveLength(2));
  stop.abort();
  expect(seen).toEqual([undefined, undefined]);
  expect(contextToken()).toBe('of a request');
});
