/** An npm registry on loopback: our packages as packed, and other people's as the workspace has them installed. */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { tarballOf } from '../../scripts/pack.mjs';
import { PACKAGES, ROOT, manifestOf } from './packages.js';

const STORE = join(ROOT, 'node_modules', '.pnpm');

interface Release {
  readonly manifest: { readonly name: string; readonly version: string };
  pack(): Promise<Buffer>;
}

const run = promisify(execFile);

/** A package in pnpm's store, made a tarball of again. */
function installed(folder: string): Release {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Release['manifest'];
  const args = [
    '--use-compress-program=gzip -1',
    '-cf',
    '-',
    '--hard-dereference',
    '--transform=s,^\\.,package,',
  ];
  const pack = async (): Promise<Buffer> => {
    const { stdout } = await run('tar', [...args, '-C', folder, '.'], {
      encoding: 'buffer',
      maxBuffer: 2 ** 27,
    });
    return stdout;
  };
  return { manifest, pack };
}

async function packed(file: string): Promise<Release> {
  const { stdout } = await run('tar', ['-xOzf', file, 'package/package.json']);
  return { manifest: JSON.parse(stdout) as Release['manifest'], pack: async () => readFileSync(file) };
}

/** A package without contents, for a name that only has to exist. */
function emptyRelease(name: string, version: string): Release {
  const manifest = { name, version };
  const pack = async (): Promise<Buffer> => {
    const folder = mkdtempSync(join(tmpdir(), 'credex-empty-'));
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    return installed(folder)
      .pack()
      .finally(() => rmSync(folder, { recursive: true }));
  };
  return { manifest, pack };
}

async function releasesOf(name: string, { more, empty }: Further): Promise<readonly Release[]> {
  const others = more.filter(({ manifest }) => manifest.name === name);
  const packageName = PACKAGES.find((one) => manifestOf(one).name === name);
  if (packageName !== undefined) return [...others, await packed(tarballOf(packageName))];
  if (others.length > 0) return others;
  const version = empty.get(name);
  if (version !== undefined) return [emptyRelease(name, version)];
  const prefix = `${name.replace('/', '+')}@`;
  const folders = readdirSync(STORE).filter((entry) => entry.startsWith(prefix));
  const releases = folders.map((entry) => installed(join(STORE, entry, 'node_modules', name)));
  // A package that others are peers of has a folder for each choice of them.
  return [...new Map(releases.map((release) => [release.manifest.version, release])).values()];
}

interface Further {
  readonly more: readonly Release[];
  readonly empty: ReadonlyMap<string, string>;
}

export interface Registry {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md
 * @param more Tarballs of further releases.
 * @param empty Names and versions of packages of other people that only have to exist: they have no contents.
 */
export async function startRegistry(
  more: readonly string[] = [],
  empty: ReadonlyMap<string, string> = new Map(),
): Promise<Registry> {
  const further: Further = { more: await Promise.all(more.map(packed)), empty };
  const tarballs = new Map<string, Buffer>();
  let url = '';

  async function metadataOf(name: string): Promise<object | undefined> {
    const versions: Record<string, object> = {};
    for (const { manifest, pack } of await releasesOf(name, further)) {
      const path = `/-/${encodeURIComponent(name)}/${manifest.version}.tgz`;
      const content = tarballs.get(path) ?? (await pack());
      tarballs.set(path, content);
      const integrity = `sha512-${createHash('sha512').update(content).digest('base64')}`;
      versions[manifest.version] = { ...manifest, dist: { tarball: url + path, integrity } };
    }
    const latest = Object.keys(versions).at(-1);
    return latest === undefined ? undefined : { name, 'dist-tags': { latest }, versions };
  }

  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', url);
    const content = tarballs.get(pathname);
    if (content !== undefined) {
      response.end(content);
      return;
    }
    void metadataOf(decodeURIComponent(pathname.slice(1))).then(
      (metadata) => {
        response.statusCode = metadata === undefined ? 404 : 200;
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(metadata ?? { error: 'not_found' }));
      },
      (error: unknown) => {
        response.statusCode = 500;
        response.end(String(error));
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
