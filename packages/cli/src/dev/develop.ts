/** `credex dev`: the emulator, a fresh token and a program that finds both, until the program ends. */

import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Emulator, EmulatorSeed, ServiceName } from '@credex/testing/emulator';
import type { CloudDev } from '../clouds/cloud.js';
import { portsOf } from '../emulator/ports.js';
import { emulatorPackage, serve } from '../emulator/serve.js';
import type { Io } from '../io.js';
import type { Output } from '../output.js';
import { dim, strong, warning } from '../text.js';
import { startGroup } from './child-group.js';
import { authorities, childEnvironment } from './child-environment.js';
import type { DevOptions, DevSeed } from './dev-seed.js';
import { devSeed } from './dev-seed.js';
import { exchangeLine } from './exchange-line.js';
import { watchKeys } from './keys.js';
import type { Forwarding, Network, NetworkOptions } from './private-network.js';
import { forward, networkOf } from './private-network.js';
import type { Database } from './database.js';
import { startDatabase } from './database.js';
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

/** @returns the exit code of the program */
export async function develop({ io, output }: Parts, options: DevelopOptions, words: Words): Promise<number> {
  const ports = portsOf(options.port ?? []);
  const network = networkOf(options);
  const found = await devSeed(io, options);
  const start = await emulatorPackage(io.version);
  const done = output.progress('the emulator starts');
  const served = await serve(start, found.seed, ports).finally(done);
  const folder = await mkdtemp(join(tmpdir(), 'credex-dev-'));
  const stop = new AbortController();
  let forwarding: Forwarding | undefined;
  let database: Database | undefined;
  try {
    const { emulator } = served;
    const clouds = await cloudsOf(found.seed.document as EmulatorSeed);
    forwarding = await forward(network.listen, portsToForward(emulator, clouds));
    const env = await prepared(io, { emulator, clouds, forwarding, network, folder, found });
    const file = { path: join(folder, 'token'), mode: network.isShared ? 0o644 : 0o600 };
    const inner = { clock: io.clock, signal: stop.signal };
    const token = await keepTokenFile(inner, emulator, found.project, found.environment, file);
    output.note(strong('credex dev'), `  ${token.subject}; the trust is ${found.from}`);
    if (options.database !== undefined) {
      const ready = output.progress('the database starts');
      database = await startDatabase(io, options.database, {
        emulator,
        clouds,
        variables: env,
        folder,
      }).finally(ready);
      output.note(strong('database'), `  ${database.says}`);
    }
    for (const { title, advice } of clouds) output.note(strong(title), `  ${advice}`);
    emulator.log.subscribe((entry) => {
      const line = exchangeLine(entry);
      if (line !== undefined) output.note(...line);
    });
    const isTerminal = io.readKeys !== undefined;
    const child = startGroup(io, { ...words, env: { ...env, ...database?.env }, cwd: io.cwd, isTerminal });
    const release = watchKeys(io, child, {
      async preview() {
        const next = token.subject.endsWith(`:${found.environment}`)
          ? other(found.environment)
          : found.environment;
        await token.present(next);
        const isUsual = next === found.environment;
        output.note(
          warning(isUsual ? 'back to ' : 'now '),
          token.subject,
          dim(isUsual ? '' : ': the clouds do not trust it. Load a page to see the refusal; p goes back.'),
        );
      },
    });
    if (isTerminal) output.note(dim('keys: p presents a preview identity, q ends'));
    return await child.ended.finally(release);
  } finally {
    stop.abort();
    await database?.close();
    await forwarding?.close();
    await served.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const other = (environment: string): string => (environment === 'preview' ? 'development' : 'preview');

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
  await writeFile(join(folder, 'ca.pem'), await authorities(io, emulator.ca), { mode });
  await writeFile(join(folder, 'redirect.cjs'), redirectModule(routesTo(clouds, tlsPort), host), { mode });
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
