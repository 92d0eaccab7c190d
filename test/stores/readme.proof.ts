/** The examples of @credex/store's README with clients: they compile against the clients' own types, and run. */

import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createStoreKey } from '@credex/store';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageNames, root } from '../../scripts/workspace.mjs';
import { describeProgram } from '../support/programs.js';
import { installedClients } from './clients.mjs';
import { REDIS, startRedis } from './redis-server.mjs';
import type { RedisServer } from './redis-server.mjs';

const README = readFileSync(join(root, 'packages', 'store', 'README.md'), 'utf8');
const BLOCKS = [...README.matchAll(/^```typescript\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);

/** Each client's own class where the adapter's type is expected, and the stores of this folder. */
const CLIENTS = `
import { redisStore } from '@credex/store/redis';
import { Cluster, Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-5';
import { Redis as Valkey } from 'iovalkey';
import { createClient, createCluster } from 'redis';
import { createClient as createClient5, createCluster as createCluster5 } from 'redis-5';
import { Redis as Upstash } from '@upstash/redis';

export const stores = () => [
  redisStore(new Redis()),
  redisStore(new Cluster([])),
  redisStore(new Redis5()),
  redisStore(new Valkey()),
  redisStore(createClient()),
  redisStore(createCluster({ rootNodes: [] })),
  redisStore(createClient5()),
  redisStore(createCluster5({ rootNodes: [] })),
  redisStore(new Upstash({ url: 'https://x', token: 'x' })),
];
`;

describeProgram('Redis', REDIS, () => {
  let folder: string;
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
    folder = mkdtempSync(join(tmpdir(), 'credex-store-readme-'));
    const modules = join(folder, 'node_modules');
    mkdirSync(join(modules, '@credex'), { recursive: true });
    const clients = join(installedClients(), 'node_modules');
    for (const name of readdirSync(clients))
      if (!name.startsWith('.')) symlinkSync(join(clients, name), join(modules, name));
    for (const name of packageNames())
      if (name !== 'credex') symlinkSync(join(root, 'packages', name), join(modules, '@credex', name));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    for (const [at, text] of BLOCKS.entries()) writeFileSync(join(folder, `block-${at}.ts`), text);
    writeFileSync(join(folder, 'clients.ts'), CLIENTS);
    const compilerOptions = {
      strict: true,
      module: 'nodenext',
      target: 'es2022',
      lib: ['es2023', 'dom'],
      types: ['node'],
      skipLibCheck: true,
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await server.kill();
  });

  test('they compile, and each client is one that the adapters take', () => {
    expect(BLOCKS.length).toBeGreaterThanOrEqual(2);
    const require = createRequire(join(root, 'package.json'));
    const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
    let said = '';
    try {
      execFileSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { encoding: 'utf8' });
    } catch (error) {
      said = (error as { readonly stdout: string }).stdout;
    }
    expect(said).toBe('');
  });

  test('they run', () => {
    for (const at of BLOCKS.keys()) {
      const code = `const block = await import('./block-${at}.js');
        const engine = block.store?.engine;
        console.log(block.credentials?.status().state ?? typeof engine.get);
        process.exit(0);`;
      const printed = execFileSync(process.execPath, ['--input-type=module', '-e', code], {
        cwd: folder,
        encoding: 'utf8',
        env: {
          PATH: process.env['PATH'],
          REDIS_URL: server.url,
          CREDEX_STORE_KEY: createStoreKey('production'),
          AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/shop',
        },
      });
      expect(['empty', 'function']).toContain(printed.trim());
    }
  });
});
