/** `credex dev --database`: a real PostgreSQL or Redis of this machine, behind a gate that logs clients in as the cloud does. */

import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { access, chmod, chown, mkdir, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Emulator } from '@credex/testing/emulator';
import type { Gate } from '@credex/testing/gates';
import type { CloudDev, DevLogin } from '../clouds/cloud.js';
import type { Io } from '../io.js';
import { UsageError } from '../usage-error.js';
import { shown } from '../visible.js';

export interface Database {
  /** For the program: where the database is. */
  readonly env: Readonly<Record<string, string>>;
  /** One line about it. */
  readonly says: string;
  close(): Promise<void>;
}

interface Needs {
  readonly emulator: Emulator;
  readonly clouds: readonly CloudDev<never>[];
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Removed at the end. */
  readonly folder: string;
}

const KINDS = { postgres: startPostgres, redis: startRedis };

/** @throws UsageError if it is not installed, or no emulated cloud has such a database */
export async function startDatabase(io: Io, kind: string, needs: Needs): Promise<Database> {
  if (kind === 'postgres' || kind === 'redis') return KINDS[kind](io, needs);
  throw new UsageError('invalid_argument', `--database must be postgres or redis, not ${shown(kind)}.`, {
    option: '--database',
  });
}

async function startPostgres(io: Io, { emulator, clouds, variables, folder }: Needs): Promise<Database> {
  const { cloud, login } = loginOf('postgres', clouds, ({ databases }) => databases.postgres?.(variables));
  const server = await postgresServer(io, folder);
  try {
    const { startPostgresGate } = await import('@credex/testing/gates');
    // Every user of the application is the owner of the data here.
    const gate = await startPostgresGate({
      emulator,
      server: { path: server.path, user: 'postgres' },
      login: login.check,
    });
    return {
      env: {
        PGHOST: gate.hostname,
        PGPORT: String(gate.port),
        PGUSER: login.user,
        PGDATABASE: 'postgres',
        PGSSLMODE: 'verify-full',
        PGSSLROOTCERT: join(folder, 'ca.pem'),
      },
      says: `PostgreSQL behind the login of ${cloud}: PGHOST, PGPORT, PGUSER and PGDATABASE are set; passwords come from credex, and plain ones are refused.`,
      close: () => closeBoth(gate, server),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function startRedis(io: Io, { emulator, clouds, variables, folder }: Needs): Promise<Database> {
  const { cloud, login } = loginOf('redis', clouds, ({ databases }) => databases.redis?.(variables));
  const server = await redisServer(io, folder);
  try {
    const { startRedisGate } = await import('@credex/testing/gates');
    const gate = await startRedisGate({ emulator, server: { path: server.path }, login: login.check });
    return {
      env: { REDIS_HOST: gate.hostname, REDIS_PORT: String(gate.port), REDIS_USER: login.user },
      says: `Redis behind the login of ${cloud}: REDIS_HOST, REDIS_PORT and REDIS_USER are set; connect with TLS, passwords come from credex.`,
      close: () => closeBoth(gate, server),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function closeBoth(gate: Gate, server: Server): Promise<void> {
  await gate.close();
  await server.stop();
}

/** By the first cloud that has such a database. */
function loginOf<Check>(
  kind: string,
  clouds: readonly CloudDev<never>[],
  login: (cloud: CloudDev<never>) => DevLogin<Check> | undefined,
): { readonly cloud: string; readonly login: DevLogin<Check> } {
  for (const cloud of clouds) {
    const found = login(cloud);
    if (found !== undefined) return { cloud: cloud.title, login: found };
  }
  throw new UsageError(
    'invalid_argument',
    `--database ${kind} needs an emulated cloud that has it, and its variables.`,
    {
      option: '--database',
      hint: 'Set AWS_REGION with AWS_ROLE_ARN; for postgres, GCP_SERVICE_ACCOUNT_EMAIL or AZURE_TENANT_ID and AZURE_CLIENT_ID do as well. `credex init` writes them.',
    },
  );
}

interface Server {
  /** A Unix socket that only this user can reach: the server asks for no password. */
  readonly path: string;
  stop(): Promise<void>;
}

async function postgresServer(io: Io, folder: string): Promise<Server> {
  const bin = await folderOf(io, 'initdb', await packagedPostgres());
  const data = join(folder, 'postgres');
  await mkdir(data, { mode: 0o700 });
  const user = await userOfPostgres();
  if (user !== undefined) {
    // Its user has to reach the folder.
    await chmod(folder, 0o755);
    await chown(data, user.uid, user.gid);
  }
  const options = { ...user, cwd: data };
  await promisify(execFile)(
    join(bin, 'initdb'),
    ['-D', join(data, 'data'), '-U', 'postgres', '-A', 'trust', '--no-sync'],
    options,
  );
  const settings = ['listen_addresses=', `unix_socket_directories=${data}`, 'fsync=off'];
  const args = ['-D', join(data, 'data'), ...settings.flatMap((one) => ['-c', one])];
  const server = spawn(join(bin, 'postgres'), args, {
    ...options,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const stop = await running(server, server.stderr, /ready to accept connections/, 'SIGINT');
  return { path: join(data, '.s.PGSQL.5432'), stop };
}

async function redisServer(io: Io, folder: string): Promise<Server> {
  const bin = await folderOf(io, 'redis-server', []);
  const path = join(folder, 'redis.sock');
  const args = [
    '--port',
    '0',
    '--unixsocket',
    path,
    '--unixsocketperm',
    '700',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    folder,
  ];
  const server = spawn(join(bin, 'redis-server'), args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // Its words without a port: "The server is now ready to accept connections at /path".
  const stop = await running(server, server.stdout, /eady to accept connections/, 'SIGTERM');
  return { path, stop };
}

/** Resolves when the server says that it is ready, with the function that ends it. */
async function running(
  server: ChildProcess,
  output: NodeJS.ReadableStream,
  ready: RegExp,
  signal: NodeJS.Signals,
): Promise<() => Promise<void>> {
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    let said = '';
    output.on('data', (text: Buffer) => {
      said = `${said}${text.toString()}`.slice(-2_000);
      if (ready.test(said)) resolve();
    });
    const fail = (): void =>
      reject(new UsageError('unreadable_file', `The database did not start: ${shown(said)}`));
    server.once('error', fail);
    server.once('exit', fail);
  });
  return async () => {
    server.kill(signal);
    await ended;
  };
}

const VERSIONS = '/usr/lib/postgresql';

/** Debian has the programs of each version in a folder that is not on PATH. */
async function packagedPostgres(): Promise<readonly string[]> {
  const versions = await readdir(VERSIONS).catch((): string[] => []);
  return versions
    .sort((one, other) => Number(other) - Number(one))
    .map((version) => join(VERSIONS, version, 'bin'));
}

/** @throws UsageError `missing_package` */
async function folderOf({ env }: Pick<Io, 'env'>, program: string, more: readonly string[]): Promise<string> {
  for (const folder of [...(env['PATH'] ?? '').split(delimiter), ...more]) {
    const found = await access(join(folder, program)).then(
      () => true,
      () => false,
    );
    if (folder !== '' && found) return folder;
  }
  const name = program === 'initdb' ? 'postgresql' : 'redis-server';
  throw new UsageError('missing_package', `${program} was not found, so there is no database to start.`, {
    option: '--database',
    hint: `Install it, for example by \`apt-get install ${name}\` or \`brew install ${name.replace('-server', '')}\`.`,
  });
}

/** PostgreSQL refuses to run as root. */
async function userOfPostgres(): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const id = async (flag: string): Promise<number> =>
    Number((await promisify(execFile)('id', [flag, 'postgres'])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}
