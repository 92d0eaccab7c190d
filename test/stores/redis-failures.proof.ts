/** A Redis that stops, hangs, is full, read-only or fails over: no call fails, and no error is unhandled. */

import assert from 'node:assert/strict';
import { createCredentialCache } from '@credex/core';
import type { CredentialEvent } from '@credex/core';
import type { Exchanger } from '@credex/core/driver';
import { createCredentialProvider, readSubjectToken } from '@credex/core/driver';
import { createStoreKey, encryptedStore } from '@credex/store';
import type { RedisClient } from '@credex/store/redis';
import { redisStore } from '@credex/store/redis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeProgram } from '../support/programs.js';
import { client } from './clients.mjs';
import { REDIS, eventually, startCluster, startRedis } from './redis-server.mjs';
import type { RedisServer } from './redis-server.mjs';

type IoRedis = RedisClient & {
  call(...command: string[]): Promise<unknown>;
  disconnect(): void;
  on(event: string, listener: () => void): void;
};
type Connect = (new (url: string, options?: object) => IoRedis) & {
  Cluster: new (nodes: object[], options?: object) => IoRedis;
};

interface Secret {
  readonly value: string;
  readonly expiresAt: number;
}

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const JWT = [{ alg: 'RS256' }, { environment: 'production', exp: 4_102_444_800 }, 'x'].map(part).join('.');
const source = {
  capture: () => ({
    identityKey: 'prj_failures production',
    matchesIdentity: () => true,
    token: async () => readSubjectToken(JWT),
  }),
};

const exchanger: Exchanger<Secret, { readonly scope?: string }> = {
  specificationVersion: 'v1',
  provider: 'failures',
  cacheKeyFields: ({ scope }) => ({ scope: scope ?? '' }),
  async exchange(_request, context) {
    await context.subject();
    return context.step('cloud.test', async () => ({
      credential: { value: 'v', expiresAt: Date.now() + 3_600_000 },
    }));
  },
  parseStored: (record) => record as Secret,
  classify: () => ({ code: 'unknown', retry: 'never' }),
};

const key = createStoreKey('production');

/** One process, which asks for another scope each time: each call is a cold one. */
function processOver(one: RedisClient) {
  const events: CredentialEvent[] = [];
  const provider = createCredentialProvider(exchanger, {
    source,
    cache: createCredentialCache({ maxEntries: 100_000 }),
    store: encryptedStore(redisStore(one), { key }),
    onEvent: (event) => void events.push(event),
  });
  let calls = 0;
  return {
    events,
    outcomes: () => events.flatMap((event) => (event.type === 'store' ? [event.outcome] : [])),
    codes: () =>
      events.flatMap((event) => (event.type === 'store' && event.code !== undefined ? [event.code] : [])),
    call: () => provider.getCredentials({ request: { scope: `${(calls += 1)}` } }),
  };
}

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
const warnings: string[] = [];
const warn = (warning: Error): void => void warnings.push(`${warning.name}: ${warning.message}`);
beforeEach(() => {
  process.on('unhandledRejection', note);
  process.on('warning', warn);
});
afterEach(() => {
  process.off('unhandledRejection', note);
  process.off('warning', warn);
  assert.deepEqual(unhandled.splice(0), []);
  assert.deepEqual(warnings.splice(0), []);
});

