/** Two processes that share a store, against the emulator: what is exchanged, what is stored, and what can be opened. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { awsCredentialsProvider } from '@credex/aws';
import { azureCredentialsProvider } from '@credex/azure';
import { run } from '@credex/cli';
import type { CredentialEvent, EncryptedStore } from '@credex/core';
import { createCredentialCache } from '@credex/core';
import { gcpCredentialsProvider } from '@credex/gcp';
import { createStoreKey, encryptedStore } from '@credex/store';
import { storeConformance } from '@credex/testing/conformance';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { setDeployment, setEnvironment } from '../support/environment.js';
import { memoryStore } from '../support/memory-store.js';
import type { MemoryStore } from '../support/memory-store.js';
import { AWS } from '../support/trust.js';
import { forgetEarlierTokens, useFixture } from '../support/use-fixture.js';

const fixture = useFixture();

storeConformance(
  { describe, it },
  () => {
    let now = 0;
    return { store: memoryStore(() => now), advance: (ms) => void (now += ms) };
  },
  { name: 'a store in memory' },
);

/** A store of this machine's time, whose key is for production. */
function shared(): {
  readonly memory: MemoryStore;
  readonly key: string;
  store(key?: string): EncryptedStore;
} {
  const memory = memoryStore(() => fixture.clock.now());
  const key = createStoreKey('production');
  return { memory, key, store: (other = key) => encryptedStore(memory, { key: other }) };
}

/** One process: its own cache, and the three clouds over one store. */
function instance(store: EncryptedStore | undefined) {
  const events: CredentialEvent[] = [];
  const more = {
    cache: createCredentialCache(),
    store,
    onEvent: (event: CredentialEvent) => void events.push(event),
  };
  const { aws, gcp, azure } = fixture.options;
  return {
    events,
    outcomes: () => events.flatMap((event) => (event.type === 'store' ? [event.outcome] : [])),
    aws: awsCredentialsProvider({ ...aws, ...more }),
    gcp: gcpCredentialsProvider({ ...gcp, ...more }),
    azure: azureCredentialsProvider({ ...azure, ...more }),
  };
}

const all = async ({ aws, gcp, azure }: ReturnType<typeof instance>, token: string) =>
  fixture.inRequest(token, () => Promise.all([aws(), gcp.getCredentials(), azure.getCredentials()]));

const requests = (): number => fixture.emulator.log.entries().length;

test('a second process adopts the credentials of three clouds: no request, and no secret in the store', async () => {
  setDeployment();
  const { memory, key, store } = shared();
  const token = await fixture.mint();
  const [first, second] = [instance(store()), instance(store())];
  const exchanged = await all(first, token);
  const before = requests();
  const adopted = await all(second, token);
  expect(requests()).toBe(before);
  expect(second.outcomes()).toEqual(['hit', 'hit', 'hit']);
  expect(adopted.map((one) => JSON.stringify(one))).toEqual(exchanged.map((one) => JSON.stringify(one)));
  expect(second.aws.status()).toMatchObject({ from: 'store', counts: { exchanges: 0 } });

  const [aws, gcp, azure] = exchanged;
  const secrets = [
    ...token.split('.').slice(1),
    key.split('.')[2] as string,
    aws.accessKeyId,
    aws.secretAccessKey,
    aws.sessionToken,
    gcp.accessToken,
    azure.token,
  ];
  const texts = [...memory.records.values()].map(({ record }) => record);
  const seen = [
    ...memory.records.keys(),
    ...texts,
    inspect([first.events, second.events, store()], { depth: 12, showHidden: true }),
  ].join('\n');
  for (const secret of secrets) expect(seen.includes(secret.slice(0, 40))).toBe(false);
  const told = inspect([first.events, second.events], { depth: 12 });
  for (const text of [...memory.records.keys(), ...texts]) expect(told).not.toContain(text.slice(0, 24));
  expect([...memory.records.keys()].every((name) => /^credex:1:[\w-]{43}(:lock)?$/.test(name))).toBe(true);
});

test('rotation costs one exchange for each credential, and the old deployment keeps its own', async () => {
  setDeployment();
  const { store } = shared();
  const token = await fixture.mint();
  const rotated = createStoreKey('production');
  await all(instance(store()), token);
  await all(instance(store(rotated)), token);
  const before = requests();
  const [old, fresh] = [instance(store()), instance(store(rotated))];
  await all(old, token);
  await all(fresh, token);
  expect(requests()).toBe(before);
});

test('a key of another environment is refused, and names the command', () => {
  setDeployment('staging');
  const { memory, key } = shared();
  expect(() => encryptedStore(memory, { key })).toThrow('credex store-key --environment staging');
});

