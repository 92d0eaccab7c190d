// Builds the package in the working directory: ES modules for the entries of `exports`, `imports` and `bin` (rolldown),
// and the declarations (tsc, project references). What is neither a relative path nor `#name` stays an import.
//
// A starting process pays 2 ms for each file, so what a first credential loads is few of them:
// - `dist/node/…` and `dist/web/…` are the same sources for two kinds of runtime: `#name` is `src/node-name.ts` in the
//   one and `src/web-name.ts` in the other, built in.
// - `@credex/core` is an entry that passes on part of `@credex/core/driver`: packages of ours load the latter alone.
// - `--whole-index`: the index is one file. What it shares with other entries is in both, and what it imports by
//   `import()` is a file of its own with all that it needs.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { rolldown } from 'rolldown';

const require = createRequire(import.meta.url);
const wholeIndex = process.argv.includes('--whole-index');
const { exports, imports, bin } = JSON.parse(readFileSync('package.json', 'utf8'));

/** Names of entries by the folder they are built into: of `dist` itself, `node` or `web`. */
const variants = new Map();
const collect = (target) => {
  if (typeof target !== 'string') {
    Object.values(target).forEach(collect);
    return;
  }
  const [, variant = '', name] = /^\.\/dist\/(?:(node|web)\/)?(.+)\.js$/.exec(target) ?? [];
  if (name === undefined) return;
  if (!variants.has(variant)) variants.set(variant, new Set());
  variants.get(variant).add(name);
};
collect(exports);
// `#name`: what each runtime has its own module for stays an import of the built package.
collect(imports ?? {});
collect(bin ?? {});

const passedOn = {
  name: 'passed-on',
  from: '@credex/core',
  resolveId: (id) => (id === passedOn.from ? { id: '@credex/core/driver', external: true } : null),
};

/** Modules of the index that load when they are needed. */
const lazy = new Map();
const aside = {
  name: 'aside',
  resolveDynamicImport(id, importer) {
    if (!id.startsWith('.')) return null;
    const name = basename(id, '.js');
    lazy.set(name, resolve(dirname(importer), id).replace(/\.js$/, '.ts'));
    return { id: `./internal/${name}.js`, external: true };
  },
};

async function build(variant, entries, plugins = []) {
  const input = Object.fromEntries(entries);
  // Core's entry for authors exports what the others share, so these import it from there, instead of each from files
  // between them.
  const driver = input['driver'];
  const sharedInDriver = {
    name: 'shared-in-driver',
    transform: (code, id) =>
      driver !== undefined && id !== driver && Object.values(input).includes(id)
        ? { code: `${code}\nimport './driver.js';`, map: null }
        : undefined,
  };
  const ofVariant = {
    name: 'of-variant',
    resolveId: (id) =>
      variant !== '' && id.startsWith('#') ? resolve('src', `${variant}-${id.slice(1)}.ts`) : null,
  };
  const bundle = await rolldown({
    input,
    external: (id) => !/^[./]/.test(id) && id !== passedOn.from && !(variant !== '' && id.startsWith('#')),
    platform: 'neutral',
    // Kept where it is added, though nothing is named in it.
    treeshake: { moduleSideEffects: (id) => id === driver },
    // Nothing is added to what the driver exports as long as it exports all that is shared (test/packaging/entries.test.ts).
    preserveEntrySignatures: driver === undefined ? 'strict' : 'allow-extension',
    plugins: [ofVariant, sharedInDriver, passedOn, ...plugins],
  });
  await bundle.write({
    dir: join('dist', variant),
    format: 'es',
    chunkFileNames: 'internal/[name].js',
    sourcemap: true,
    // The declarations have the docstrings.
    comments: { annotation: true, jsdoc: false, legal: true },
  });
  await bundle.close();
}

// What an earlier build left would be packed as well.
for (const left of ['dist', '.tsbuildinfo']) rmSync(left, { recursive: true, force: true });

const sourceOf = (name) => [name, resolve('src', `${name}.ts`)];
for (const [variant, names] of variants) {
  if (wholeIndex && names.delete('index')) await build(variant, [sourceOf('index')], [aside]);
  const imported = Array.from(lazy, ([name, path]) => [`internal/${name}`, path]);
  const others = [...Array.from(names, sourceOf), ...imported];
  if (others.length > 0) await build(variant, others);
}

const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
process.exitCode =
  spawnSync(process.execPath, [tsc, '-b', 'tsconfig.json'], { stdio: 'inherit' }).status ?? 1;
