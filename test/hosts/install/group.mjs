// What a deployment takes along of `credex`: the file list of a server, by the tracer that Vercel's builds use, alone and
// with the SDKs installed that are optional. The listed files are copied to another folder and run.
import { lstat, mkdir, copyFile, realpath, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';

const SDKS = [
  '@aws-sdk/client-sts',
  '@aws-sdk/credential-providers',
  '@azure/identity',
  'google-auth-library',
];
/** Raised for chains of roles. */
const MOST_KIB = 460;

async function trace(work, folder) {
  const { resolve } = createRequire(join(work, 'install', 'install', 'package.json'));
  const { nodeFileTrace } = await import(pathToFileURL(resolve('@vercel/nft')));
  const base = await realpath(work);
  const { fileList } = await nodeFileTrace([join(await realpath(folder), 'server.mjs')], { base });
  const files = [];
  for (const path of fileList) {
    const info = await lstat(join(base, path));
    files.push({ path, isLink: info.isSymbolicLink(), size: info.isFile() ? info.size : 0 });
  }
  return { base, files };
}

/** Links lead to where their targets were copied. */
async function copy({ base, files }, target) {
  for (const { path, isLink } of files) {
    const to = join(target, path);
    await mkdir(dirname(to), { recursive: true });
    if (!isLink) await copyFile(join(base, path), to);
    else await symlink(join(target, relative(base, await realpath(join(base, path)))), to);
  }
}

export async function run({ work, folder, run, runtimes, row, clouds }) {
  for (const { host, links } of [
    { host: 'traced, alone', links: [] },
    { host: 'traced, with SDKs', links: SDKS },
  ]) {
    const source = await folder(`install-${links.length}`, {
      packages: ['credex'],
      from: 'install/server',
      links,
    });
    const traced = await trace(work, source);
    const kib = traced.files.reduce((sum, { size }) => sum + size, 0) / 1_024;
    const detail = `${kib.toFixed(1)} KiB in ${traced.files.filter(({ isLink }) => !isLink).length} files`;
    console.log(`${host}: ${detail}`);
    row({ host, cloud: 'size', case: 'success', ok: kib <= MOST_KIB, detail });

    const copied = join(dirname(source), `install-${links.length}-copied`);
    await copy(traced, copied);
    const server = join(copied, relative(traced.base, await realpath(source)), 'server.mjs');
    clouds(host, await run(runtimes.node24, [server], { cwd: copied }));
  }
}
