/** A client executes a command later than its caller waits for it: Redis stands still when the command is sent. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createStoreKey } from '@credex/store';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeProgram } from '../support/programs.js';
import { installedClients } from './clients.mjs';
import { REDIS, startRedis } from './redis-server.mjs';
import type { RedisServer } from './redis-server.mjs';

const CHILD = fileURLToPath(new URL('late-child.mjs', import.meta.url));
const CLIENTS = [
  { client: 'ioredis', name: 'ioredis' },
  { client: 'node-redis', name: 'redis' },
] as const;
const COMMANDS = ['get', 'lock', 'set', 'unlock', 'delete', 'takeOver'] as const;

interface Result {
  /** Whether the credential that the call got had expired. */
  readonly isExpired: boolean;
  readonly outcomes: readonly string[];
  /** The same from another process with nothing cached, after the late command. */
  readonly next: { readonly isExpired: boolean; readonly outcomes: readonly string[] };
  readonly exchanges: number;
  /** What is locked after all. */
  readonly locks: number;
}

describeProgram('Redis', REDIS, () => {
  let redis: RedisServer;
  beforeEach(async () => {
    redis = await startRedis();
  });
  afterEach(() => redis.kill());

  test.each(CLIENTS.flatMap((one) => COMMANDS.map((command) => ({ ...one, command }))))(
    '$client executes $command late: nothing expired is served, no lock is left, nothing is written on standard error',
    async ({ client, name, command }) => {
      const module = createRequire(join(installedClients(), 'package.json')).resolve(name);
      const told = {
        client,
        module,
        command,
        port: redis.port,
        pid: redis.process.pid,
        key: createStoreKey('production'),
      };
      const child = spawn(process.execPath, [CHILD, JSON.stringify(told)], {
        env: { PATH: process.env['PATH'] },
      });
      const said = { stdout: '', stderr: '' };
      for (const stream of ['stdout', 'stderr'] as const)
        child[stream].on('data', (chunk: Buffer) => (said[stream] += chunk.toString()));
      const [exitCode] = (await once(child, 'close')) as readonly unknown[];
      expect({ exitCode, stderr: said.stderr }).toEqual({ exitCode: 0, stderr: '' });
      const result = JSON.parse(said.stdout) as Result;
      expect(result).toMatchObject({ isExpired: false, next: { isExpired: false }, locks: 0 });
      expect(result.outcomes).toContain('failed');
      console.log(
        `${client}, ${command} late: ${result.outcomes.join(', ')}; then ${result.next.outcomes.join(', ')}`,
      );
    },
  );
});
