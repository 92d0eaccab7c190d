/** A PostgreSQL server on loopback, in a folder that is removed with it. It trusts whoever connects. */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Debian's folder, which is not on PATH, or the one on PATH that has `initdb`. */
function folderOfPrograms() {
  const versions = '/usr/lib/postgresql';
  const newest = existsSync(versions) ? readdirSync(versions).sort().at(-1) : undefined;
  const folders = [join(versions, newest ?? 'none', 'bin'), ...(process.env.PATH ?? '').split(delimiter)];
  return folders.find((folder) => existsSync(join(folder, 'initdb'))) ?? folders[0];
}

const BIN = folderOfPrograms();

/** @type {import('./programs.js').Program} */
export const POSTGRES = {
  command: [join(BIN, 'postgres'), '--version'],
  install: 'apt-get install postgresql',
  inCi: true,
};

/** Whether this machine has PostgreSQL. */
export const hasPostgres = () => existsSync(join(BIN, 'postgres')) && existsSync(join(BIN, 'initdb'));

/**
 * @typedef {object} PostgresServer
 * @property {number} port
 * @property {() => Promise<void>} stop
 */

/** PostgreSQL refuses to run as root. */
function userOfPostgres() {
  if (process.getuid?.() !== 0) return {};
  const id = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** A port that is free now. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** @returns {Promise<PostgresServer>} */
export async function startPostgres() {
  const parent = mkdtempSync(join(tmpdir(), 'credex-postgres-'));
  // Its user makes the folder of the data in it.
  chmodSync(parent, 0o777);
  const data = join(parent, 'data');
  const user = userOfPostgres();
  const init = ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync'];
  execFileSync(join(BIN, 'initdb'), init, { ...user, cwd: parent, stdio: 'ignore' });
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'];
  const args = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
  const child = spawn(join(BIN, 'postgres'), args, {
    ...user,
    cwd: parent,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await new Promise((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (chunk) => {
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
