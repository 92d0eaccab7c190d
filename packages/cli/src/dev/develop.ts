/** `credex dev`: the emulator, a fresh token and a program that finds both, until the program ends. */

import { chmod, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Emulator, EmulatorSeed, ServiceName } from '@credex/testing/emulator';
import type { CloudDev } from '../clouds/cloud.js';
import { portsOf } from '../emulator/ports.js';
import { emulatorPackage, serve } from '../emulator/serve.js';
import { makeTemporaryFolder } from '../entry/new-folder.js';
import { writePrivately } from '../entry/private-file.js';
import type { Io } from '../io.js';
import type { Output } from '../output.js';
import { dim, strong } from '../text.js';
import type { HeldSignals } from './child-group.js';
import { holdSignals, startGroup } from './child-group.js';
import { authorities, childEnvironment } from './child-environment.js';
import type { DevOptions, DevSeed } from './dev-seed.js';
import { devSeed } from './dev-seed.js';
import { exchangeLine } from './exchange-line.js';
import { previewKey, watchKeys } from './keys.js';
import type { Forwarding, Network, NetworkOptions } from './private-network.js';
import { forward, networkOf } from './private-network.js';
import type { Database, DatabaseKind } from './database.js';
import { databaseKind, startDatabase } from './database.js';
import { cloudsOf, redirectModule, routesTo } from './redirect.js';
import { keepTokenFile } from './token-file.js';

interface Words {
  readonly file: string;
  readonly args: readonly string[];
}

type Parts = { readonly io: Io; readonly output: Output };

export interface DevelopOptions extends DevOptions, NetworkOptions {
  readonly port?: readonly string[];
  readonly database?: string;
}

/** @returns the exit code of the program, or 128 plus the number of the signal that came before it started */
export async function develop(parts: Parts, options: DevelopOptions, words: Words): Promise<number> {
  const { io, output } = parts;
  const ports = portsOf(options.port ?? []);
  const network = networkOf(options);
  const kind = databaseKind(options.database);
  const found = await devSeed(io, options);
  const start = await emulatorPackage(io.version);
  const done = output.progress('the emulator starts');
  const served = await serve(start, found.seed, ports).finally(done);
  // Until the last of it is removed.
  const held = holdSignals();
  try {
    const folder = await makeTemporaryFolder(tmpdir(), 'credex-dev-', 'TMPDIR');
    const { emulator } = served;
    try {
      return await session(parts, { emulator, network, folder, found, kind, held }, words);
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  } finally {
    await served.close();
    held.release();
  }
}

interface Session {
  readonly emulator: Emulator;
  readonly network: Network;
  readonly folder: string;
  readonly found: DevSeed;
  readonly kind: DatabaseKind | undefined;
  readonly held: HeldSignals;
}

async function session(
  { io, output }: Parts,
  { emulator, network, folder, found, kind, held }: Session,
  words: Words,
): Promise<number> {
  const stop = new AbortController();
  let forwarding: Forwarding | undefined;
  let database: Database | undefined;
  try {
    const clouds = await cloudsOf(found.seed.document as EmulatorSeed);
    forwarding = await forward(network.listen, portsToForward(emulator, clouds));
    const env = await prepared(io, { emulator, clouds, forwarding, network, folder, found });
    const file = { path: join(folder, 'token'), mode: network.isShared ? 0o644 : 0o600 };
    const inner = { clock: io.clock, signal: stop.signal };
    const token = await keepTokenFile(inner, emulator, found.project, found.environment, file);
    output.note(strong('credex dev'), `  ${token.subject}; the trust is ${found.from}`);
    if (kind !== undefined) {
      const ready = output.progress('the database starts');
      const needs = { emulator, clouds, variables: env, folder, signal: held.signal };
      database = await startDatabase(io, kind, needs)
        .finally(ready)
        .catch((error: unknown) => {
          // A signal ended it.
          if (held.exitCode() === undefined) throw error;
          return undefined;
        });
      if (database !== undefined) output.note(strong('database'), `  ${database.says}`);
    }
    const code = held.exitCode();
    if (code !== undefined) return code;
    for (const { title, advice } of clouds) output.note(strong(title), `  ${advice}`);
    emulator.log.subscribe((entry) => {
      const line = exchangeLine(entry);
      if (line !== undefined) output.note(...line);
    });
    const isTerminal = io.readKeys !== undefined;
    const child = startGroup(io, { ...words, env: { ...env, ...database?.env }, cwd: io.cwd, isTerminal });
    const release = watchKeys(io, child, { preview: previewKey(output, token, found.environment) });
    if (isTerminal) output.note(dim('keys: p presents a preview identity, q ends'));
    return await child.ended.finally(release);
  } finally {
    stop.abort();
    await database?.close();
    await forwarding?.close();
  }
}

interface Preparation {
  readonly emulator: Emulator;
  readonly clouds: readonly CloudDev<never>[];
  readonly forwarding: Forwarding;
  readonly network: Network;
  readonly folder: string;
  readonly found: DevSeed;
}

/** Writes the files that the program reads. @returns its environment */
async function prepared(
  io: Io,
  { emulator, clouds, forwarding, network, folder, found }: Preparation,
): Promise<Readonly<Record<string, string | undefined>>> {
  const { host, isShared } = network;
  const tlsPort = (service: ServiceName): number => forwarding.port(portIn(emulator.tlsUrl(service)));
  const mode = isShared ? 0o644 : 0o600;
  // A container's user is another one.
  if (isShared) await chmod(folder, 0o755);
  await writePrivately(join(folder, 'ca.pem'), await authorities(io, emulator.ca), mode);
  const redirection = redirectModule(routesTo(clouds, tlsPort), host);
  await writePrivately(join(folder, 'redirect.cjs'), redirection, mode);
  return childEnvironment(io, {
    folder,
    clouds,
    variables: found.variables,
    url: (service) => `http://${host}:${forwarding.port(portIn(emulator.url(service)))}`,
  });
}

const portIn = (url: string): number => Number(new URL(url).port);

function portsToForward(emulator: Emulator, clouds: readonly CloudDev<never>[]): readonly number[] {
  const services = ['issuer', ...clouds.flatMap(({ hosts }) => Object.keys(hosts))] as readonly ServiceName[];
  return services.flatMap((service) => [portIn(emulator.url(service)), portIn(emulator.tlsUrl(service))]);
}
