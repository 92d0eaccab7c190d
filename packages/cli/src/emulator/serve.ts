/** The emulator as a server: starts it with a seed, and describes it. */

import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { importFailure } from '@credex/config/internal';
import { OptionError } from '@credex/core';
import type { Emulator, EmulatorSeed, SeedProject, startEmulator } from '@credex/testing/emulator';
import { readPolicyFile } from '../explain/read-policy-file.js';
import type { Io } from '../io.js';
import type { Piece, View } from '../text.js';
import { dim, strong } from '../text.js';
import { table } from '../table.js';
import { UsageError } from '../usage-error.js';
import { shown } from '../visible.js';
import type { Ports } from './ports.js';
import { SERVICES } from './ports.js';

/** The document of `--json`. */
export interface ServedDocument {
  readonly services: Readonly<Record<string, { readonly url: string; readonly tlsUrl: string }>>;
  /** The response of `{tokens}/{project}/{environment}` is a token. */
  readonly tokens: string;
  readonly projects: readonly string[];
  /** The CA's certificate, PEM. */
  readonly ca: string;
}

export interface Served {
  readonly emulator: Emulator;
  readonly document: ServedDocument;
  writeCa(path: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * The emulator and its dependencies are an optional package.
 * @param version of credex, which all its packages share
 * @throws UsageError `missing_package`
 */
export async function emulatorPackage(version: string): Promise<typeof startEmulator> {
  try {
    return (await import('@credex/testing/emulator')).startEmulator;
  } catch (error) {
    const cause = await importFailure(error, '@credex/testing', 'emulator').catch(
      (failure: unknown) => failure,
    );
    if (!OptionError.isInstance(cause)) throw cause;
    const message = 'The emulator is in the package @credex/testing, which is not installed.';
    throw new UsageError('missing_package', message, {
      hint: `Run \`npm install --save-dev @credex/testing@${version}\`.`,
      cause,
    });
  }
}

/** A seed as it was read. The emulator checks it. */
export interface SeedFile {
  readonly file: string;
  readonly document: unknown;
}

/** @throws UsageError `unreadable_file`, `invalid_argument` */
export async function readSeed(io: Io, file: string): Promise<SeedFile> {
  const text = await readPolicyFile(io, '--seed', file);
  try {
    return { file, document: JSON.parse(text.replace(/^\ufeff/, '')) };
  } catch (cause) {
    throw invalidSeed([`The seed ${shown(file)} is not JSON (${shown((cause as Error).message)}).`]);
  }
}

const invalidSeed = (lines: readonly string[]): UsageError =>
  new UsageError('invalid_argument', lines, {
    option: '--seed',
    hint: 'Compare it with node_modules/@credex/cli/emulator-seed.example.json, which is valid.',
  });

/** @throws UsageError for a port in use, and for a seed that is not valid or that a cloud would refuse */
export async function serve(
  start: typeof startEmulator,
  seed: SeedFile | undefined,
  { emulator: ports, tokens }: Ports,
): Promise<Served> {
  const document = seed === undefined ? undefined : ownSeed(seed);
  const emulator = await start({ ports, seed: document }).catch((error: unknown) => {
    if (seed === undefined || !OptionError.isInstance(error) || !/^seed(\.|$)/.test(error.option))
      return taken(error);
    throw invalidSeed(error.message.replace('`seed`', () => `The seed ${shown(seed.file)}`).split('\n'));
  });
  try {
    const projects = document?.vercel?.projects ?? [];
    const server = await startTokenServer(emulator, projects, tokens).catch(taken);
    const close = async (): Promise<void> => void (await Promise.all([server.close(), emulator.close()]));
    const names = projects.map(({ project }) => project);
    return {
      emulator,
      document: documentOf(emulator, server.url, names),
      writeCa: (path) => emulator.writeCa(path).catch((cause: unknown) => notWritten(path, cause)),
      close,
    };
  } catch (error) {
    await emulator.close();
    throw error;
  }
}

function notWritten(path: string, cause: unknown): never {
  throw new UsageError('unreadable_file', `The file ${shown(path)} of --write-ca cannot be written.`, {
    option: '--write-ca',
    hint: 'Choose a file in an existing folder that you can write to.',
    cause,
  });
}

/** The emulator checks an object, but uses a string or a number as the seed of its random ids. */
function ownSeed({ file, document }: SeedFile): EmulatorSeed {
  if (typeof document === 'object') return document as EmulatorSeed;
  throw invalidSeed([`The seed ${shown(file)} is not valid: it must be an object`]);
}

function documentOf(emulator: Emulator, tokens: string, projects: readonly string[]): ServedDocument {
  const services = SERVICES.map((name) => [name, { url: emulator.url(name), tlsUrl: emulator.tlsUrl(name) }]);
  return {
    services: Object.fromEntries(services) as ServedDocument['services'],
    tokens,
    projects,
    ca: emulator.ca,
  };
}

export function drawServed({ services, tokens, projects }: ServedDocument, view: View): string {
  const rows = Object.entries(services).map(([name, { url, tlsUrl }]): Piece[] => [dim(name), url, tlsUrl]);
  const project = projects[0] ?? 'PROJECT';
  return [table(view, rows), view.line(strong('a token'), `  curl -s ${tokens}/${project}/production`)].join(
    '\n',
  );
}

function taken(error: unknown): never {
  const { code, port } = error as { readonly code?: unknown; readonly port?: unknown };
  if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
  throw new UsageError('invalid_argument', `The emulator cannot listen on port ${String(port)}: ${code}.`, {
    option: '--port',
    hint: 'Another program uses it, or it needs administrator rights: choose another port.',
    cause: error,
  });
}

/**
 * Issues tokens of the seed's projects: the response of `GET /{project}/{environment}` is one, as text. They are valid in this
 * emulator only. The host must be a loopback address or localhost, so that no web page can reach the server by another name.
 */
async function startTokenServer(
  { issuer }: Emulator,
  projects: readonly SeedProject[],
  port: number | undefined,
): Promise<Pick<Served, 'close'> & { readonly url: string }> {
  async function answer({ method, url = '/', headers }: IncomingMessage): Promise<readonly [number, string]> {
    const { host = '', origin } = headers;
    if (!/^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(host) || origin !== undefined)
      return [403, 'This server answers programs of this machine alone.\n'];
    if (method !== 'GET') return [405, 'Ask by GET.\n'];
    const [, name, environment] = /^\/([A-Za-z0-9._-]+)\/([A-Za-z0-9_-]+)$/.exec(url) ?? [];
    const found = projects.find(
      ({ project, environments }) =>
        project === name && (environments === undefined || environments.includes(environment ?? '')),
    );
    if (found === undefined || environment === undefined)
      return [
        404,
        `Ask for /PROJECT/ENVIRONMENT; projects of the seed: ${projects.map(({ project }) => project).join(', ')}\n`,
      ];
    const { team, teamId, project, projectId, issuerMode, audience } = found;
    return [200, await issuer.mint({ team, teamId, project, projectId, issuerMode, audience, environment })];
  }

  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    void answer(request).then(([status, text]) => {
      response.writeHead(status, {
        'content-type': 'text/plain; charset=utf-8',
        'cache-control': 'no-store',
      });
      response.end(text);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port ?? 0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
