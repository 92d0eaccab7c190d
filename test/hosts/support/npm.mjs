// What a user does with npm in a folder, with our packages from their tarballs: they are in no registry before the first release.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tarballOf } from '../../../scripts/pack.mjs';
import { packageNames, root } from '../../../scripts/workspace.mjs';

export const manifestOf = (name) =>
  JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
const ours = new Map(packageNames().map((name) => [manifestOf(name).name, name]));

/** The folders of a package, and of what it depends on. */
function withDependencies(name, found = new Set()) {
  const folder = ours.get(name);
  if (folder === undefined || found.has(folder)) return found;
  found.add(folder);
  for (const dependency of Object.keys(manifestOf(folder).dependencies ?? {}))
    withDependencies(dependency, found);
  return found;
}

/** `npm install NAME` with our packages as tarballs; another command as it is. */
export function fromTarballs(command) {
  if (!command.startsWith('npm install')) return command;
  const words = command.split(' ').map((word) => {
    const files = Array.from(withDependencies(word), tarballOf);
    return files.length === 0 ? word : files.join(' ');
  });
  return `${words.join(' ')} --no-audit --no-fund`;
}

/** The manifest of an application with our packages, and what they depend on, as tarballs. */
export function manifestFromTarballs({ dependencies = {}, devDependencies = {}, ...rest }) {
  const files = (names) =>
    Object.fromEntries(
      [...names.reduce((found, name) => withDependencies(name, found), new Set())].map((folder) => [
        manifestOf(folder).name,
        `file:${tarballOf(folder)}`,
      ]),
    );
  return {
    ...rest,
    dependencies: { ...dependencies, ...files(Object.keys(dependencies)) },
    // A package that both need is named once.
    devDependencies: Object.fromEntries(
      Object.entries({ ...devDependencies, ...files(Object.keys(devDependencies)) }).filter(
        ([name]) => files(Object.keys(dependencies))[name] === undefined,
      ),
    ),
  };
}

/** npm's own settings and cache. It asks a person before npx downloads a program. */
export const npmEnvironment = {
  HOME: process.env.HOME,
  npm_config_yes: 'true',
  PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
};

const WITHOUT_REGISTRY = fileURLToPath(new URL('without-registry.cjs', import.meta.url));

/** The environment of a development server, which needs no registry. */
export const developmentEnvironment = (more) => ({
  ...npmEnvironment,
  NODE_OPTIONS: `--require "${WITHOUT_REGISTRY}"`,
  ...more,
});

/** For the first page of a development server, which compiles it: minutes where other work keeps the processors busy. */
const PAGE_LIMIT_MS = 300_000;

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The body of a response with status 200. */
export async function textOf(url, init) {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(PAGE_LIMIT_MS) });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status}: ${text.slice(0, 2_000)}`);
  return text;
}

/** Presses the button of a page of Next.js, as a browser without JavaScript does. */
export async function submitForm(url, fields = {}) {
  const [, name] = /name="(\$ACTION_ID_\w+)"/.exec(await textOf(url)) ?? [];
  if (name === undefined) throw new Error('The page has no form.');
  const body = new FormData();
  body.set(name, '');
  for (const [field, value] of Object.entries(fields)) body.set(field, value);
  await textOf(url, { method: 'POST', body, headers: { origin: new URL(url).origin } });
}
