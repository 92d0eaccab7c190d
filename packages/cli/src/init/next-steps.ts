/** What to type after `credex init`, as the project's own package manager wants it. */

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@credex/core/internal';
import { shellWord } from '../setup/quote.js';
import { contentOf } from './write-files.js';

interface Manager {
  readonly lockfile: string;
  readonly add: string;
  readonly addForDevelopment: string;
  readonly run: string;
  readonly execute: string;
}

const NPM: Manager = {
  lockfile: 'package-lock.json',
  add: 'npm install',
  addForDevelopment: 'npm install --save-dev',
  run: 'npm run',
  execute: 'npx',
};
const MANAGERS: readonly Manager[] = [
  {
    lockfile: 'pnpm-lock.yaml',
    add: 'pnpm add',
    addForDevelopment: 'pnpm add -D',
    run: 'pnpm run',
    execute: 'pnpm exec',
  },
  {
    lockfile: 'yarn.lock',
    add: 'yarn add',
    addForDevelopment: 'yarn add -D',
    run: 'yarn run',
    execute: 'yarn',
  },
  { lockfile: 'bun.lock', add: 'bun add', addForDevelopment: 'bun add -d', run: 'bun run', execute: 'bunx' },
];

export interface Step {
  readonly why: string;
  readonly commands: readonly string[];
}

export interface Steps {
  readonly directory: string;
  readonly packages: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly environments: readonly string[];
  /** The script of the trust, relative to the directory. */
  readonly script: string;
}

export async function nextSteps({ directory, packages, ...rest }: Steps): Promise<readonly Step[]> {
  const manager = await managerOf(directory);
  const manifest = await manifestOf(directory);
  const installed = { ...manifest.dependencies, ...manifest.devDependencies };
  const missing = packages.filter((name) => installed[name] === undefined);
  const forDevelopment = ['credex', '@credex/testing'].filter((name) => installed[name] === undefined);
  const install = [
    ...(missing.length === 0 ? [] : [`${manager.add} ${missing.join(' ')}`]),
    ...(forDevelopment.length === 0 ? [] : [`${manager.addForDevelopment} ${forDevelopment.join(' ')}`]),
  ];
  const program = manifest.scripts?.['dev'] === undefined ? 'COMMAND' : `${manager.run} dev`;
  return [
    ...(install.length === 0 ? [] : [{ why: 'install the packages', commands: install }]),
    { why: 'develop with the emulator', commands: [`${manager.execute} credex dev -- ${program}`] },
    { why: 'before the first deployment, create the trust in the cloud', commands: [`sh ${rest.script}`] },
    { why: 'and set the variables of the deployment', commands: variableCommands(rest) },
  ];
}

const variableCommands = ({ variables, environments }: Pick<Steps, 'variables' | 'environments'>) =>
  Object.entries(variables).flatMap(([name, value]) =>
    environments.map(
      (environment) => `printf %s ${shellWord(value)} | vercel env add ${name} ${environment}`,
    ),
  );

async function managerOf(directory: string): Promise<Manager> {
  for (const manager of MANAGERS) {
    const lockfile = join(directory, manager.lockfile);
    const exists = await access(lockfile).then(
      () => true,
      () => false,
    );
    if (exists) return manager;
  }
  return NPM;
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
}

/** A manifest that cannot be read is the package manager's matter. */
async function manifestOf(directory: string): Promise<Manifest> {
  try {
    const manifest: unknown = parseJson((await contentOf(join(directory, 'package.json'))) ?? '{}');
    return typeof manifest === 'object' && manifest !== null ? manifest : {};
  } catch {
    return {};
  }
}
