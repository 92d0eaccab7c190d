import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createStoreKey } from './index.js';
import { storeKeyOf } from './store-key.js';

const KEY = 'cxk1.production.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';

beforeEach(() => {
  vi.stubEnv('VERCEL_ENV', '');
  vi.stubEnv('VERCEL_TARGET_ENV', '');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const thrown = (run: () => unknown): { message: string; code: string; option: string } => {
  try {
    run();
  } catch (error) {
    return error as never;
  }
  throw new Error('nothing was thrown');
};

describe('createStoreKey', () => {
  it('makes a different key each time, labelled with the environment', () => {
    const keys = Array.from({ length: 50 }, () => createStoreKey('my-staging'));
    expect(new Set(keys).size).toBe(50);
    for (const key of keys) {
      expect(key).toMatch(/^cxk1\.my-staging\.[A-Za-z0-9_-]{43}$/);
      expect(storeKeyOf(key).bytes.length).toBe(32);
    }
  });

  it.each(['', 'Production', 'a.b', '-a', 'a-', 'a'.repeat(65), undefined as never])(
    'refuses the environment %j',
    (environment) => {
      expect(thrown(() => createStoreKey(environment))).toMatchObject({ option: 'environment' });
    },
  );
});

describe('the key of a store', () => {
  it('is accepted in its own environment, and where no environment is known', () => {
    expect(storeKeyOf(KEY).label).toBe('production');
    vi.stubEnv('VERCEL_ENV', 'production');
    expect(storeKeyOf(KEY).label).toBe('production');
  });

  it('is refused in an environment that it is not labelled for', () => {
    vi.stubEnv('VERCEL_ENV', 'preview');
    expect(thrown(() => storeKeyOf(KEY))).toMatchObject({
      code: 'invalid_option',
      option: 'key',
      message: expect.stringContaining('credex store-key --environment preview') as string,
    });
  });

  it('is compared with the target environment rather than with its kind', () => {
    vi.stubEnv('VERCEL_ENV', 'production');
    vi.stubEnv('VERCEL_TARGET_ENV', 'staging');
    expect(thrown(() => storeKeyOf(KEY)).message).toContain('"staging"');
  });

  it('says what to do if it is missing', () => {
    expect(thrown(() => storeKeyOf(undefined))).toMatchObject({
      code: 'missing_option',
      message: expect.stringContaining('credex store-key --environment production') as string,
    });
  });

  it.each([
    '',
    'cxk1.production.AAEC',
    `${KEY}A`,
    // The last character has unused bits.
    `${KEY.slice(0, -1)}9`,
    KEY.replace('cxk1', 'cxk2'),
    KEY.replace('production', 'Production'),
    KEY.replace('.production', ''),
    'hunter2',
    null,
    32,
  ])('is refused in another form and never repeated: %j', (key) => {
    const { message, code } = thrown(() => storeKeyOf(key));
    expect(code).toBe('invalid_option');
    if (typeof key === 'string' && key.length > 3) expect(message).not.toContain(key);
    expect(message).not.toContain('AAEC');
  });
});
