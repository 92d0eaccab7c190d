/** Something else where a file should be: a named pipe without a writer, a device, a folder. No command waits for it. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { jwt } from './polluted.js';
import { credex, folder, removeFolders } from '../support/command-line.js';

vi.setConfig({ testTimeout: 20_000 });
removeFolders();

const KINDS: Readonly<Record<string, (path: string) => void>> = {
  'a named pipe': (path) => void execFileSync('sh', ['-c', 'mkfifo "$0"', path]),
  'a device that never ends': (path) => symlinkSync('/dev/zero', path),
};

/** By what names the file: its place, and a command that reads it. */
const PLACES: readonly (readonly [place: string, file: string, argv: readonly string[]])[] = [
  ['.env.local', '.env.local', ['whoami']],
  ['--token-file', 'it', ['whoami', '--token-file', 'it']],
  ['VERCEL_OIDC_TOKEN_FILE', 'named', ['whoami']],
  ['credex.config.json', 'credex.config.json', ['exec', 'store', '--', 'true']],
  ['credex.config.ts', 'credex.config.ts', ['exec', '--config', 'credex.config.ts', 'store', '--', 'true']],
  ['--policy', 'it', ['explain', 'aws', '--policy', 'it', '--token-file', 'token']],
  ['--identity-provider', 'it', ['explain', 'aws', '--policy', 'policy.json', '--identity-provider', 'it']],
  ['--seed', 'it', ['emulator', '--seed', 'it']],
  ['.vercel/project.json', '.vercel/project.json', ['whoami', '--local']],
];

describe.each(Object.entries(KINDS))('%s', (_kind, make) => {
  it.each(PLACES)('as %s', async (place, file, argv) => {
    const cwd = folder({
      token: jwt({ exp: 9_999_999_999 }),
      'policy.json': { Version: '2012-10-17', Statement: [] },
    });
    mkdirSync(join(cwd, '.vercel'));
    mkdirSync(join(cwd, '.git'));
    make(join(cwd, file));
    const env = {
      PATH: process.env['PATH'],
      HOME: cwd,
      ...(place === 'VERCEL_OIDC_TOKEN_FILE' ? { VERCEL_OIDC_TOKEN_FILE: join(cwd, file) } : {}),
    };
    const { code, stderr } = await credex([...argv], { cwd, env });
    expect([2, 3]).toContain(code);
    expect(stderr).toContain(file.split('/').at(-1) as string);
  });
});

it('a folder named .env is none of its business', async () => {
  const cwd = folder({ '.env.local': `VERCEL_OIDC_TOKEN=${jwt({ exp: 9_999_999_999, iss: 'x' })}` });
  mkdirSync(join(cwd, '.env'));
  const { stdout } = await credex(['whoami', '--json'], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd },
  });
  expect(JSON.parse(stdout)).toMatchObject({ source: { kind: 'env-file' } });
});
