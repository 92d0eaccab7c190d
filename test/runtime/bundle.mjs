// The suite as one script, as a bundler for the edge makes it of the published packages.
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

/** @param {string} entry @param {readonly string[]} conditions */
export async function bundled(entry, conditions) {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'js' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    conditions: [...conditions, 'import'],
    mainFields: ['module', 'main'],
    logLevel: 'error',
  });
  return outputFiles[0].text;
}
