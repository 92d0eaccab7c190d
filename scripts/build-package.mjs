// Builds the package in the working directory: ES modules for the entries of `exports`, `imports` and `bin` (rolldown),
// and the declarations (tsc, project references). What is neither a relative path nor `#name` stays an import.
//
// Each file costs 2 ms at the start of a process, so the first credential loads few files, each of which is a separate build:
// - `--whole=…`: entries, in this order. Each later build imports from
//   them what they export.
// - `--whole-index`: the index. What it shares with other entries is in both.
// Modules that such a file imports by `import()` are separate files in `lazy/`, except those that a later whole entry
// exports from: they are in the file of that entry.
//
// `dist/node/…` and `dist/web/…` are the same sources for two kinds of runtime: `#name` is `src/name/node.ts` in the one
// and `src/name/web.ts` in the other, built in.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { rolldown } from 'rolldown';

const require = createRequire(import.meta.url);
const wholeIndex = process.argv.includes('--whole-index');
const wholeEntries =
  process.argv
    .find((arg) => arg.startsWith('--whole='))
    ?.slice('--whole='.length)
    .split(',') ?? [];
const { exports, imports, bin } = JSON.parse(readFileSync('package.json', 'utf8'));

/** Names of entries by the folder they are built into: `dist` itself, `node` or `web` in it. */
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

const ofVariant = (variant) => ({
  name: 'of-variant',
  resolveId: (id) =>
    variant !== '' && id.startsWith('#') ? resolve('src', id.slice(1), `${variant}.ts`) : null,
});

const sourceAt = (id, importer) => resolve(dirname(importer), id).replace(/\.js$/, '.ts');

/** The sources that an entry exports from. */
function exportedBy(name) {
  const entry = resolve('src', `${name}.ts`);
  const specifiers = readFileSync(entry, 'utf8').matchAll(/^(?:export|\}) .*?from '(\.[^']+)';$/gm);
  return Array.from(specifiers, ([, id]) => sourceAt(id, entry));
}

/** What is imported by `import()` is set aside, into `found`: names and sources. `later`: whole entries that are built later. */
const aside = (found, later) => ({
  name: 'aside',
  resolveDynamicImport(id, importer) {
    if (!id.startsWith('.')) return null;
    const source = sourceAt(id, importer);
    const whole = later.find((name) => exportedBy(name).includes(source));
    if (whole !== undefined) return { id: `./${whole}.js`, external: true };
    const name = `lazy/${basename(id, '.js')}`;
    const other = found.get(name) ?? source;
    if (other !== source) throw new Error(`${other} and ${source} would both become ${name}.js: rename one.`);
    found.set(name, source);
    return { id: `./${name}.js`, external: true };
  },
});

/** The modules that a whole entry was built of are imported from it. */
const fromWhole = ({ name, modules, exported }) => ({
  name: `from-${name}`,
  resolveId(id, importer) {
    if (importer === undefined || !id.startsWith('.')) return null;
    return modules.includes(sourceAt(id, importer)) ? { id: `whole:${name}`, external: true } : null;
  },
  renderChunk(code, { fileName }) {
    for (const [, names] of code.matchAll(new RegExp(`\\{ ([^}]*) \\} from "whole:${name}"`, 'g')))
      for (const one of names.split(', '))
        if (!exported.includes(one.split(' as ')[0]))
          throw new Error(`${fileName} needs ${one} of ${name}, which does not export it.`);
    return {
      code: code.replaceAll(`"whole:${name}"`, `"${fileName.includes('/') ? '..' : '.'}/${name}.js"`),
      map: null,
    };
  },
});

/** @returns The sources that were built in, and the names that the first entry exports. */
async function build(variant, entries, plugins) {
  const bundle = await rolldown({
    input: Object.fromEntries(entries),
    external: (id) => !/^[./]/.test(id) && !(variant !== '' && id.startsWith('#')),
    platform: 'neutral',
    treeshake: { moduleSideEffects: false },
    plugins: [ofVariant(variant), ...plugins],
  });
  const { output } = await bundle.write({
    dir: join('dist', variant),
    format: 'es',
    chunkFileNames: 'lazy/[name].js',
    sourcemap: true,
    // The docstrings are in the declarations.
    comments: { annotation: true, jsdoc: false, legal: true },
  });
  await bundle.close();
  return {
    modules: output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : [])),
    exported: output[0].exports,
  };
}

// Files of an earlier build would be packed as well.
for (const left of ['dist', '.tsbuildinfo']) rmSync(left, { recursive: true, force: true });

const sourceOf = (name) => [name, resolve('src', `${name}.ts`)];
for (const [variant, names] of variants) {
  const lazy = new Map();
  const plugins = [];
  const whole = wholeEntries.filter((name) => names.delete(name));
  for (const [at, name] of whole.entries()) {
    const built = await build(variant, [sourceOf(name)], [aside(lazy, whole.slice(at + 1)), ...plugins]);
    plugins.push(fromWhole({ name, ...built }));
  }
  if (wholeIndex && names.delete('index')) await build(variant, [sourceOf('index')], [aside(lazy, [])]);
  const others = [...Array.from(names, sourceOf), ...lazy];
  if (others.length > 0) await build(variant, others, plugins);
}

const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
process.exitCode =
  spawnSync(process.execPath, [tsc, '-b', 'tsconfig.json'], { stdio: 'inherit' }).status ?? 1;
