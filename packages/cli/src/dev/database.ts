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
  /** Ends a start that is not finished. */
  readonly signal: AbortSignal;
}

export type DatabaseKind = 'postgres' | 'redis';

/** The value of `--database`. @throws UsageError */
export function databaseKind(kind: string | undefined): DatabaseKind | undefined {
  if (kind === undefined || kind === 'postgres' || kind === 'redis') return kind;
  throw new UsageError('invalid_argument', `--database must be postgres or redis, not ${shown(kind)}.`, {
    option: '--database',
  });
}

/** @throws UsageError if it is not installed, or no emulated cloud has such a database */
export const startDatabase = (io: Io, kind: DatabaseKind, needs: Needs): Promise<Database> =>
  kind === 'postgres' ? startPostgres(io, needs) : startRedis(io, needs);

async function startPostgres(io: Io, needs: Needs): Promise<Database> {
  const { emulator, clouds, variables, folder } = needs;
  const { cloud, login } = loginOf('postgres', clouds, ({ databases }) => databases.postgres?.(variables));
  const server = await postgresServer(io, needs, login.user);
  try {
    const { startPostgresGate } = await import('@credex/testing/gates');
    const gate = await startPostgresGate({ emulator, server: { path: server.path }, login: login.check });
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

async function startRedis(io: Io, needs: Needs): Promise<Database> {
  const { emulator, clouds, variables } = needs;
  const { cloud, login } = loginOf('redis', clouds, ({ databases }) => databases.redis?.(variables));
  const server = await redisServer(io, needs);
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

/** `owner`: a user without special rights, as an application's at a cloud, who owns the database. */
async function postgresServer(io: Io, { folder, signal }: Needs, owner: string): Promise<Server> {
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
  const place = ['-D', join(data, 'data')];
  const asked = { ...options, signal };
  await output('initdb', asked, bin, [...place, '-U', 'postgres', '-A', 'trust', '--no-sync']);
  const name = `"${owner.replaceAll('"', '""')}"`;
  const statements = `CREATE ROLE ${name} LOGIN\nALTER DATABASE postgres OWNER TO ${name}\n`;
  await output('postgres', asked, bin, ['--single', ...place, 'postgres'], statements);
  // The port is in the name of the socket. The user's PGPORT is for the programs.
  const settings = ['port=5432', 'listen_addresses=', `unix_socket_directories=${data}`, 'fsync=off'];
  const args = [...place, ...settings.flatMap((one) => ['-c', one])];
  const server = spawn(join(bin, 'postgres'), args, {
    ...options,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const stop = await running(server, server.stderr, {
    ready: /ready to accept connections/,
    by: 'SIGINT',
    signal,
  });
  return { path: join(data, '.s.PGSQL.5432'), stop };
}

/** What a program prints. @throws UsageError if it fails */
async function output(
  program: string,
  options: { readonly signal?: AbortSignal },
  bin: string,
  args: readonly string[],
  input = '',
): Promise<string> {
  const running = promisify(execFile)(join(bin, program), args, options);
  const { child } = running;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  // It may end before it has read.
  child.stdin?.on('error', () => undefined).end(input);
  try {
    return (await running).stdout;
  } catch (cause) {
    // After `signal` it may still write.
    if (child.pid !== undefined) await ended;
    const { stderr, message } = cause as Error & { readonly stderr?: string };
    throw new UsageError('unreadable_file', `${program} failed: ${shown(stderr?.trim() || message)}`, {
      option: '--database',
      hint: 'For root, PostgreSQL runs as the user postgres, who must exist and be able to open the folder that TMPDIR names.',
      cause,
    });
  }
}

async function redisServer(io: Io, { folder, signal }: Needs): Promise<Server> {
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
  const stop = await running(server, server.stdout, {
    ready: /eady to accept connections/,
    by: 'SIGTERM',
    signal,
  });
  return { path, stop };
}

interface Running {
  /** What the server says when it is ready. */
  readonly ready: RegExp;
  /** The signal that ends it. */
  readonly by: NodeJS.Signals;
  /** Ends it before it is ready. */
  readonly signal: AbortSignal;
}

/** Resolves when the server says that it is ready, with the function that ends it. */
async function running(
  server: ChildProcess,
  said: NodeJS.ReadableStream,
  { ready, by, signal }: Running,
): Promise<() => Promise<void>> {
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const end = (): void => void server.kill(by);
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  await new Promise<void>((resolve, reject) => {
    let last = '';
    said.on('data', (text: Buffer) => {
      last = `${last}${text.toString()}`.slice(-2_000);
      if (ready.test(last)) resolve();
    });
    const fail = (): void =>
      reject(new UsageError('unreadable_file', `The database did not start: ${shown(last)}`));
    server.once('error', fail);
    server.once('exit', fail);
  }).finally(() => signal.removeEventListener('abort', end));
  return async () => {
    end();
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
  const id = async (flag: string): Promise<number> => Number(await output('id', {}, '', [flag, 'postgres']));
  return { uid: await id('-u'), gid: await id('-g') };
}
