/** What follows where the API refuses a token. */

import type { RequestListener } from 'node:http';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { SubjectTokenSource } from '@credex/core';
import { readSubjectToken } from '@credex/core/on-demand';
import { jwt } from '../platform/token-source.fixture.js';
import { TOKEN, echo, got, made, started } from './authenticated-fetch.fixture.js';

describe('a refused token', () => {
  const CLAIMS = readSubjectToken(TOKEN).claims;
  const FRESH = jwt({ ...CLAIMS, jti: 'fresh' });
  const rotating = (fresh: string, error?: Error): SubjectTokenSource => ({
    capture: () => ({
      identityKey: undefined,
      token: async (wanted) => {
        if (wanted.fresh && error !== undefined) throw error;
        return readSubjectToken(wanted.fresh ? fresh : TOKEN);
      },
    }),
  });
  const refusing =
    (challenge = 'Bearer realm="api", error="invalid_token", error_description="expired"'): RequestListener =>
    (request, response) => {
      if (request.headers.authorization === `Bearer ${FRESH}`) echo(request, response);
      else response.writeHead(401, { 'www-authenticate': challenge }).end('refused');
    };

  it('is followed by a fresher one, once, with the same body', async () => {
    const api = await started(refusing());
    const own = made(api.origin, { tokenSource: rotating(FRESH) });
    expect((await got(own(api.origin, { method: 'POST', body: 'pears' }))).body).toBe('pears');
    expect(api.seen).toHaveLength(2);
    const other = jwt({ ...CLAIMS, jti: 'as bad' });
    expect((await made(api.origin, { tokenSource: rotating(other) })(api.origin)).status).toBe(401);
    expect(api.seen).toHaveLength(4);
  });

  it.each([
    ['there is none', rotating(FRESH), {}],
    ['it is the same', rotating(TOKEN), {}],
    ['it is of another identity', rotating(jwt({ sub: 'other' })), {}],
    [
      'the body is a stream',
      rotating(FRESH),
      { body: new Blob(['a']).stream(), method: 'POST', duplex: 'half' },
    ],
  ] as const)('is the answer where %s', async (what, tokenSource, init) => {
    const api = await started(refusing());
    const source = what === 'there is none' ? { tokenSource: () => TOKEN } : { tokenSource };
    const response = await made(api.origin, source)(api.origin, init as RequestInit);
    expect([response.status, await response.text(), api.seen.length]).toEqual([401, 'refused', 1]);
  });

  it.each([
    'Bearer',
    'Bearer error="insufficient_scope"',
    'Basic error="invalid_token"',
    'Bearer error=invalid_tokens',
  ])('is not looked for where the challenge is %s', async (challenge) => {
    const api = await started(refusing(challenge));
    expect((await made(api.origin, { tokenSource: rotating(FRESH) })(api.origin)).status).toBe(401);
    expect(api.seen).toHaveLength(1);
  });

  it('is followed by a fresher one once for the whole of the call, redirects included', async () => {
    const api = await started((request, response) => {
      if (request.url === '/from' && request.headers.authorization !== `Bearer ${TOKEN}`)
        response.writeHead(307, { location: '/to' }).end();
      else response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end();
    });
    let turn = 0;
    const tokenSource: SubjectTokenSource = {
      capture: () => ({
        identityKey: undefined,
        token: async ({ fresh }) => readSubjectToken(fresh ? jwt({ ...CLAIMS, jti: ++turn }) : TOKEN),
      }),
    };
    expect((await made(api.origin, { tokenSource })(`${api.origin}/from`)).status).toBe(401);
    expect([turn, api.seen.map(({ url }) => url)]).toEqual([1, ['/from', '/from', '/to']]);
  });

  it('says so where the fresher one could not be had', async () => {
    const api = await started(refusing());
    await expect(
      made(api.origin, { tokenSource: rotating(FRESH, new Error('broken')) })(api.origin),
    ).rejects.toMatchObject({ code: 'no_subject_token', cause: { message: 'broken' } });
  });

  it('shows nothing of what a broken source had read', async () => {
    const tokenSource = () => Promise.reject(Object.assign(new Error(`bad ${TOKEN}`), { read: TOKEN }));
    const error: unknown = await made('http://127.0.0.1:1', { tokenSource })('http://127.0.0.1:1').catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'no_subject_token' });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(TOKEN.slice(0, 30));
  });
});