test('another project, environment or role finds nothing', async () => {
  setDeployment();
  const { store } = shared();
  await all(instance(store()), await fixture.mint());
  const before = requests();
  setDeployment('production', 'prj_other');
  // In the process of another instance.
  forgetEarlierTokens();
  const other = instance(store());
  await fixture
    .inRequest(await fixture.mint({ projectId: 'prj_other' }), () => other.aws())
    .catch(() => undefined);
  expect(other.outcomes()).toEqual(['miss', 'written']);
  expect(requests()).toBeGreaterThan(before);
});

test('a token of another identity reads nothing: it might be forged', async () => {
  setDeployment();
  const { store } = shared();
  await all(instance(store()), await fixture.mint());
  // In the process of another instance.
  forgetEarlierTokens();
  const other = instance(store());
  await fixture
    .inRequest(await fixture.mint({ projectId: 'prj_other' }), () => other.aws())
    .catch(() => undefined);
  await fixture.inRequest(undefined, () => other.aws()).catch(() => undefined);
  expect(other.outcomes()).toEqual([]);
});

test('a record with the credentials of another account is a miss', async () => {
  setDeployment();
  const { memory, store } = shared();
  const token = await fixture.mint();
  const planter = store();
  await all(instance(planter), token);
  const derived = {};
  for (const name of memory.records.keys()) {
    const kept = memory.records.get(name) as { record: string; endsAt: number };
    const found = await planter.decrypt(derived, name, kept.record);
    if (found?.record.provider !== 'aws') continue;
    const credential = { ...(found.record.credential as object), accountId: '666666666666' };
    const record = await planter.encrypt(derived, name, { ...found.record, credential }, found.endsAt);
    memory.records.set(name, { ...kept, record });
  }
  // The lock outlasts the exchange that it was for.
  for (const name of memory.records.keys()) if (name.endsWith(':lock')) memory.records.delete(name);
  const other = instance(store());
  const credentials = await fixture.inRequest(token, () => other.aws());
  expect(credentials.accountId).toBe(AWS.roleArn.split(':')[4]);
  expect(other.outcomes()[0]).toBe('unreadable');
});

describe('credex store-forget', () => {
  const STORE = Symbol.for('credex.test.store');
  let cwd: string;
  beforeAll(() => {
    cwd = mkdtempSync(join(tmpdir(), 'credex-forget-'));
    writeFileSync(join(cwd, 'store.mjs'), `export default globalThis[Symbol.for('credex.test.store')];`);
    const { roleArn, region, endpoint } = fixture.options.aws;
    const orders = { provider: 'aws', roleArn, region, endpoint, allowLoopbackHttp: true };
    writeFileSync(
      join(cwd, 'credex.config.mjs'),
      `export default ${JSON.stringify({ credentials: { orders } })};`,
    );
  });
  afterAll(() => rmSync(cwd, { recursive: true }));

  const forget = async (...more: readonly string[]) => {
    let stdout = '';
    let stderr = '';
    const exit = await run(['store-forget', 'orders', '--config', 'credex.config.mjs', '--json', ...more], {
      stdout: { isTerminal: false, write: (text) => void (stdout += text) },
      stderr: { isTerminal: false, write: (text) => void (stderr += text) },
      stdin: { isTerminal: false, read: async () => '' },
      env: process.env,
      cwd,
      clock: fixture.clock,
      fetch: () => Promise.reject(new Error('nothing is sent')),
      signal: new AbortController().signal,
      version: '0.0.0',
    });
    return { exit, stderr, printed: JSON.parse(stdout) as Record<string, unknown> };
  };

  test('deletes the record of the deployment, and sends nothing', async () => {
    setDeployment();
    const { memory, store } = shared();
    Object.assign(globalThis, { [STORE]: store() });
    await fixture.inRequest(await fixture.mint(), () => instance(store()).aws());
    const before = requests();
    expect(await forget('--store', 'store.mjs')).toMatchObject({
      exit: 0,
      printed: { name: 'orders', forgotten: true },
    });
    expect([...memory.records.keys()].filter((name) => !name.endsWith(':lock'))).toEqual([]);
    expect((await forget('--store', 'store.mjs')).printed).toMatchObject({ forgotten: false });
    expect(requests()).toBe(before);
  });

  test('asks for the deployment and for the module', async () => {
    setDeployment();
    writeFileSync(join(cwd, 'empty.mjs'), 'export const nothing = 1;');
    expect((await forget()).printed).toMatchObject({ error: { code: 'missing_argument' } });
    expect(await forget('--store', 'empty.mjs')).toMatchObject({ exit: 2 });
    expect(await forget('--store', 'absent.mjs')).toMatchObject({ exit: 2 });
    setEnvironment({ VERCEL_PROJECT_ID: undefined });
    const { printed } = await forget('--store', 'store.mjs');
    expect(JSON.stringify(printed)).toContain('vercel env run');
  });
});
