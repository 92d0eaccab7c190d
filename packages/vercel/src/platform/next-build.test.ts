import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { clock, read } from './token-source.fixture.js';
import { requestTokenSource, vercelTokenSource } from '../index.js';

beforeEach(() => {
  for (const name of [
    'VERCEL',
    'VERCEL_ENV',
    'VERCEL_TARGET_ENV',
    'VERCEL_OIDC_TOKEN',
    'VERCEL_OIDC_TOKEN_FILE',
  ])
    vi.stubEnv(name, undefined);
  vi.stubEnv('NODE_ENV', 'production');
  vi.stubEnv('NEXT_PHASE', 'phase-production-build');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const WHAT_TO_DO =
  /`await connection\(\)`.*`const dynamic = 'force-dynamic'`.*OIDC federation.*vercel env pull/;
const hintOf = (source: Parameters<typeof read>[0]): Promise<unknown> =>
  read(source).then(
    () => 'a token',
    (error: unknown) => (error as { readonly hint?: unknown }).hint,
  );

describe('while `next build` prerenders without a token', () => {
  it.each([
    ['on Vercel', '1'],
    ['on a laptop', undefined],
  ])(
    'the hint says how to render for each request, and how to give the build a token: %s',
    async (_where, vercel) => {
      vi.stubEnv('VERCEL', vercel);
      expect(await hintOf(vercelTokenSource({ clock }))).toMatch(WHAT_TO_DO);
      expect(await hintOf(requestTokenSource(new Headers(), { clock }))).toMatch(WHAT_TO_DO);
    },
  );

  it('the hint of a running server is another one', async () => {
    vi.stubEnv('NEXT_PHASE', 'phase-production-server');
    expect(await hintOf(vercelTokenSource({ clock }))).not.toMatch(WHAT_TO_DO);
  });
});
