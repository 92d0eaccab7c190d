import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { install, link } from './installation.js';
import { PROVIDERS, ROOT, closureOf, command, emptyFolder, manifestOf, specifiersOf } from './packages.js';

const packageNames = [...new Set(PROVIDERS.flatMap(closureOf))];
const allEntries = packageNames.flatMap(specifiersOf);
const mainEntries = allEntries.filter((specifier) =>
  packageNames.some((packageName) => specifier === manifestOf(packageName).name),
);

const imports = (specifiers: readonly string[]): string =>
  specifiers.map((specifier, index) => `export * as entry${index} from '${specifier}';\n`).join('');

const COMPILERS = { 'TypeScript 7': 'typescript', 'TypeScript 5.9': 'typescript-5' } as const;
const RESOLUTIONS = {
  nodenext: { module: 'nodenext', files: ['consumer.mts', 'consumer.cts'] },
  bundler: { module: 'esnext', files: ['consumer.mts'] },
} as const;

const [folder, remove] = emptyFolder();
afterAll(remove);
beforeAll(async () => {
  await install(folder, packageNames);
});

async function compile(
  compiler: keyof typeof COMPILERS,
  resolution: keyof typeof RESOLUTIONS,
  where: string,
  skipLibCheck: boolean,
): Promise<string> {
  const { module, files } = RESOLUTIONS[resolution];
  const options = {
    compilerOptions: {
      module,
      moduleResolution: resolution,
      target: 'es2022',
      lib: ['es2022', 'dom', 'dom.iterable'],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck,
      skipDefaultLibCheck: true,
      noEmit: true,
      types: [],
    },
    files,
  };
  const config = `tsconfig.${compiler.replace(/\W/g, '')}.${resolution}.json`;
  writeFileSync(join(where, config), JSON.stringify(options));
  const tsc = join(ROOT, 'node_modules', COMPILERS[compiler], 'bin', 'tsc');
  const { stdout, stderr } = await command(process.execPath, [tsc, '-p', config, '--pretty', 'false'], where);
  return stdout + stderr;
}

function consumer(name: string, specifiers: readonly string[]): string {
  const where = join(folder, name);
  mkdirSync(where);
  writeFileSync(join(where, 'consumer.mts'), imports(specifiers));
  writeFileSync(join(where, 'consumer.cts'), imports(specifiers));
  return where;
}

type Mode = { readonly compiler: keyof typeof COMPILERS; readonly resolution: keyof typeof RESOLUTIONS };
const modern: readonly Mode[] = [
  { compiler: 'TypeScript 7', resolution: 'nodenext' },
  { compiler: 'TypeScript 7', resolution: 'bundler' },
];
// The older compiler takes seconds for an SDK's declarations, so it reads ours alone.
const all: readonly Mode[] = [...modern, { compiler: 'TypeScript 5.9', resolution: 'nodenext' }];

describe('without an SDK, every declaration checked', () => {
  let where = '';
  beforeAll(() => {
    where = consumer('main', mainEntries);
  });

  it.each(all)('the main entries compile: $compiler, $resolution', async ({ compiler, resolution }) => {
    expect(await compile(compiler, resolution, where, false)).toBe('');
  });
});

describe('with the SDKs', () => {
  let where = '';
  beforeAll(() => {
    where = consumer('all', allEntries);
    for (const packageName of PROVIDERS)
      link(folder, packageName, Object.keys(manifestOf(packageName).peerDependencies ?? {}));
  });

  it.each(modern)('every entry compiles: $compiler, $resolution', async ({ compiler, resolution }) => {
    expect(await compile(compiler, resolution, where, true)).toBe('');
  });
});
