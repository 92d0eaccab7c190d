/** What the token sources of this package say about themselves: core names them in errors, and knows no platform. */

import type { Exchanger } from '@credex/core/driver';
import { createCredentialProvider } from '@credex/core/driver';
import type { SubjectTokenSource } from '@credex/core';
import { createCredentialCache } from '@credex/core';
import { describe, expect, it } from 'vitest';
import { vercelPlatform } from '../driver.js';
import { vercelFunctionsTokenSource } from '../functions.js';
import {
  commandTokenSource,
  githubActionsTokenSource,
  gitlabTokenSource,
  kubernetesTokenSource,
  requestTokenSource,
  tokenFileSource,
  tokenSourceChain,
  vercelTokenSource,
} from '../index.js';

const header = (jwt: string): SubjectTokenSource => requestTokenSource({ get: () => jwt });
const jwt = (claims: object): string =>
  [{ alg: 'RS256' }, { exp: 4_102_444_800, ...claims }, 'signature']
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');

const EXCHANGER: Exchanger<{ expiresAt: number }> = {
  specificationVersion: 'v1',
  provider: 'test',
  cacheKeyFields: () => ({}),
  exchange: async (_request, context) => {
    await context.subject();
    return { credential: { expiresAt: Date.now() + 3_600_000 } };
  },
  parseStored: (record) => record as { expiresAt: number },
  classify: () => ({ code: 'unknown', retry: 'never' }),
};
const failure = (source: SubjectTokenSource, options: object = {}): Promise<unknown> =>
  createCredentialProvider(EXCHANGER, { source, cache: createCredentialCache(), ...options })
    .getCredentials()
    .then(
      () => undefined,
      (error: unknown) => error,
    );

describe('a token source says', () => {
  it.each<[string, SubjectTokenSource]>([
    ['vercel', vercelTokenSource()],
    ['vercel', header('')],
    ['vercel', vercelFunctionsTokenSource()],
    ['vercel', tokenSourceChain(vercelTokenSource(), gitlabTokenSource({ variable: 'NO_TOKEN' }))],
    ['token-file', tokenSourceChain(tokenFileSource({ path: '/run/token' }))],
    ['github-actions', githubActionsTokenSource({ audience: 'a' })],
    ['gitlab', gitlabTokenSource({ variable: 'NO_TOKEN' })],
    ['kubernetes', kubernetesTokenSource()],
    ['token-file', tokenFileSource({ path: '/run/token' })],
    ['command', commandTokenSource({ command: 'true' })],
  ])('its name: %s', (name, source) => {
    expect(source.about?.name).toBe(name);
  });

  it('what to do about an unreadable token', async () => {
    expect(await failure(header('no token'))).toMatchObject({
      code: 'invalid_subject_token',
      provider: 'vercel',
      hint: 'Pass the value of the x-vercel-oidc-token header or of VERCEL_OIDC_TOKEN unchanged. Locally, run `vercel env pull` again.',
    });
  });

  it("that names alone are not enough under Vercel's global issuer, in a chain as well", async () => {
    const global = header(jwt({ iss: 'https://oidc.vercel.com', owner: 'acme', project_id: 'prj_1' }));
    const team = header(jwt({ iss: 'https://oidc.vercel.com/acme', owner: 'acme' }));
    for (const source of [global, tokenSourceChain(gitlabTokenSource({ variable: 'NO_TOKEN' }), global)])
      expect(await failure(source, { expect: { owner: 'acme' } })).toMatchObject({
        code: 'subject_mismatch',
        provider: 'vercel',
        hint: expect.stringContaining('switch the project to the team issuer'),
      });
    expect(await failure(global, { expect: { projectId: 'prj_1' } })).toBeUndefined();
    expect(await failure(team, { expect: { owner: 'acme' } })).toBeUndefined();
  });

  it('the same to the factories of the clouds, for sources of the user', () => {
    expect(vercelPlatform.sharedIssuers).toEqual(['https://oidc.vercel.com']);
  });
});
