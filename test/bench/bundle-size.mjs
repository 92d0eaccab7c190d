// What an entry weighs in a bundle: minified, and compressed as it travels. What loads at once, and the chunks that wait
// for their `import()`.
import { gzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * @param {string} code What a user writes.
 * @param {readonly string[]} conditions
 * @returns {Promise<{ text: string, inputs: readonly string[], minified: number, compressed: number, later: number }>}
 *   `text` and `inputs` of all; bytes of what loads at once, and compressed ones of what may load later.
 */
export async function bundleSize(code, conditions = ['node']) {
  const { metafile, outputFiles } = await build({
    stdin: { contents: code, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'js' },
    bundle: true,
    minify: true,
    splitting: true,
    write: false,
    metafile: true,
    outdir: '/',
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
  const name = (path) => path.split('/').at(-1);
  const chunks = new Map(Object.entries(metafile.outputs).map(([path, chunk]) => [name(path), chunk]));
  const atOnce = new Set();
  const load = (chunk) => {
    if (atOnce.has(chunk)) return;
    atOnce.add(chunk);
    for (const { kind, path, external } of chunks.get(chunk).imports)
      if (kind === 'import-statement' && external !== true) load(name(path));
  };
  load([...chunks].find(([, { entryPoint }]) => entryPoint?.startsWith('<') === true)[0]);
  const sum = (isAtOnce, sizeOf) =>
    outputFiles
      .filter(({ path }) => atOnce.has(name(path)) === isAtOnce)
      .reduce((total, { contents }) => total + sizeOf(contents), 0);
  const compressed = (contents) => gzipSync(contents, { level: 9 }).byteLength;
  return {
    text: outputFiles.map(({ text }) => text).join('\n'),
    inputs: Object.keys(metafile.inputs),
    minified: sum(true, (contents) => contents.byteLength),
    compressed: sum(true, compressed),
    later: sum(false, compressed),
  };
}
