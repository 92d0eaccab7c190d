// Builds the package in the working directory: one ES module for each entry of `exports`, `imports` and `bin`
// (rolldown), and the declarations (tsc, project references). Everything that is not a relative path stays an import.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { rolldown } from 'rolldown';

const require = createRequire(import.meta.url);
const { exports, imports, bin } = JSON.parse(readFileSync('package.json', 'utf8'));

const entries = new Set();
const collect = (target) => {
  if (typeof target === 'string') {
    if (target.endsWith('.js')) entries.add(target.slice('./dist/'.length, -'.js'.length));
  } else for (const inner of Object.values(target)) collect(inner);
};
collect(exports);
// `#name`: what each runtime has its own module for stays an import of the built package.
collect(imports ?? {});
collect(bin ?? {});

// What an earlier build left would be packed as well.
for (const left of ['dist', '.tsbuildinfo']) rmSync(left, { recursive: true, force: true });

// Each file costs a starting process 2 ms, and core is loaded by all. Its entry for authors exports what the other
// entries share, so these import it from there, instead of each from files between them.
const whole = entries.has('driver') ? resolve('src/driver.ts') : undefined;
const others = new Set(
  [...entries].map((name) => resolve(`src/${name}.ts`)).filter((path) => path !== whole),
);
const sharedInDriver = {
  name: 'shared-in-driver',
  transform: (code, id) =>
    whole !== undefined && others.has(id) ? { code: `${code}\nimport './driver.js';`, map: null } : undefined,
};

const bundle = await rolldown({
  input: Object.fromEntries([...entries].map((name) => [name, `src/${name}.ts`])),
  external: (id) => !id.startsWith('.') && !id.startsWith('/'),
  platform: 'neutral',
  // Kept where it is added, though nothing is named in it.
  treeshake: { moduleSideEffects: (id) => id === whole },
  // Nothing is added to what the driver exports as long as it exports all that is shared (test/packaging/entries.test.ts).
  preserveEntrySignatures: whole === undefined ? 'strict' : 'allow-extension',
  plugins: [sharedInDriver],
});
await bundle.write({
  dir: 'dist',
  format: 'es',
  chunkFileNames: 'internal/[name].js',
  sourcemap: true,
  // The declarations have the docstrings.
  comments: { annotation: true, jsdoc: false, legal: true },
});
await bundle.close();

const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
process.exitCode =
  spawnSync(process.execPath, [tsc, '-b', 'tsconfig.json'], { stdio: 'inherit' }).status ?? 1;
