/** A MariaDB server on loopback, in a folder that is removed with it. */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/postgres-server.mjs';
import type { Program } from '../support/programs.js';

export const MARIADB: Program = {
  command: ['mariadbd', '--version'],
  install: 'apt-get install mariadb-server',
  inCi: true,
};

export interface MariaDbServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** With the user `app`, who needs no password, and the database `shop`. */
export async function startMariaDb(): Promise<MariaDbServer> {
  const parent = mkdtempSync(join(tmpdir(), 'credex-mariadb-'));
  // Its user makes the folder of the data in it.
  chmodSync(parent, 0o777);
  const data = join(parent, 'data');
  const user = process.getuid?.() === 0 ? ['--user=mysql'] : [];
  const install = ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', ...user];
  execFileSync('mariadb-install-db', install, { stdio: 'ignore' });
  const port = await freePort();
  const child = spawn(
    'mariadbd',
    [
      '--no-defaults',
      ...user,
      `--datadir=${data}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${join(data, 's')}`,
      '--skip-name-resolve',
      '--innodb-flush-log-at-trx-commit=0',
    ],
    { cwd: parent, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('ready for connections')) resolve();
    });
    child.once('exit', () => reject(new Error(`MariaDB ended: ${said}`)));
  });
  const statements =
    "CREATE DATABASE shop; CREATE USER app@'127.0.0.1'; GRANT ALL ON shop.* TO app@'127.0.0.1';";
  execFileSync('mariadb', ['--no-defaults', '-h127.0.0.1', `-P${port}`, '-uroot', '-e', statements]);
  return {
    port,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      rmSync(parent, { recursive: true, force: true });
    },
  };
}
