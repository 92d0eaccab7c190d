// Builds the package in the working directory: one ES module for each entry of `exports`, `imports`
// and `bin` (rolldown), and the
// declarations (tsc, project references). Everything that is not a relative path stays an import.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
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
const bundle = await rolldown({
  input: Object.fromEntries([...entries].map((name) => [name, `src/${name}.ts`])),
  external: (id) => !id.startsWith('.') && !id.startsWith('/'),
  platform: 'neutral',
  treeshake: { moduleSideEffects: false },
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
