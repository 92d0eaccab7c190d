import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CredentialStore } from '@credex/core';
import { createStoreKey, encryptedStore } from '@credex/store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DoctorContext } from './context.js';
import { store } from './store-step.js';

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'credex-doctor-'));
  const text = "export const store = globalThis[Symbol.for('credex.test.doctor')];";
  for (const name of ['good', 'refusing', 'losing']) writeFileSync(join(cwd, `${name}.mjs`), text);
});
afterAll(() => rmSync(cwd, { recursive: true }));

function memory(): CredentialStore {
  const records = new Map<string, string>();
  return {
    async get(name) {
      const record = records.get(name);
      return record === undefined ? undefined : { record };
    },
    async set(name, record) {
      records.set(name, record);
    },
    async delete(name) {
      records.delete(name);
    },
  };
}

const check = (file: string, engine: CredentialStore) => {
  const key = createStoreKey('production');
  Object.assign(globalThis, { [Symbol.for('credex.test.doctor')]: encryptedStore(engine, { key }) });
  const io = { cwd, clock: { now: () => 1_800_000_000_000, monotonic: () => 0 } };
  const context = { io, options: { store: file } } as unknown as DoctorContext;
  return store(context, new AbortController().signal);
};

describe('the step about a shared store', () => {
  it('writes a record, reads it, and leaves nothing', async () => {
    const engine = memory();
    const names: string[] = [];
    const { says, warnings } = await check('good.mjs', {
      ...engine,
      set: async (name, ...given) => {
        names.push(name);
        await engine.set(name, ...given);
      },
    });
    expect(says).toBe(
      'a test record was written, read and deleted in 0 ms; it has no lock, so instances may exchange at the same time',
    );
    expect(warnings).toEqual([]);
    const options = { signal: new AbortController().signal };
    expect(await engine.get(names[0] as string, options)).toBeUndefined();
  });

  it('names the code of a store that refuses', async () => {
    const set = () => Promise.reject(Object.assign(new Error('READONLY crx1.secret'), { code: 'READONLY' }));
    await expect(check('refusing.mjs', { ...memory(), set })).rejects.toMatchObject({
      code: 'store_failed',
      message: 'The shared store failed (READONLY).',
    });
  });

  it('says if the record does not come back', async () => {
    await expect(check('losing.mjs', { ...memory(), set: async () => undefined })).rejects.toMatchObject({
      code: 'store_lost_record',
    });
  });

  it('says which module can not be loaded', async () => {
    await expect(check('absent.mjs', memory())).rejects.toMatchObject({ option: '--store' });
  });
});
