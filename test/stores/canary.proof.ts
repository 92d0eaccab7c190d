/**
 * Standard error of a real process that uses a store, where it works and where it fails: no token, key, credential or record
 * is on it. The process prints all events, and nothing that is thrown is caught.
 */

import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createStoreKey } from '@credex/store';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { TEAM } from '../demo/names.mjs';
import { describeProgram } from '../support/programs.js';
import { Secrets, watchAnswers } from '../support/secrets.js';
import { useFixture } from '../support/use-fixture.js';
import { installedClients } from './clients.mjs';
import { REDIS, startRedis } from './redis-server.mjs';
import type { RedisServer } from './redis-server.mjs';

/** A process that gets no processor for 150 ms takes its store for a slow one: then its outcomes are others, and it runs again. */
const ON_A_BUSY_MACHINE = { retry: 4 };

const CHILD = fileURLToPath(new URL('canary-child.mjs', import.meta.url));

interface Start {
  readonly token?: string;
  readonly storeKey?: string;
  /** Redis does not answer from the start. */
  readonly isCut?: boolean;
}

interface Wrote {
  readonly code: number | null;
  readonly said: string;
  readonly outcomes: readonly string[];
}

describeProgram('Redis', REDIS, () => {
  const fixture = useFixture();
  let ioredis: string;
  let redis: RedisServer;
  let secrets: Secrets;
  let stopWatching: () => void;
  const key = createStoreKey('production');

  beforeAll(() => {
    ioredis = createRequire(join(installedClients(), 'package.json')).resolve('ioredis');
  });
  beforeEach(async () => {
    redis = await startRedis();
    secrets = new Secrets();
    stopWatching = watchAnswers(secrets);
    addKey(key);
  });
  afterEach(async () => {
    stopWatching();
    vi.unstubAllEnvs();
    await redis.kill();
  });

  const addKey = (text: string): Secrets => secrets.add(text.split('.').at(-1) as string);

  /** The records that Redis holds. They are secrets from now on, and so are their names. */
  function records(): readonly (readonly [name: string, text: string])[] {
    const names = redis.cli('--scan').split('\n').filter(Boolean);
    const held = names.map((name) => [name, redis.cli('get', name).trim()] as const);
    for (const [name, text] of held) secrets.add(name.replace(/^credex:1:/, '')).add(text);
    return held.filter(([name]) => !name.endsWith(':lock'));
  }

  function onlyRecord(): readonly [name: string, text: string] {
    const [found, ...more] = records();
    if (found === undefined || more.length > 0) throw new Error('Redis does not hold one record.');
    return found;
  }

  /** One process, and what it wrote; all that it could have given away is a secret by then. */
  async function run({ token, storeKey = key, isCut = false }: Start = {}) {
    const jwt = token ?? (await fixture.mint());
    secrets.addJwt(jwt);
    addKey(storeKey);
    const { clock: _clock, ...aws } = fixture.options.aws;
    const child = fork(CHILD, [JSON.stringify({ ioredis, port: redis.port, aws, isCut })], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        PATH: process.env['PATH'],
        VERCEL: '1',
        VERCEL_ENV: 'production',
        VERCEL_TARGET_ENV: 'production',
        VERCEL_PROJECT_ID: TEAM.projectId,
        VERCEL_OIDC_TOKEN: jwt,
        CREDEX_STORE_KEY: storeKey,
      },
      execArgv: [],
    });
    let said = '';
    const outcomes: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (said += String(chunk)));
    child.on('message', (outcome: string) => void outcomes.push(outcome));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, said, outcomes };
  }

  /** Nothing that was sent, answered, stored or configured is in it. */
  function expectSilence({ said }: Wrote): void {
    // What the token service answered is known from here on.
    stopWatching();
    expect(said).toContain('[AsyncFunction: getCredentials]');
    expect(secrets.foundIn(said)).toBeUndefined();
    // A record that Redis refused was never read by this test: no record, no name and no value of a lock at all.
    expect(said).not.toMatch(/crx1\.|credex:1:|\bl-[0-9a-f]{32}/);
  }

  test('it exchanges and writes, and the next one adopts', ON_A_BUSY_MACHINE, async () => {
    const [first, second] = [await run(), await run()];
    expect(records()).toHaveLength(1);
    expect([first.outcomes, second.outcomes]).toEqual([['miss', 'written'], ['hit']]);
    for (const wrote of [first, second]) expectSilence(wrote);
  });

  test('Redis is stopped', ON_A_BUSY_MACHINE, async () => {
    await run();
    records();
    await redis.kill();
    const wrote = await run({ isCut: true });
    expect(wrote).toMatchObject({ code: 0, outcomes: ['failed'] });
    // The client's own error: it has no listener.
    expect(wrote.said).toContain('ECONNREFUSED');
    expectSilence(wrote);
  });

  test('Redis hangs', ON_A_BUSY_MACHINE, async () => {
    redis.process.kill('SIGSTOP');
    const wrote = await run({ isCut: true });
    redis.process.kill('SIGCONT');
    expect(wrote).toMatchObject({ code: 0, outcomes: ['failed'] });
    expectSilence(wrote);
  });

  test('Redis is full: its refusal repeats the record', ON_A_BUSY_MACHINE, async () => {
    redis.cli('config', 'set', 'maxmemory', '1');
    const wrote = await run();
    expect(wrote).toMatchObject({ code: 0, outcomes: ['miss', 'failed'] });
    expect(wrote.said).toContain('OOM');
    expectSilence(wrote);
  });

  test('the record is altered', ON_A_BUSY_MACHINE, async () => {
    await run();
    const [name, text] = onlyRecord();
    redis.cli('set', name, `${text.slice(0, -9)}${text.at(-9) === 'A' ? 'B' : 'A'}${text.slice(-8)}`);
    redis.cli('del', `${name}:lock`);
    records();
    const wrote = await run();
    expect(wrote).toMatchObject({ code: 0, outcomes: ['unreadable', 'written'] });
    records();
    expectSilence(wrote);
  });

  test('the record is of another key', ON_A_BUSY_MACHINE, async () => {
    await run();
    const [own] = onlyRecord();
    const other = await run({ storeKey: createStoreKey('production') });
    expect(other.outcomes).toEqual(['miss', 'written']);
    const [, foreign = ''] = records().find(([name]) => name !== own) ?? [];
    redis.cli('set', own, foreign);
    redis.cli('del', `${own}:lock`);
    const wrote = await run();
    expect(wrote).toMatchObject({ code: 0, outcomes: ['unreadable', 'written'] });
    records();
    for (const each of [other, wrote]) expectSilence(each);
  });

  test.each([
    ['is cut', (): string => key.slice(0, -1)],
    ['is of another environment', (): string => createStoreKey('preview')],
  ])('the key %s: the error is not caught', ON_A_BUSY_MACHINE, async (_what, storeKey) => {
    const wrote = await run({ storeKey: storeKey() });
    expect(wrote).toMatchObject({ code: 1, outcomes: [] });
    expect(wrote.said).toContain('OptionError');
    expect(secrets.foundIn(wrote.said)).toBeUndefined();
  });

  test.each([
    ['of another environment', { environment: 'preview' }, []],
    ['that the cloud refuses', { projectId: TEAM.projectId, project: 'other' }, ['miss']],
  ])('with a token %s: the error is not caught', ON_A_BUSY_MACHINE, async (_what, claims, outcomes) => {
    const wrote = await run({ token: await fixture.mint(claims) });
    expect(wrote).toMatchObject({ code: 1, outcomes });
    expect(wrote.said).toContain('FederationError');
    expectSilence(wrote);
  });
});
