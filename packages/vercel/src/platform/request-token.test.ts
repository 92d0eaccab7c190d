/** `requestTokenSource` as the token source of a provider. */

import type { SubjectToken, SubjectTokenSource } from '@credex/core';
import { describe, expect, it } from 'vitest';
import { requestTokenSource } from '../index.js';
import { clock, jwt, NOW } from './token-source.fixture.js';

const read = (source: SubjectTokenSource, fresh = false): Promise<SubjectToken> =>
  source.capture().token({ audience: undefined, fresh, signal: new AbortController().signal });

describe('requestTokenSource', () => {
  const token = jwt({ sub: 'request' });
  it.each([
    ['a Request', new Request('https://example.com', { headers: { 'x-vercel-oidc-token': token } })],
    ['Headers', new Headers({ 'x-vercel-oidc-token': token })],
    ['an IncomingMessage', { headers: { 'x-vercel-oidc-token': token } }],
  ])('reads %s', async (_what, request) => {
    const source = requestTokenSource(request, { clock });
    expect(source.capture().identityKey).toBeUndefined();
    expect((await read(source)).claims.sub).toBe('request');
  });

  it('says that the request has no token, or that it ended', async () => {
    await expect(read(requestTokenSource(new Headers(), { clock }))).rejects.toMatchObject({
      code: 'no_subject_token',
    });
    const old = new Headers({ 'x-vercel-oidc-token': jwt({ exp: NOW / 1000 - 1 }) });
    await expect(read(requestTokenSource(old, { clock }))).rejects.toMatchObject({
      code: 'subject_token_expired',
    });
  });

  it('has no fresher token than that of the request, whatever that is worth', async () => {
    for (const header of [token, jwt({ exp: NOW / 1000 - 1 }), 'no JWT'])
      await expect(
        read(requestTokenSource(new Headers({ 'x-vercel-oidc-token': header }), { clock }), true),
      ).rejects.toMatchObject({ code: 'no_fresher_token' });
  });

  it('refuses what has no headers', () => {
    expect(() => requestTokenSource('token' as never)).toThrow(
      expect.objectContaining({ code: 'invalid_option', option: 'request' }) as Error,
    );
  });
});
