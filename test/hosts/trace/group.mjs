// A deployment's files as adapters for Vercel find them: @vercel/nft with its default conditions. They are copied to a place
// of their own, and run on each runtime that a function may have.
import { cp, lstat, mkdir, readlink, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAMS = fileURLToPath(new URL('programs', import.meta.url));
const RUNTIMES = {
  'Node 20': ['node20'],
  'Node 22': ['node22'],
  'Node 24': ['node24'],
  'Node 26': ['node26'],
  Bun: ['bun'],
  Deno: [
    'deno',
    'run',
    '--no-prompt',
    '--allow-env',
    '--allow-read',
    '--allow-net=127.0.0.1',
    '--node-modules-dir=manual',
  ],
};

export async function run({ runtimes, folder, run, succeed, clouds, work }) {
  const cwd = await folder('trace', { from: 'trace', packages: ['aws', 'gcp', 'azure'] });
  await cp(PROGRAMS, cwd, { recursive: true });
  const { stdout } = await succeed(runtimes.node20, ['trace.mjs', work, 'main.mjs'], { cwd });
  const files = JSON.parse(stdout.trim().split('\n').at(-1));
  const copied = await folder('traced', { empty: true });
  for (const file of files) await copy(join(work, file), join(copied, file));
  const entry = join(copied, relative(work, cwd), 'main.mjs');
  for (const [host, [runtime, ...flags]] of Object.entries(RUNTIMES))
    clouds(`@vercel/nft; ${host}`, await run(runtimes[runtime], [...flags, entry], { cwd: dirname(entry) }));
}

async function copy(from, to) {
  await mkdir(dirname(to), { recursive: true });
  if ((await lstat(from)).isSymbolicLink()) await symlink(await readlink(from), to);
  else await cp(from, to);
}
