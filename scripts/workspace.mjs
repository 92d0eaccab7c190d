// What every script needs of the workspace: Node's version, the installation, the build. Built-in modules only,
// since this runs before anything is installed. Work is skipped by stamps: hashes of all that the work reads.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const STAMPS = join(root, 'node_modules', '.credex');
const NOT_SOURCES = new Set(['node_modules', 'dist', 'coverage', '.git', '.turbo']);

const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));

/** Ends the process with a message when this Node is older than `engines.node` of the workspace. */
export function requireNode() {
  const least = readJson('package.json').engines.node.replace('>=', '');
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [leastMajor, leastMinor] = least.split('.').map(Number);
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return;
  console.error(
    `credex needs Node.js ${least} or newer; this is ${process.versions.node} (${process.execPath}).`,
  );
  process.exit(1);
}

/** The workspace's files as sorted relative paths with `/`, without what is installed or made. */
export function filesUnder(folder = '.') {
  const found = [];
  const walk = (path) => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (NOT_SOURCES.has(entry.name)) continue;
      const inner = join(path, entry.name);
      if (entry.isDirectory()) walk(inner);
      else if (entry.isFile() && !entry.name.endsWith('.tsbuildinfo')) found.push(inner);
    }
  };
  walk(join(root, folder));
  return found.map((path) => relative(root, path).split(sep).join('/')).sort();
}

/** The names of the folders in packages/. */
export const rooms = () =>
  readdirSync(join(root, 'packages')).filter((name) =>
    existsSync(join(root, 'packages', name, 'package.json')),
  );

function digest(paths) {
  const hash = createHash('sha256').update(process.version);
  for (const path of paths) {
    const content = readFileSync(join(root, path));
    hash.update(`\0${path}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

const stampOf = (name) => join(STAMPS, name);

/** True when `stamp` was last set with these very files, this Node included. */
export const isStamped = (name, paths) =>
  existsSync(stampOf(name)) && readFileSync(stampOf(name), 'utf8') === digest(paths);

/** Does the work and sets the stamp when it went well, to what the files were before. */
export async function stamped(name, paths, work) {
  const before = digest(paths);
  const wentWell = await work();
  if (wentWell) {
    mkdirSync(STAMPS, { recursive: true });
    writeFileSync(stampOf(name), before);
  }
}

/** No word to turbo's makers; no word of the AWS SDK about the Node of next year. */
const QUIET = { TURBO_TELEMETRY_DISABLED: '1', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };

/** Runs a command in the workspace with its output shown; true when it ended well. */
export function run(command, args, { env = {}, cwd = root } = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd,
    stdio: 'inherit',
    // npx is a .cmd file on Windows, which only a shell starts.
    shell: process.platform === 'win32' && command === 'npx',
    env: { ...process.env, ...QUIET, ...env },
  });
  if (error !== undefined) console.error(`${command}: ${error.message}`);
  return status === 0;
}

/** The pinned pnpm, by npx: pnpm of another version would try to replace itself. */
export const pnpm = (...args) => run('npx', ['--yes', readJson('package.json').packageManager, ...args]);

/** Runs a program that a dependency of the workspace brings, by its JavaScript file. */
export const node = (script, args, options) => run(process.execPath, [join(root, script), ...args], options);

const INSTALL_INPUTS = ['pnpm-lock.yaml', 'pnpm-workspace.yaml'];

function orExit(wentWell, what) {
  if (!wentWell) {
    console.error(`\n${what} failed; see above.`);
    process.exit(1);
  }
  return true;
}

export async function ensureInstalled() {
  const inputs = [...INSTALL_INPUTS, ...filesUnder().filter((path) => path.endsWith('package.json'))];
  if (isStamped('installed', inputs)) return;
  await stamped('installed', inputs, () => orExit(pnpm('install', '--frozen-lockfile'), 'Installing'));
}

/** What a package is built from. */
const isBuildInput = (path) =>
  /^packages\/[^/]+\/(src\/.*|package\.json|tsconfig\.json)$/.test(path) &&
  !/\.(test|fixture)\.ts$/.test(path);

/** The JavaScript files that a package's `exports` name. */
export function entryFiles(room) {
  const targets = Object.values(readJson(`packages/${room}/package.json`).exports).flatMap((target) =>
    typeof target === 'string' ? [target] : Object.values(target),
  );
  return [...new Set(targets)].filter((path) => path.endsWith('.js'));
}

/** The declarations of a room's entries. */
export function entryTypes(room) {
  return Object.values(readJson(`packages/${room}/package.json`).exports).flatMap((target) =>
    typeof target === 'string' ? [] : [target.types],
  );
}

const hasEntries = (room) => entryFiles(room).every((path) => existsSync(join(root, 'packages', room, path)));

/** Builds all packages unless nothing that the build reads has changed and every entry is there. */
export async function ensureBuilt() {
  const inputs = [
    ...filesUnder('packages').filter(isBuildInput),
    'pnpm-lock.yaml',
    'scripts/build-package.mjs',
    'tsconfig.base.json',
    'turbo.json',
  ];
  if (isStamped('built', inputs) && rooms().every(hasEntries)) return;
  // pnpm puts itself on PATH, where turbo looks for it.
  await stamped('built', inputs, () => orExit(pnpm('run', 'build'), 'The build'));
}
