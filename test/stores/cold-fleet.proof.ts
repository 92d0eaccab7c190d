/** Cold instances in several processes over a real Redis: how many exchanges they make. */

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createStoreKey } from '@credex/store';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeProgram } from '../support/programs.js';
import { installedClients } from './clients.mjs';
import { coldFleet, startProcess } from './fleet.mjs';
import { REDIS, startRedis } from './redis-server.mjs';
import type { RedisServer } from './redis-server.mjs';

/**
 * An instance that gets no processor for 150 ms takes its store for a slow one, and exchanges. Then the round says nothing
 * about the protocol, and is made again.
 */
const ROUNDS = 5;

interface Call {
  readonly value?: string;
  readonly error?: string;
  readonly outcomes: readonly string[];
}

describeProgram('Redis', REDIS, () => {
  let server: RedisServer;
  let ioredis: string;
  beforeAll(async () => {
    server = await startRedis();
    ioredis = createRequire(join(installedClients(), 'package.json')).resolve('ioredis');
  });
  afterAll(() => server.kill());

  const settings = (instances: number, exchangeMs: number) => ({
    instances,
    exchangeMs,
    port: server.port,
    ioredis,
    withStore: true,
    waitForLeaderMs: 600,
    key: createStoreKey('production'),
  });

  /** The exchanges of the best round: `most` is reached unless the machine is too slow for it. */
  async function fewest(most: number, round: () => Promise<readonly Call[]>): Promise<number> {
    let best = Infinity;
    for (let n = 0; n < ROUNDS && best > most; n++) {
      server.cli('flushall');
      const calls = await round();
      expect(calls.flatMap(({ error }) => (error === undefined ? [] : [error]))).toEqual([]);
      best = Math.min(best, Number(server.cli('get', 'exchanges')));
    }
    return best;
  }

  test.each([
    [80, 1],
    [300, 2],
  ])('100 instances in 4 processes, an exchange of %i ms: at most %i exchanges', async (exchangeMs, most) => {
    expect(await fewest(most, () => coldFleet(4, settings(25, exchangeMs)))).toBeLessThanOrEqual(most);
  });

  test('40 processes of one instance, an exchange of 80 ms: at most 2 exchanges', async () => {
    expect(await fewest(2, () => coldFleet(40, settings(1, 80)))).toBeLessThanOrEqual(2);
  });

  test('the leading process is killed in mid-exchange, 25 instances follow: at most 5 exchanges', async () => {
    const exchanges = await fewest(5, async () => {
      const own = settings(1, 80);
      const [leader, followers] = await Promise.all([
        startProcess({ ...own, exchangeMs: 60_000 }),
        startProcess({ ...own, instances: 25 }),
      ]);
      leader.go();
      await leader.line('exchange');
      followers.go();
      await leader.kill();
      return (await followers.line('done')).calls;
    });
    expect(exchanges).toBeLessThanOrEqual(5);
  });
});
