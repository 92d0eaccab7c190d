// `npm run release:dry`: publishes every package, as packed, to a registry on loopback, and uses them from there in an empty
// folder. What others publish, the registry gets from the one that npm is configured with. Signing cannot be rehearsed: the
// provenance configuration is checked instead.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePacked, tarballOf } from './pack.mjs';
import { packageNames, pnpm, root } from './workspace.mjs';

const TOOLS = 'test/release';
const START_LIMIT_MS = 60_000;

const manifestOf = (name) => JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Runs npm and returns what it printed. */
function npm(args, cwd, env) {
  const { status, stdout, stderr } = spawnSync('npm', args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed:\n${stdout}${stderr}`);
  return stdout.trim();
}

const configuration = (folder) => `
storage: ${join(folder, 'storage')}
auth: { htpasswd: { file: ${join(folder, 'htpasswd')}, max_users: 1 } }
uplinks: { others: { url: '${npm(['config', 'get', 'registry'], folder)}' } }
packages:
  '@credex/*': { access: $all, publish: $all }
  'credex': { access: $all, publish: $all }
  '**': { access: $all, proxy: others }
log: { type: stdout, level: error }
`;

async function startRegistry(folder) {
  const port = await freePort();
  const config = join(folder, 'verdaccio.yaml');
  writeFileSync(config, configuration(folder));
  const bin = join(root, TOOLS, 'node_modules/verdaccio/bin/verdaccio');
  const child = spawn(process.execPath, [bin, '--config', config, '--listen', `127.0.0.1:${port}`], {
    stdio: 'inherit',
    env: { ...process.env, NO_UPDATE_NOTIFIER: '1' },
  });
  const url = `http://127.0.0.1:${port}/`;
  for (const end = Date.now() + START_LIMIT_MS; Date.now() < end;) {
    const answer = await fetch(`${url}-/ping`).catch(() => undefined);
    if (answer?.ok) return { url, stop: () => child.kill() };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  child.kill();
  throw new Error('The registry did not start within a minute.');
}

function publish(folder, env) {
  for (const name of packageNames()) {
    const { publishConfig, version, ...manifest } = manifestOf(name);
    if (publishConfig?.provenance !== true || publishConfig.access !== 'public')
      throw new Error(`packages/${name}/package.json does not ask for provenance and public access.`);
    // Provenance needs the identity of a workflow, and nothing else can be signed with.
    npm(['publish', '--no-provenance', tarballOf(name)], folder, env);
    console.log(`published ${manifest.name}@${version}`);
  }
}

const PROGRAM = `
import { awsCredentialsProvider } from '@credex/aws';
import { azureCredentialsProvider } from '@credex/azure';
import { createCredentialCache } from '@credex/core';
import { gcpCredentialsProvider } from '@credex/gcp';
import { createTokenVerifier } from '@credex/verify';
import { createCredentials } from 'credex';
const made = [awsCredentialsProvider, azureCredentialsProvider, gcpCredentialsProvider, createCredentialCache, createTokenVerifier, createCredentials];
console.log('imported', made.filter((one) => typeof one === 'function').length, 'of', made.length);
`;

function useIt(folder, env) {
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'fresh', private: true, type: 'module' }),
  );
  const names = packageNames().map((name) => manifestOf(name).name);
  npm(['install', ...names], folder, env);
  writeFileSync(join(folder, 'main.mjs'), PROGRAM);
  const { stdout, stderr } = spawnSync(process.execPath, ['main.mjs'], { cwd: folder, encoding: 'utf8' });
  const version = npm(['exec', '--', 'credex', '--version'], folder, env);
  console.log(
    `installed ${names.length} packages in an empty folder; ${stdout.trim()}${stderr}; credex --version: ${version}`,
  );
  return stdout.trim() === 'imported 6 of 6' && version === manifestOf('credex').version;
}

/** Returns whether it succeeded. */
export async function rehearse() {
  await ensurePacked();
  if (!pnpm('--dir', TOOLS, 'install', '--frozen-lockfile')) return false;
  const folder = mkdtempSync(join(tmpdir(), 'credex-release-'));
  const registry = await startRegistry(folder);
  const { host } = new URL(registry.url);
  const npmrc = join(folder, '.npmrc');
  // npm publishes with a token only; this registry takes any.
  writeFileSync(npmrc, `registry=${registry.url}\n//${host}/:_authToken=any\nfund=false\naudit=false\n`);
  const env = {
    npm_config_userconfig: npmrc,
    npm_config_registry: registry.url,
    npm_config_cache: join(folder, 'cache'),
  };
  try {
    publish(folder, env);
    return useIt(folder, env);
  } finally {
    registry.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
