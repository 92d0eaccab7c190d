import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { CredentialStore } from './index.js';
import { encryptedStore } from './index.js';

const KEY = 'cxk1.production.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const engine: CredentialStore = {
  get: async () => undefined,
  set: async () => undefined,
  delete: async () => undefined,
};

describe('encryptedStore', () => {
  it('has its defaults', () => {
    expect(encryptedStore(engine, { key: KEY })).toMatchObject({
      contract: 'credex.store.v1',
      waitForLeaderMs: 600,
      clock: undefined,
    });
  });

  it('has the same fingerprint for the same key and namespace alone', async () => {
    const of = async (key: string, namespace?: string) =>
      encryptedStore(engine, { key, namespace }).fingerprint();
    const prints = [await of(KEY), await of(KEY, 'other'), await of(KEY.replace('AAEC', 'AAED'))];
    expect(new Set(prints).size).toBe(3);
    expect(await of(KEY, 'credex')).toBe(prints[0]);
    expect(prints.join()).not.toContain(KEY);
  });

  it('shows no key when it is printed', () => {
    const store = encryptedStore(engine, { key: KEY });
    expect(inspect(store, { depth: 10, showHidden: true })).not.toContain('AAEC');
    expect(JSON.stringify(store)).not.toContain('AAEC');
  });

  it('derives nothing until it is used', () => {
    const derived = {};
    encryptedStore(engine, { key: KEY });
    expect(derived).toEqual({});
  });

  it.each([
    [undefined, {}, 'store'],
    [{ get: engine.get, set: engine.set }, {}, 'store.delete'],
    [{ ...engine, lock: true }, {}, 'store.lock'],
    [engine, { namespace: 'a:b' }, 'namespace'],
    [engine, { namespace: '' }, 'namespace'],
    [engine, { waitForLeaderMs: -1 }, 'waitForLeaderMs'],
    [engine, { waitForLeaderMs: 10_001 }, 'waitForLeaderMs'],
    [engine, { clock: {} }, 'clock'],
    [engine, { waitForLeader: 1 }, 'waitForLeader'],
  ])('refuses options that it can not use: %#', (store, options, option) => {
    expect(() => encryptedStore(store as never, { key: KEY, ...(options as object) })).toThrowError(
      expect.objectContaining({ option }) as Error,
    );
  });
});
