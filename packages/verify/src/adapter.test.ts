import { OptionError } from '@credex/core';
import { describe, expect, it, test, vi } from 'vitest';
import type { VercelTokenOptions } from './adapter-options.js';
import { createRequestGuard, setClaims } from './adapter.js';
import type { TokenVerifier, VercelTokenClaims } from './contract.js';
import { TokenVerificationError } from './errors.js';

const claims = Object.freeze({ project: 'shop' }) as VercelTokenClaims;

/** Lets in whoever says `good`. */
const verifier: TokenVerifier = {
  verify: (token) =>
    token === 'good'
      ? Promise.resolve(claims)
      : Promise.reject(new TokenVerificationError({ code: 'not_allowed', message: 'No.' })),
};

describe('a request', () => {
  it('is accepted with its claims, and the listener is not called', async () => {
    const onRefused = vi.fn();
    const admit = createRequestGuard({ verifier, onRefused });
    expect(await admit(['Bearer good'], {})).toEqual({ claims });
    expect(onRefused).not.toHaveBeenCalled();
  });

  it('is refused with a response, and onRefused receives the reason', async () => {
    const onRefused = vi.fn();
    const admit = createRequestGuard({ verifier, onRefused, realm: 'orders' });
    const request = { id: 1 };
    const { refusal } = await admit(['Bearer bad'], request);
    expect(refusal).toMatchObject({
      status: 403,
      headers: { 'www-authenticate': 'Bearer realm="orders", error="insufficient_scope"' },
    });
    expect(onRefused).toHaveBeenCalledTimes(1);
    expect(onRefused.mock.calls[0]?.[0]).toMatchObject({ code: 'not_allowed', status: 403 });
    expect(onRefused.mock.calls[0]?.[1]).toBe(request);
  });

  test.each([
    ['no_token', [], 401],
    ['invalid_request', ['Bearer good', 'Bearer good'], 400],
  ] as const)('is refused before the verifier is called: %s', async (code, authorization, status) => {
    const verify = vi.fn(verifier.verify);
    const onRefused = vi.fn();
    const { refusal } = await createRequestGuard({ verifier: { verify }, onRefused })(authorization, {});
    expect(refusal?.status).toBe(status);
    expect(onRefused.mock.calls[0]?.[0]).toMatchObject({ code });
    expect(verify).not.toHaveBeenCalled();
  });

  test.each([
    ['throws', () => { throw new Error('the log is full'); }], // prettier-ignore
    ['rejects', () => Promise.reject(new Error('the log is full'))],
    ['returns true', () => true],
    ['never ends', () => new Promise(() => undefined)],
  ])('is refused even if onRefused %s', async (_, onRefused) => {
    const { claims: admitted, refusal } = await createRequestGuard({ verifier, onRefused })(
      ['Bearer bad'],
      {},
    );
    expect(admitted).toBeUndefined();
    expect(refusal?.status).toBe(403);
  });
});

describe('a defect', () => {
  test.each([
    ['an error of another kind', () => Promise.reject(new RangeError('a defect'))],
    ['one that is thrown at once', () => { throw new RangeError('a defect'); }], // prettier-ignore
    ['a value that is no error', () => Promise.reject(undefined)],
  ])('of the verifier is passed on, and the request is refused: %s', async (_, verify) => {
    const onRefused = vi.fn();
    const admit = createRequestGuard({ verifier: { verify }, onRefused });
    await expect(admit(['Bearer good'], {})).rejects.toBeInstanceOf(Error);
    expect(onRefused).not.toHaveBeenCalled();
  });

  test.each([undefined, null, true, 'good', 0])(
    'a verifier that resolves with %j accepts no request',
    async (value) => {
      const admit = createRequestGuard({ verifier: { verify: () => Promise.resolve(value as never) } });
      await expect(admit(['Bearer good'], {})).rejects.toThrow(TypeError);
    },
  );
});

describe('options', () => {
  const optionError = (options: unknown): OptionError => {
    try {
      createRequestGuard(options as VercelTokenOptions<unknown>);
    } catch (error) {
      if (OptionError.isInstance(error)) return error;
      throw error;
    }
    throw new Error('The options passed.');
  };

  const own = {
    team: 'acme',
    audience: 'https://vercel.com/acme',
    allow: [{ project: 'shop', environment: '*' }],
  };

  test.each([
    ['options', 'invalid_option', undefined],
    ['options', 'invalid_option', null],
    ['realm', 'invalid_option', { verifier, realm: 'a"b' }],
    ['realm', 'invalid_option', { verifier, realm: 'a\\b' }],
    ['realm', 'invalid_option', { verifier, realm: 'a\r\nset-cookie: b' }],
    ['realm', 'invalid_option', { verifier, realm: '' }],
    ['realm', 'invalid_option', { verifier, realm: 'é' }],
    ['realm', 'invalid_option', { verifier, realm: 'a'.repeat(201) }],
    ['realm', 'invalid_option', { verifier, realm: 1 }],
    ['onRefused', 'invalid_option', { verifier, onRefused: 'console' }],
    ['verifier', 'invalid_option', { verifier: null }],
    ['verifier', 'invalid_option', { verifier: {} }],
    ['verifier', 'invalid_option', { verifier: () => claims }],
    ['allow', 'conflicting_options', { verifier, allow: [] }],
    ['audience', 'conflicting_options', { verifier, audience: 'x' }],
    ['realms', 'invalid_option', { verifier, realms: 'x' }],
    ['realms', 'invalid_option', { ...own, realms: 'x' }],
  ])('%s, %s: %j', (option, code, options) => {
    expect(optionError(options)).toMatchObject({ option, code });
  });

  it('that are unknown are refused with the nearest name, those of the verifier among them', () => {
    expect(optionError({ ...own, realms: 'x' }).message).toContain(
      'vercelToken knows no option `realms`. Did you mean `realm`?',
    );
    expect(optionError({ ...own, alow: [] }).message).toContain('Did you mean `allow`?');
  });

  it('without a verifier are those of one', () => {
    expect(createRequestGuard({ ...own, realm: 'orders', verifier: undefined })).toBeTypeOf('function');
    expect(optionError({ realm: 'orders' })).toBeInstanceOf(TypeError);
  });

  it('together with a verifier may be undefined', () => {
    expect(createRequestGuard({ verifier, audience: undefined, realm: undefined })).toBeTypeOf('function');
  });
});

describe('the claims on a request', () => {
  it('stand over what had the name before, and cannot be overwritten', () => {
    const request: { vercelToken?: unknown } = { vercelToken: { project: 'forged' } };
    setClaims(request, claims);
    expect(request.vercelToken).toBe(claims);
    expect(() => {
      request.vercelToken = { project: 'forged' };
    }).toThrow(TypeError);
  });

  it('are not set in silence on what takes none', () => {
    expect(() => setClaims(Object.freeze({}), claims)).toThrow(TypeError);
  });
});
