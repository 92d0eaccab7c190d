/** Redis servers on loopback: one, or a cluster of three masters and three replicas. */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @type {import('../support/programs.js').Program} */
export const REDIS = {
  command: ['redis-server', '--version'],
  install: 'apt-get install redis-server',
  inCi: true,
};

/**
 * @typedef {object} RedisServer
 * @property {number} port
 * @property {string} url
 * @property {import('node:child_process').ChildProcess} process
 * @property {() => Promise<void>} kill Ends the process at once.
 * @property {(...args: readonly string[]) => string} cli A command by the command line, and what it printed.
 */

/** A port whose bus port, 10,000 higher, exists as well. */
async function freePort() {
  for (;;) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    server.close();
    await once(server, 'close');
    if (port < 55_000) return port;
  }
}

/**
 * @param {readonly string[]} args
 * @returns {Promise<RedisServer>}
 */
export async function startRedis(...args) {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'credex-redis-'));
  const child = spawn(
    'redis-server',
    [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      folder,
      ...args,
    ],
    { stdio: 'ignore' },
  );
  const ended = once(child, 'exit');
  await answering(port);
  const cli = (...words) => execFileSync('redis-cli', ['-p', String(port), ...words], { encoding: 'utf8' });
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    process: child,
    cli,
    async kill() {
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Six nodes.
 * @returns {Promise<readonly RedisServer[]>}
 */
export async function startCluster() {
  const nodes = [];
  for (let node = 0; node < 6; node++)
    nodes.push(
      await startRedis(
        '--cluster-enabled',
        'yes',
        '--cluster-node-timeout',
        '1000',
        '--repl-diskless-sync-delay',
        '0',
      ),
    );
  const places = nodes.map(({ port }) => `127.0.0.1:${port}`);
  execFileSync('redis-cli', ['--cluster', 'create', ...places, '--cluster-replicas', '1', '--cluster-yes']);
  await eventually(() => nodes.every((node) => node.cli('cluster', 'info').includes('cluster_state:ok')));
  await eventually(() =>
    nodes.every((node) => {
      const replication = node.cli('info', 'replication');
      return !replication.includes('role:slave') || replication.includes('master_link_status:up');
    }),
  );
  return nodes;
}

async function answering(port) {
  await eventually(async () => {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      socket.write('PING\r\n');
      const [data] = await once(socket, 'data');
      return data.toString().startsWith('+PONG');
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  });
}

/**
 * Asks every 20 ms, for at most 30 s: what is waited for is another process.
 * @param {() => boolean | Promise<boolean>} isSo
 * @returns {Promise<void>}
 */
export async function eventually(isSo) {
  for (let turn = 0; turn < 1_500; turn++) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('It did not happen within 30 s.');
}
