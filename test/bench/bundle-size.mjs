// What an entry weighs in a bundle: minified, and compressed as it travels.
import { gzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * @param {string} code What a user writes.
 * @param {readonly string[]} conditions
 * @returns {Promise<{ text: string, minified: number, compressed: number, inputs: readonly string[] }>}
 */
export async function bundleSize(code, conditions = ['node']) {
  const { metafile, outputFiles } = await build({
    stdin: { contents: code, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'js' },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: conditions.includes('node') ? 'node' : 'neutral',
    mainFields: ['module', 'main'],
    conditions: [...conditions, 'import'],
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'error',
    // Optional, and loaded by those who set a proxy.
    external: ['node:*', 'proxy-agent', 'aws-crt', '@aws-sdk/signature-v4-crt'],
  });
  const [{ contents, text }] = outputFiles;
  return {
    text,
    minified: contents.byteLength,
    compressed: gzipSync(contents, { level: 9 }).byteLength,
    inputs: Object.keys(metafile.inputs),
  };
}
