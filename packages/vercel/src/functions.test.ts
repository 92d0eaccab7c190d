/** The default, which reads the request context itself, and `@vercel/functions`: each says the same, for two majors. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Clock, SubjectToken, SubjectTokenSource } from '@credex/core';
import { getDeadline } from '@vercel/functions';
import type * as Functions from './functions.js';
import { vercelInvocation, vercelTokenSource } from './index.js';

const NOW = Date.now();
const clock: Clock = { now: () => NOW, monotonic: () => 0 };
const SHOP = { project_id: 'prj_shop', environment: 'production' };
const jwt = (claims: object = {}): string =>
  [{ alg: 'RS256' }, { exp: Math.floor(NOW / 1000) + 3_600, ...SHOP, ...claims }, 'signature']
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');

const CONTEXT = Symbol.for('@vercel/request-context');
const scope = globalThis as { [CONTEXT]?: { get(): unknown } | undefined };
const inRequest = (context: object): void => {
  scope[CONTEXT] = { get: () => context };
};
const withHeader = (token: string): void => inRequest({ headers: { 'x-vercel-oidc-token': token } });

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'credex-'));
  // No login of a person, so that the package's own refresh finds none.
  for (const name of ['HOME', 'XDG_DATA_HOME', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME']) vi.stubEnv(name, home);
  for (const name of ['TOKEN', 'TOKEN_FILE']) vi.stubEnv(`VERCEL_OIDC_${name}`, undefined);
  for (const name of ['VERCEL', 'VERCEL_PROJECT_ID', 'VERCEL_ENV', 'VERCEL_TARGET_ENV'])
    vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', undefined);
});
afterEach(async () => {
  delete scope[CONTEXT];
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

const read = async (source: SubjectTokenSource, fresh = false): Promise<SubjectToken> =>
  source.capture().token({ audience: undefined, fresh, signal: new AbortController().signal });

const RELEASES = {
  '3.9.9': [() => import('@vercel/functions'), () => import('@vercel/functions/oidc')],
  '2.2.13': [() => import('@vercel/functions-2'), () => import('@vercel/functions-2/oidc')],
} as const;

describe.each(Object.entries(RELEASES))('@vercel/functions %s', (_version, [index, oidc]) => {
  let functions: typeof Functions;
  beforeEach(async () => {
    vi.resetModules();
    // Not a mock: the release of this row, under the name that users install it by.
    vi.doMock('@vercel/functions', async () => ({ getDeadline: undefined, ...(await index()) }));
    vi.doMock('@vercel/functions/oidc', async () => ({ ...(await oidc()) }));
    functions = await import('./functions.js');
  });
  afterEach(() => {
    vi.doUnmock('@vercel/functions');
    vi.doUnmock('@vercel/functions/oidc');
  });

  const both = (): [SubjectTokenSource, SubjectTokenSource] => [
    vercelTokenSource({ clock, local: false }),
    functions.vercelFunctionsTokenSource({ clock }),
  ];
  const same = async (expected: string): Promise<void> => {
    for (const source of both()) expect((await read(source)).jwt).toBe(expected);
  };

  describe('the token', () => {
    it('is the same in the same places: the variable, and before it the header', async () => {
      expect.hasAssertions();
      const [header, variable] = [jwt({ sub: 'header' }), jwt({ sub: 'variable' })];
      vi.stubEnv('VERCEL_OIDC_TOKEN', variable);
      await same(variable);
      withHeader(header);
      await same(header);
      vi.stubEnv('VERCEL_OIDC_TOKEN', undefined);
      await same(header);
    });

    it('is missing for both where there is none, with the same code', async () => {
      for (const source of both())
        await expect(read(source)).rejects.toMatchObject({ code: 'no_subject_token', provider: 'vercel' });
    });

    it('has the same identity key, and a token of another identity has none for both', () => {
      vi.stubEnv('VERCEL_PROJECT_ID', SHOP.project_id);
      vi.stubEnv('VERCEL_ENV', SHOP.environment);
      withHeader(jwt());
      const [ours, theirs] = both().map((source) => source.capture());
      expect(ours?.identityKey).toBeDefined();
      expect(theirs?.identityKey).toBe(ours?.identityKey);
      expect(theirs?.matchesIdentity?.({ project_id: 'prj_other' })).toBe(false);
      withHeader(jwt({ project_id: 'prj_other' }));
      expect(both().map((source) => source.capture().identityKey)).toEqual([undefined, undefined]);
    });

    it('is compared with `expect`', async () => {
      withHeader(jwt());
      const source = functions.vercelFunctionsTokenSource({ clock, expect: { projectId: 'prj_other' } });
      await expect(read(source)).rejects.toMatchObject({ code: 'subject_mismatch' });
    });

    it('is not returned a second time where a fresher one is requested', async () => {
      withHeader(jwt());
      const subject = functions.vercelFunctionsTokenSource({ clock }).capture();
      const request = { audience: undefined, fresh: false, signal: new AbortController().signal };
      await subject.token(request);
      await expect(subject.token({ ...request, fresh: true })).rejects.toMatchObject({
        code: 'no_fresher_token',
      });
    });

    it('that has expired is refused with a code, whichever way the package takes', async () => {
      withHeader(jwt({ exp: Math.floor(NOW / 1000) - 60 }));
      const code = expect.stringMatching(/^(?:no_subject_token|subject_token_expired)$/) as string;
      await expect(read(functions.vercelFunctionsTokenSource({ clock }))).rejects.toMatchObject({ code });
    });

    it('is requested without an argument, so that no option of a caller becomes an audience', async () => {
      const getVercelOidcToken = vi.fn(async (..._args: readonly unknown[]) => jwt());
      vi.doMock('@vercel/functions/oidc', () => ({ getVercelOidcToken }));
      vi.resetModules();
      const { vercelFunctionsTokenSource } = await import('./functions.js');
      await read(vercelFunctionsTokenSource({ clock }));
      expect(getVercelOidcToken.mock.calls).toEqual([[]]);
    });

    it('refuses an option that does not exist', () => {
      expect(() => functions.vercelFunctionsTokenSource({ team: 'acme' } as never)).toThrow(/`team`/);
    });
  });

  describe('the invocation', () => {
    it('is none outside a request, for both', () => {
      expect(functions.vercelFunctionsInvocation()).toBe(vercelInvocation());
    });

    it.each([
      ['epoch milliseconds', NOW + 10_000],
      ['a Date', new Date(NOW + 10_000)],
      ['a text', new Date(NOW + 10_000).toISOString()],
      ['a Date that is none', new Date(Number.NaN)],
      ['another text', 'soon'],
      ['nothing', undefined],
    ])('has the same deadline where the platform gives %s', (_what, deadline) => {
      inRequest({ deadline });
      expect(vercelInvocation()?.deadline).toBe(getDeadline()?.getTime());
      expect(functions.vercelFunctionsInvocation()?.deadline).toBe(getDeadline()?.getTime());
    });

    it('hands the very same promise to waitUntil, and has no waitUntil where the platform has none', async () => {
      const handed: unknown[] = [];
      inRequest({ waitUntil: (work: unknown) => handed.push(work) });
      const work = Promise.resolve();
      vercelInvocation()?.waitUntil?.(work);
      functions.vercelFunctionsInvocation()?.waitUntil?.(work);
      expect(handed).toHaveLength(2);
      expect(handed.every((one) => one === work)).toBe(true);
      inRequest({});
      expect(functions.vercelFunctionsInvocation()?.waitUntil).toBeUndefined();
      expect(vercelInvocation()?.waitUntil).toBeUndefined();
      await work;
    });

    it('freezes where the platform says so', () => {
      vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'f');
      inRequest({});
      expect(functions.vercelFunctionsInvocation()?.freezes).toBe(true);
      expect(vercelInvocation()?.freezes).toBe(true);
    });
  });
});
