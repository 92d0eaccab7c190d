/** A io of a test's own for `run`: what was written is read back, nothing of the process is touched. */

import { run } from './index.js';
import type { Io } from './index.js';

export const NOW = 1_800_000_000_000;

export interface Ended {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The document of `--json`. */
  json(): unknown;
}

export interface MemoryIo extends Partial<Omit<Io, 'stdin' | 'stdout' | 'stderr'>> {
  readonly stdin?: string;
  /** Width of the terminal; left out: stdout and stderr are pipes. */
  readonly terminal?: number;
}

export async function runInMemory(argv: readonly string[], io: MemoryIo = {}): Promise<Ended> {
  const written = { stdout: '', stderr: '' };
  const { stdin = '', terminal, ...more } = io;
  const sink = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => void (written[name] += text),
    isTerminal: terminal !== undefined,
    columns: terminal,
  });
  const exit = await run(argv, {
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    stdin: { isTerminal: false, read: async () => stdin },
    env: {},
    cwd: '/nowhere',
    clock: { now: () => NOW, monotonic: () => 0 },
    fetch: async () => {
      throw new TypeError('fetch failed');
    },
    signal: new AbortController().signal,
    version: '1.2.3',
    ...more,
  });
  return { exit, ...written, json: () => JSON.parse(written.stdout) as unknown };
}

/** A token as Vercel writes it, but for its signature. A member set to undefined is left out. */
export function jwt(claims: object = {}, header: object = {}): string {
  const parts = [
    { alg: 'RS256', typ: 'JWT', kid: 'key-1', ...header },
    {
      iss: 'https://oidc.vercel.com/acme',
      aud: 'https://vercel.com/acme',
      sub: 'owner:acme:project:shop:environment:production',
      owner: 'acme',
      owner_id: 'team_acme',
      project: 'shop',
      project_id: 'prj_shop',
      environment: 'production',
      iat: NOW / 1000 - 600,
      nbf: NOW / 1000 - 600,
      exp: NOW / 1000 + 3_000,
      ...claims,
    },
    'signature',
  ];
  return parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
}
