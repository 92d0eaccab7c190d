import { OptionError } from '@credex/core';
import { describe, expect, it, vi } from 'vitest';
import type { TokenVerifier, VercelTokenClaims } from './contract.js';
import { TokenVerificationError } from './errors.js';
import { withVercelToken } from './with-vercel-token.js';

/** Lets in whoever names a project. */
const verifier: TokenVerifier = {
  verify: (token) =>
    token === 'bad'
      ? Promise.reject(new TokenVerificationError({ code: 'token_expired', message: 'Too late.' }))
      : Promise.resolve({ project: token } as VercelTokenClaims),
};

const request = (token: string): Request =>
  new Request('https://api.example/orders/7', { headers: { authorization: `Bearer ${token}` } });

describe('a guarded handler', () => {
  it('gets the very request, and all that comes behind it', async () => {
    const handler = vi.fn((_request: Request, _context: unknown, _more: number) => new Response('ok'));
    const guarded = withVercelToken(handler, { verifier });
    const [asked, context] = [request('shop'), { params: Promise.resolve({ id: '7' }) }];
    expect(await (await guarded(asked, context, 3)).text()).toBe('ok');
    expect(handler.mock.calls[0]?.[0]).toBe(asked);
    expect(handler.mock.calls[0]?.slice(1)).toEqual([context, 3]);
    expect(handler.mock.calls[0]?.[0]).toHaveProperty('vercelToken', { project: 'shop' });
  });

  it('is not run for others, and what it throws is its own', async () => {
    const handler = vi.fn(() => {
      throw new RangeError('a defect');
    });
    const guarded = withVercelToken(handler, { verifier });
    expect((await guarded(request('bad'))).status).toBe(401);
    expect(handler).not.toHaveBeenCalled();
    await expect(guarded(request('shop'))).rejects.toThrow(RangeError);
  });

  it('takes no claims from whoever made the request object', async () => {
    const forged = Object.assign(request('shop'), { vercelToken: { project: 'forged' } });
    const guarded = withVercelToken((asked) => Response.json(asked.vercelToken), { verifier });
    expect(await (await guarded(forged)).json()).toEqual({ project: 'shop' });
    const refused = Object.assign(request('bad'), { vercelToken: { project: 'forged' } });
    expect((await guarded(refused)).status).toBe(401);
  });

  it('may stand behind another guard, and both must let in', async () => {
    const strict: TokenVerifier = {
      verify: (token) =>
        token === 'shop'
          ? Promise.resolve({ project: token, environment: 'production' } as VercelTokenClaims)
          : Promise.reject(new TokenVerificationError({ code: 'not_allowed', message: 'No.' })),
    };
    const inner = withVercelToken((asked) => Response.json(asked.vercelToken), { verifier: strict });
    const guarded = withVercelToken((asked) => inner(asked), { verifier });
    expect(await (await guarded(request('shop'))).json()).toEqual({
      project: 'shop',
      environment: 'production',
    });
    expect((await guarded(request('blog'))).status).toBe(403);
  });

  it('is not run for a request that cannot hold the claims', async () => {
    const handler = vi.fn(() => new Response('ok'));
    const guarded = withVercelToken(handler, { verifier });
    await expect(guarded(Object.freeze(request('shop')))).rejects.toThrow(TypeError);
    expect(handler).not.toHaveBeenCalled();
  });

  it('answers with a body that can be read', async () => {
    const answer = await withVercelToken(() => new Response('ok'), { verifier })(request('bad'));
    expect(await answer.json()).toEqual({ error: 'invalid_token' });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });
});

it('wrong options are found before any request', () => {
  expect(() => withVercelToken(() => new Response('ok'), { verifier, realm: '"' })).toThrow(OptionError);
});
