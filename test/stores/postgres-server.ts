/** A PostgreSQL server on loopback, in a folder that is removed with it. */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const VERSIONS = '/usr/lib/postgresql';
const newest = existsSync(VERSIONS) ? readdirSync(VERSIONS).sort().at(-1) : undefined;
const BIN = join(VERSIONS, newest ?? 'none', 'bin');

export const POSTGRES = {
  command: [join(BIN, 'postgres'), '--version'],
  install: 'apt-get install postgresql',
  inCi: true,
} as const;

export interface PostgresServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** PostgreSQL refuses to run as root. */
function userOfPostgres(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

export async function startPostgres(): Promise<PostgresServer> {
  const parent = mkdtempSync(join(tmpdir(), 'credex-postgres-'));
  // Its user makes the folder of the data in it.
  chmodSync(parent, 0o777);
  const data = join(parent, 'data');
  const user = userOfPostgres();
  const init = ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync'];
  execFileSync(join(BIN, 'initdb'), init, { ...user, cwd: parent, stdio: 'ignore' });
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'];
  const args = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
  const child = spawn(join(BIN, 'postgres'), args, {
    ...user,
    cwd: parent,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('ready to accept connections')) resolve();
    });
    child.once('exit', () => reject(new Error(`PostgreSQL ended: ${said}`)));
  });
  return {
    port,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGINT');
      await ended;
      rmSync(parent, { recursive: true, force: true });
    },
  };
}
