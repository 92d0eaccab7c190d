// The type checkers: what a user's tsconfig.json says, whether the program compiles and runs, and whether each entry of
// each package has types.
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../../../scripts/workspace.mjs';

const COMPILERS = {
  'TypeScript 5.9': join(root, 'node_modules', 'typescript-5', 'bin', 'tsc'),
  'TypeScript 6': join('node_modules', 'typescript', 'bin', 'tsc'),
  'TypeScript 7': join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
};

const NODE10 = { module: 'commonjs', moduleResolution: 'node10' };

/** A compiler and its options in a package of this kind; `expected`: the error that is documented. */
const MODES = [
  { compiler: 'TypeScript 5.9', kind: 'commonjs', options: NODE10 },
  { compiler: 'TypeScript 6', kind: 'commonjs', options: { ...NODE10, ignoreDeprecations: '6.0' } },
  { compiler: 'TypeScript 6', kind: 'commonjs', options: { module: 'node20', moduleResolution: 'node16' } },
  { compiler: 'TypeScript 6', kind: 'commonjs', options: { module: 'nodenext' } },
  { compiler: 'TypeScript 7', kind: 'commonjs', options: { module: 'node20' } },
  { compiler: 'TypeScript 7', kind: 'commonjs', options: { module: 'nodenext' } },
  {
    compiler: 'TypeScript 6',
    kind: 'commonjs',
    options: { module: 'commonjs', moduleResolution: 'bundler' },
  },
  { compiler: 'TypeScript 6', kind: 'esm', options: { module: 'nodenext' } },
  { compiler: 'TypeScript 7', kind: 'esm', options: { module: 'node16' } },
  { compiler: 'TypeScript 7', kind: 'esm', options: { module: 'nodenext' } },
  { compiler: 'TypeScript 7', kind: 'esm', options: { module: 'esnext', moduleResolution: 'bundler' } },
  // An ES module can't be imported in these two; the README of @credex/core names the setting that can.
  { compiler: 'TypeScript 6', kind: 'commonjs', options: { module: 'node16' }, expected: 'TS1479' },
  { compiler: 'TypeScript 7', kind: 'commonjs', options: { module: 'node18' }, expected: 'TS1479' },
];

/** What each unpacked package exports, as a user names it. */
function entriesIn(folder) {
  const modules = join(folder, 'node_modules');
  const names = [...readdirSync(join(modules, '@credex')).map((name) => `@credex/${name}`), 'credex'];
  return names.flatMap((name) => {
    const { exports } = JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8'));
    const subpaths = Object.keys(exports).filter((subpath) => !subpath.endsWith('.json'));
    return subpaths.map((subpath) => name + subpath.slice(1));
  });
}

const BASE = {
  target: 'es2022',
  lib: ['es2022', 'dom', 'dom.iterable'],
  strict: true,
  types: ['node'],
  rootDir: '.',
};

async function compile({ run }, cwd, compiler, name, options, file) {
  const config = `tsconfig.${name}.json`;
  const outDir = `out-${name}`;
  await writeFile(
    join(cwd, config),
    JSON.stringify({ compilerOptions: { ...BASE, ...options, outDir }, files: [file] }),
  );
  const args = [COMPILERS[compiler], '-p', config, '--pretty', 'false'];
  return { outDir, ...(await run(process.execPath, args, { cwd })) };
}

/** Compiles the program, every declaration checked, and runs what came of it. */
async function runCompiled(context, host, mode, cwd) {
  const { compiler, options, expected } = mode;
  const name = host.replace(/\W+/g, '-');
  const { outDir, code, stdout, stderr } = await compile(context, cwd, compiler, name, options, 'main.ts');
  if (expected !== undefined) {
    const found = [...new Set([...stdout.matchAll(/error (TS\d+)/g)].map(([, number]) => number))];
    const ok = code !== 0 && found.join() === expected;
    context.row({ host, cloud: 'types', case: 'refusal', ok, detail: stdout + stderr });
    return;
  }
  context.row({ host, cloud: 'types', case: 'success', ok: code === 0, detail: stdout + stderr });
  context.clouds(host, await context.run(process.execPath, [join(outDir, 'main.js')], { cwd }));
}

/** Each entry is found and has a type that isn't `any`. Declarations of SDKs that aren't installed aren't read. */
async function compileEntries(context, host, { compiler, options }, cwd) {
  const lines = entriesIn(cwd).flatMap((specifier, at) => [
    `import * as entry${at} from '${specifier}';`,
    // `any` has every property.
    `// @ts-expect-error`,
    `void entry${at}.thereIsNoSuchName;`,
  ]);
  await writeFile(join(cwd, 'entries.ts'), `${lines.join('\n')}\n`);
  const name = `${host.replace(/\W+/g, '-')}-entries`;
  const more = { ...options, skipLibCheck: true };
  const { code, stdout, stderr } = await compile(context, cwd, compiler, name, more, 'entries.ts');
  context.row({ host, cloud: 'entries', case: 'success', ok: code === 0, detail: stdout + stderr });
}

export async function typeCheckers(context, folders) {
  for (const mode of MODES) {
    const { compiler, kind, options, expected } = mode;
    const setting = [options.module, options.moduleResolution].filter((part) => part !== undefined).join('/');
    const host = `${compiler}, ${setting}, ${kind === 'esm' ? 'ES modules' : 'CommonJS'}`;
    await runCompiled(context, host, mode, folders[kind]);
    if (expected === undefined) await compileEntries(context, host, mode, folders[kind]);
  }
}
