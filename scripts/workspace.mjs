// Functions that all scripts use: Node's version, the installation, the build. Uses built-in modules only, because it runs
// before the installation. Stamps, which are hashes of all input files, avoid repeated work.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const STAMPS = join(root, 'node_modules', '.credex');
const NOT_SOURCES = new Set(['node_modules', 'dist', 'coverage', '.git', '.turbo', '.next']);
/** What `npm run docs` writes, and an example that is run where it is. */
const GENERATED =
  /^docs\/site\/(?:\.api|\.vitepress\/cache|api\/(?!index\.md$))|^examples\/.*(?:package-lock\.json|next-env\.d\.ts)$/;

const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));

/** Exits with a message if this Node is older than `engines.node` of the workspace. */
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

/** The files of the workspace as sorted relative paths with `/`, without installed and generated files. */
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
  return found
    .map((path) => relative(root, path).split(sep).join('/'))
    .filter((path) => !GENERATED.test(path))
    .sort();
}

/** The names of the folders in packages/. */
export const packageNames = () =>
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

/** True if `stamp` was set with the same files and the same Node. */
export const isStamped = (name, paths) =>
  existsSync(stampOf(name)) && readFileSync(stampOf(name), 'utf8') === digest(paths);

/** Does the work. If it succeeds, sets the stamp to the state of the files before the work. */
export async function stamped(name, paths, work) {
  const before = digest(paths);
  const wentWell = await work();
  if (wentWell) {
    mkdirSync(STAMPS, { recursive: true });
    writeFileSync(stampOf(name), before);
  }
}

/** Turns off turbo's telemetry, and the AWS SDK's warning about future Node versions. */
const QUIET = { TURBO_TELEMETRY_DISABLED: '1', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };

/** Runs a command in the workspace and shows its output. Returns true if it succeeded. */
export function run(command, args, { env = {}, cwd = root } = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd,
    stdio: 'inherit',
    // On Windows, npx is a .cmd file, which only a shell can start.
    shell: process.platform === 'win32' && command === 'npx',
    env: { ...process.env, ...QUIET, ...env },
  });
  if (error !== undefined) console.error(`${command}: ${error.message}`);
  return status === 0;
}

/** Runs the pinned pnpm with npx: another version of pnpm would try to replace itself. */
export const pnpm = (...args) => run('npx', ['--yes', readJson('package.json').packageManager, ...args]);

/** Runs a program of a dependency by its JavaScript file. */
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

/** The files that a package is built from. */
const isBuildInput = (path) =>
  /^packages\/[^/]+\/(src\/.*|package\.json|tsconfig\.json)$/.test(path) &&
  !/\.(test|fixture)\.ts$/.test(path);

/** The JavaScript files that a package's `exports` name. */
export function entryFiles(packageName) {
  const targets = Object.values(readJson(`packages/${packageName}/package.json`).exports).flatMap((target) =>
    typeof target === 'string' ? [target] : Object.values(target),
  );
  return [...new Set(targets)].filter((path) => path.endsWith('.js'));
}

/** The declaration files of a package's entries. */
export function entryTypes(packageName) {
  return Object.values(readJson(`packages/${packageName}/package.json`).exports).flatMap((target) =>
    typeof target === 'string' ? [] : [target.types],
  );
}

const hasEntries = (packageName) =>
  entryFiles(packageName).every((path) => existsSync(join(root, 'packages', packageName, path)));

/** Builds all packages, unless the inputs of the build are unchanged and every entry exists. */
export async function ensureBuilt() {
  const inputs = [
    ...filesUnder('packages').filter(isBuildInput),
    'pnpm-lock.yaml',
    'scripts/build-package.mjs',
    'tsconfig.base.json',
    'turbo.json',
  ];
  if (isStamped('built', inputs) && packageNames().every(hasEntries)) return;
  // pnpm adds itself to PATH, where turbo searches for it.
  await stamped('built', inputs, () => orExit(pnpm('run', 'build'), 'The build'));
}
