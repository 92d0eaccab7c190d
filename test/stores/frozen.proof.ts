/**
 * A platform freezes an instance between requests, sockets and timers and all. Here it is done to real processes, at each
 * stage of a refresh through a store on a real Redis: SIGSTOP, the wall clock goes on, SIGCONT.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as elapse } from 'node:timers/promises';
import { createStoreKey } from '@credex/store';
import type { RedisClient } from '@credex/store/redis';
import { redisStore } from '@credex/store/redis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeProgram } from '../support/programs.js';
import { client as loadClient, installedClients } from './clients.mjs';
import { instance } from './frozen-instance.mjs';
import type { Request, Settled } from './frozen-process.js';
import { FrozenProcess } from './frozen-process.js';
import { REDIS, startRedis } from './redis-server.mjs';
import type { RedisServer } from './redis-server.mjs';

const HOUR = 3_600_000;
/** A process that gets no processor for 150 ms takes its store for a slow one, and goes on without. Then it tries again. */
const ROUNDS = 10;

interface Stage {
  readonly at: string;
  /** Another instance has written a record, which this one finds. */
  readonly finds?: boolean;
  /** What stands in Redis while the process is frozen. */
  readonly holds: readonly ('record' | 'lock')[];
}

const STAGES: readonly Stage[] = [
  { at: 'before the read', finds: true, holds: ['record'] },
  { at: 'after the read', finds: true, holds: ['record'] },
  { at: 'after the lock', holds: ['lock'] },
  { at: 'during the exchange', holds: ['lock'] },
  { at: 'before the write', holds: ['lock'] },
  { at: 'during the write', holds: ['lock', 'record'] },
];

/** `isLate`: the client sends a command in the next turn of the event loop, so that a freeze comes before it. */
const CLIENTS = [
  { client: 'ioredis', name: 'ioredis', isLate: false },
  { client: 'node-redis', name: 'redis', isLate: true },
] as const;

interface Freeze {
  readonly name: string;
  readonly lifeMs: number;
  /** The age of the record that is found; its lock has ended. */
  readonly ageMs: number;
  /** How far the wall clock jumps. */
  readonly wallMs: number;
  /** How long the process stands still in fact: its timers are due at the thaw, and its lock has ended. */
  readonly realMs: number;
}

const FREEZES: readonly Freeze[] = [
  { name: '9 s, in which a found credential ends', lifeMs: 31_000, ageMs: 25_000, wallMs: 9_000, realMs: 0 },
  { name: '2 h, no timer is due', lifeMs: HOUR, ageMs: 10_000, wallMs: 2 * HOUR, realMs: 0 },
  // A lock lives for 3 s, since an exchange may take 2 s.
  { name: '2 h, all timers are due', lifeMs: HOUR, ageMs: 10_000, wallMs: 2 * HOUR, realMs: 3_100 },
];

/** What happens meanwhile. */
const FATES = ['nothing', 'another instance refreshes', 'Redis closes the connection'] as const;

type Served = Settled & { readonly call: string };

describeProgram('Redis', REDIS, () => {
  const folder = mkdtempSync(join(tmpdir(), 'credex-frozen-'));
  const key = createStoreKey('production');
  const processes: FrozenProcess[] = [];
  let redis: RedisServer;
  let one: RedisClient & { disconnect(): void; on(event: string, listener: () => void): void };

  beforeAll(async () => {
    redis = await startRedis();
    const { Redis } = (await loadClient('ioredis')) as unknown as { Redis: new (url: string) => typeof one };
    one = new Redis(redis.url);
    one.on('error', () => undefined);
  });
  afterAll(async () => {
    for (const frozen of processes) frozen.stop();
    one.disconnect();
    await redis.kill();
    rmSync(folder, { recursive: true });
  });

  /** Another instance, in this process, with nothing cached. */
  async function callOther(frozen: FrozenProcess, namespace: string, request: Request): Promise<Settled> {
    const { serviceUrl: service, now } = frozen;
    const provider = instance({ key, namespace, service, now, timeoutMs: 8_000, engine: redisStore(one) });
    const { serial, expiresAt } = await provider.getCredentials({ request });
    return { serial, leftMs: expiresAt - now() };
  }

  /** One freeze, and what each caller got. */
  async function freezeOnce(
    frozen: FrozenProcess,
    { at, finds, holds }: Stage,
    { name, lifeMs, ageMs, wallMs, realMs }: Freeze,
    fate: (typeof FATES)[number],
  ): Promise<readonly Served[]> {
    const { namespace } = frozen;
    const request = { scope: `${name}, ${fate}`.replaceAll(' ', '-'), lifeMs };
    const served: Served[] = [];
    const note = (call: string, settled: Settled): void =>
      void served.push({ ...settled, call: `${name}, ${fate}: ${call}` });
    const other = async (call: string): Promise<void> =>
      note(call, await callOther(frozen, namespace, request));

    let call: Promise<Settled> | undefined;
    for (let round = 1; call === undefined; round++) {
      expect(round, `${name}, ${fate}: the stage is reached`).toBeLessThanOrEqual(ROUNDS);
      // What was left before has ended.
      frozen.pass(2 * HOUR);
      if (finds === true) {
        await callOther(frozen, namespace, request).catch(() => undefined);
        frozen.pass(ageMs);
      }
      const made = frozen.call(request, at);
      if (!(await frozen.isFrozen(made))) continue;
      if (String(frozen.holds()) === String(holds)) call = made;
      else {
        frozen.thaw();
        await made;
      }
    }
    if (realMs > 0) await elapse(realMs);
    frozen.pass(wallMs);
    if (fate === 'another instance refreshes') await other('meanwhile');
    if (fate === 'Redis closes the connection') frozen.closeConnection();
    frozen.thaw();
    note('of the frozen one', await call);
    note('of the frozen one, the next call', await frozen.call(request));
    await other('after');
    return served;
  }

  test.concurrent.each(CLIENTS.flatMap((one) => STAGES.map((stage) => ({ ...one, ...stage }))))(
    '$client, frozen $at: nothing expired is served, nothing is unhandled, nothing is said',
    async ({ client, name, isLate, ...each }) => {
      const stage = isLate && each.at === 'during the write' ? { ...each, holds: ['lock'] as const } : each;
      const namespace = `${client}-${stage.at}`.replaceAll(' ', '-');
      const module = createRequire(join(installedClients(), 'package.json')).resolve(name);
      const offset = join(folder, namespace);
      const frozen = new FrozenProcess(redis, { key, namespace, client, module, offset });
      processes.push(frozen);
      await frozen.start();
      const served: Served[] = [];
      const freezes = FREEZES.filter(({ lifeMs }) => lifeMs === HOUR || stage.finds === true);
      for (const freeze of freezes)
        for (const fate of FATES) served.push(...(await freezeOnce(frozen, stage, freeze, fate)));
      expect(served.filter(({ leftMs, error }) => error !== undefined || !((leftMs ?? 0) > 0))).toEqual([]);
      expect(await frozen.end()).toEqual({ exitCode: 0, said: '' });
      const figures = `${served.length} calls, ${frozen.exchanges} exchanges`;
      console.log(
        `${client}, ${stage.at}: ${freezes.length * FATES.length} freezes, ${figures}, none failed, none expired`,
      );
    },
    120_000,
  );
});