describeProgram('Redis', REDIS, () => {
  let server: RedisServer;
  let one: IoRedis;
  beforeEach(async () => {
    server = await startRedis();
    const { Redis } = (await client('ioredis')) as unknown as { Redis: Connect };
    one = new Redis(server.url);
    one.on('error', () => undefined);
    await one.call('PING');
  });
  afterEach(async () => {
    one.disconnect();
    await server.kill();
  });

  const ten = async (own: ReturnType<typeof processOver>): Promise<void> => {
    for (let call = 0; call < 10; call++) await own.call();
  };

  test('stopped', async () => {
    const own = processOver(one);
    await own.call();
    await server.kill();
    await ten(own);
    expect(own.outcomes().slice(-7)).toEqual(Array(7).fill('skipped'));
  });

  test('paused: three calls wait for 150 ms, the others not at all', async () => {
    const own = processOver(one);
    await own.call();
    server.process.kill('SIGSTOP');
    try {
      await ten(own);
    } finally {
      server.process.kill('SIGCONT');
    }
    expect(own.outcomes().slice(2)).toEqual([...Array(3).fill('failed'), ...Array(7).fill('skipped')]);
    const waits = own.events.flatMap((event) =>
      event.type === 'store' && event.outcome === 'failed' ? [event.durationMs ?? 0] : [],
    );
    console.log(`paused: ${waits.map((ms) => `${ms.toFixed(0)} ms`).join(', ')}, then skipped`);
    expect(own.codes()).toEqual(['TIMEOUT', 'TIMEOUT', 'TIMEOUT']);
  });

  test('out of memory: it is read, not written', async () => {
    const own = processOver(one);
    await own.call();
    server.cli('config', 'set', 'maxmemory', '1');
    await ten(own);
    expect(own.codes()).toEqual(['OOM', 'OOM', 'OOM']);
    expect(own.outcomes().filter((outcome) => outcome === 'miss')).toHaveLength(11);
    const second = processOver(one);
    await second.call();
    expect(second.outcomes()).toEqual(['hit']);
  });

  test('read-only: it is read, not written', async () => {
    const own = processOver(one);
    await own.call();
    const primary = await startRedis();
    try {
      server.cli('replicaof', '127.0.0.1', String(primary.port));
      await eventually(() => server.cli('info', 'replication').includes('master_link_status:up'));
      await ten(own);
      expect(own.codes()).toEqual(['READONLY', 'READONLY', 'READONLY']);
      expect(own.outcomes()).not.toContain('skipped');
    } finally {
      await primary.kill();
    }
  });

  test('without EVAL: the lock ends by itself', async () => {
    server.cli('acl', 'setuser', 'default', '-eval');
    const own = processOver(one);
    await ten(own);
    expect(own.outcomes().filter((outcome) => outcome === 'written')).toHaveLength(10);
  });

  test('killed in mid-run at 1,000 calls a second', async () => {
    const own = processOver(one);
    let failed = 0;
    const calls: Promise<unknown>[] = [];
    const started = Date.now();
    let made = 0;
    let isKilled = false;
    while (made < 3_000) {
      const due = Math.min(3_000, Date.now() - started);
      for (; made < due; made++) calls.push(own.call().catch(() => (failed += 1)));
      if (made >= 1_000 && !isKilled) isKilled = server.process.kill('SIGKILL');
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(calls);
    expect(failed).toBe(0);
    expect(calls).toHaveLength(3_000);
    expect(own.outcomes()).toContain('failed');
  });
});

describeProgram('Redis', REDIS, () => {
  test('a cluster that fails over: no call fails', async () => {
    const nodes = await startCluster();
    const { Redis } = (await client('ioredis')) as unknown as { Redis: Connect };
    const one = new Redis.Cluster(nodes.map(({ port }) => ({ host: '127.0.0.1', port })));
    one.on('error', () => undefined);
    try {
      const own = processOver(one);
      for (let call = 0; call < 30; call++) await own.call();
      expect(own.outcomes()).toContain('written');
      const primary = nodes.find((node) => node.cli('info', 'replication').includes('role:master'));
      await (primary as RedisServer).kill();
      const left = nodes.filter((node) => node !== primary);
      for (let call = 0; call < 200; call++) await own.call();
      await eventually(() => left.every((node) => node.cli('cluster', 'info').includes('cluster_state:ok')));
      for (let call = 0; call < 30; call++) await processOver(one).call();
      const after = processOver(one);
      await after.call();
      expect(after.outcomes()).toEqual(['hit']);
    } finally {
      one.disconnect();
      await Promise.all(nodes.map((node) => node.kill()));
    }
  });
});
