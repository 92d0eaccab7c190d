// The examples of the website: each is a file that compiles with the newest packages.
import { readFileSync } from 'node:fs';
import { realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { filesUnder, root } from '../../../scripts/workspace.mjs';

const PACKAGES = ['aws', 'gcp', 'azure', 'store', 'verify', 'vercel', 'connect', 'core'];

/** Node's way to find modules, and for components that of bundlers, which Next.js sets. */
const PROJECTS = ['tsconfig.json', 'tsconfig.components.json'];

/**
 * The blocks fenced as `ts` or `tsx` of a page, which may have a name for a tab. What imports from Next.js is compiled as its files
 * are.
 */
function blocksOf(page) {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```(tsx?)\b[^\n]*\n([\s\S]*?)^```$/gm)].map(
    ({ 1: language, 2: block, index }) => {
      const ending = block.includes("from 'next/") ? 'tsx' : language;
      const line = text.slice(0, index).split('\n').length + 1;
      const name = page.slice('docs/site/'.length, -'.md'.length).replaceAll('/', '-');
      return { host: `${page}, line ${line}`, file: `${name}-line-${line}.${ending}`, block };
    },
  );
}

export async function run({ folder, runtimes, run: start, row }) {
  const cwd = await folder('site', { packages: PACKAGES, from: 'site' });
  const blocks = filesUnder('docs/site')
    .filter((path) => path.endsWith('.md'))
    .flatMap(blocksOf);
  for (const { file, block } of blocks) await writeFile(join(cwd, file), block);

  const tsc = join(await realpath(join(cwd, 'node_modules', 'typescript')), 'bin', 'tsc');
  let output = '';
  for (const project of PROJECTS) {
    const { stdout, stderr } = await start(runtimes.node24, [tsc, '-p', project, '--pretty', 'false'], {
      cwd,
    });
    output += `${stdout}${stderr}`;
  }
  for (const { host, file } of blocks) {
    const lines = output.split('\n').filter((line) => line.startsWith(`${file}(`));
    row({ host, cloud: 'site', case: 'success', ok: lines.length === 0, detail: lines.join('\n') });
  }
  const known = blocks.map(({ file }) => `${file}(`);
  const others = output
    .split('\n')
    .filter((line) => line !== '' && !known.some((one) => line.startsWith(one)));
  // A line that goes on begins with spaces.
  const unknown = others.filter((line) => !line.startsWith(' '));
  row({
    host: 'tsc of all examples',
    cloud: 'site',
    case: 'success',
    ok: unknown.length === 0,
    detail: unknown.join('\n'),
  });
  console.log(`${blocks.length} examples of the website`);
}
