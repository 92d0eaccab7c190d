// Each bundler makes a program of the packages with no flag but those of the platform. The program runs in a folder that
// has nothing else.
import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAMS = fileURLToPath(new URL('programs', import.meta.url));
const BIN = {
  esbuild: 'node_modules/esbuild/bin/esbuild',
  rollup: 'node_modules/rollup/dist/bin/rollup',
  rolldown: 'node_modules/rolldown/bin/cli.mjs',
  ncc: 'node_modules/@vercel/ncc/dist/ncc/cli.js',
  vite: 'node_modules/vite/bin/vite.js',
  webpack: 'webpack.mjs',
};

/** `build(entry, out)`: the runtime, its arguments; `main`: the file to run; `on`: the runtimes that run it. */
const BUNDLERS = [
  {
    host: 'esbuild, node, cjs',
    build: (entry, out) => [
      'node20',
      BIN.esbuild,
      entry,
      '--bundle',
      '--platform=node',
      `--outfile=${out}/main.cjs`,
    ],
    main: 'main.cjs',
    on: ['node20'],
  },
  {
    host: 'esbuild, node, esm',
    build: (entry, out) => [
      'node20',
      BIN.esbuild,
      entry,
      '--bundle',
      '--platform=node',
      '--format=esm',
      '--splitting',
      '--out-extension:.js=.mjs',
      '--entry-names=main',
      `--outdir=${out}`,
    ],
    main: 'main.mjs',
    on: ['node20', 'bun'],
  },
  {
    host: 'esbuild, edge-light',
    build: (entry, out) => [
      'node20',
      BIN.esbuild,
      entry,
      '--bundle',
      '--platform=neutral',
      '--format=esm',
      '--conditions=edge-light',
      `--outfile=${out}/main.mjs`,
    ],
    main: 'main.mjs',
    on: ['node20'],
  },
  {
    host: 'bun build, node',
    build: (entry, out) => ['bun', 'build', entry, '--target=node', `--outfile=${out}/main.mjs`],
    main: 'main.mjs',
    on: ['node20', 'bun'],
  },
  {
    host: 'bun build, bun',
    build: (entry, out) => ['bun', 'build', entry, '--target=bun', `--outfile=${out}/main.mjs`],
    main: 'main.mjs',
    on: ['bun'],
  },
  {
    host: 'rollup',
    build: (entry, out) => [
      'node20',
      BIN.rollup,
      entry,
      '-p',
      'node-resolve={exportConditions:["node"],preferBuiltins:true}',
      '-f',
      'es',
      '-d',
      out,
      '--entryFileNames',
      'main.mjs',
    ],
    main: 'main.mjs',
    on: ['node20'],
  },
  {
    host: 'rolldown',
    build: (entry, out) => [
      'node22',
      BIN.rolldown,
      entry,
      '--platform',
      'node',
      '-d',
      out,
      '--entry-file-names',
      'main.mjs',
    ],
    main: 'main.mjs',
    on: ['node20'],
  },
  {
    host: 'webpack',
    build: (entry, out) => ['node20', BIN.webpack, `./${entry}`, out],
    main: 'main.cjs',
    on: ['node20'],
  },
  {
    host: 'ncc',
    build: (entry, out) => ['node20', BIN.ncc, 'build', entry, '-o', out],
    main: 'index.mjs',
    on: ['node20'],
  },
  {
    host: 'vite SSR',
    build: (entry, out) => ['node22', BIN.vite, 'build', '--ssr', entry, '--outDir', out],
    main: undefined,
    on: ['node20'],
  },
];

const LABELS = { node20: 'Node 20', bun: 'Bun' };

export async function run(context) {
  const { folder } = context;
  const programs = {
    'main.mjs': await folderOf(folder, 'bundlers-clouds', ['aws', 'gcp', 'azure']),
    'verify.mjs': await folderOf(folder, 'bundlers-verify', ['verify']),
    'credex.mjs': await folderOf(folder, 'bundlers-credex', ['credex', 'aws']),
  };
  for (const bundler of BUNDLERS)
    for (const [entry, cwd] of Object.entries(programs)) await bundle(context, bundler, entry, cwd);
  await browser(context, programs['main.mjs']);
}

async function folderOf(folder, name, packages) {
  const made = await folder(name, { from: 'bundlers', packages });
  await cp(PROGRAMS, made, { recursive: true });
  await rm(join(made, 'group.mjs'));
  return made;
}

async function bundle(context, { host, build, main, on }, entry, cwd) {
  const { folder, runtimes, run, work } = context;
  const out = join(work, 'apps', 'bundled', host.replaceAll(/\W+/g, '-'), entry);
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const [runtime, ...args] = build(entry, out);
  const built = await run(runtimes[runtime], args, { cwd });
  const empty = await folder('bundled-run', { empty: true });
  await cp(out, empty, { recursive: true });
  const file = main ?? (await readdir(empty)).find((name) => /\.m?js$/.test(name));
  for (const name of on) {
    const label = on.length > 1 ? `${host}; ${LABELS[name]}` : host;
    const ended =
      built.code === 0
        ? await run(runtimes[name], [join(empty, file ?? 'nothing')], { cwd: empty })
        : { stdout: '', stderr: `It was not built:\n${built.stdout}${built.stderr}` };
    tell(context, label, entry, ended);
  }
}

function tell({ clouds, row }, host, entry, ended) {
  if (entry === 'main.mjs') {
    clouds(host, ended);
    return;
  }
  const cloud = entry.replace('.mjs', '');
  const line = ended.stdout.trim().split('\n').at(-1) ?? '';
  const answers = line.startsWith('{') ? JSON.parse(line) : {};
  const detail = (answer) =>
    answer === undefined ? `${ended.stdout}${ended.stderr}`.slice(-2_000) : JSON.stringify(answer);
  const { production, preview } = answers;
  row({ host, cloud, case: 'success', ok: production?.obtained === true, detail: detail(production) });
  const wanted = cloud === 'verify' ? 'not_allowed' : 'access_denied';
  const known = preview?.isTokenVerificationError === true || preview?.isFederationError === true;
  row({ host, cloud, case: 'refusal', ok: known && preview.code === wanted, detail: detail(preview) });
}

/** A page has no token, and says so: credentials belong to a server. */
async function browser({ folder, runtimes, run, row }, cwd) {
  const empty = await folder('bundled-run', { empty: true });
  const built = await run(
    runtimes.node20,
    [BIN.esbuild, 'browser.mjs', '--bundle', '--platform=browser', `--outfile=${empty}/browser.js`],
    { cwd },
  );
  await cp(join(cwd, 'page.mjs'), join(empty, 'page.mjs'));
  const ended = await run(runtimes.node20, ['page.mjs'], { cwd: empty });
  const line = ended.stdout.trim().split('\n').at(-1) ?? '';
  const answers = line.startsWith('{') ? JSON.parse(line) : {};
  for (const cloud of ['aws', 'gcp', 'azure']) {
    const answer = answers[cloud];
    const ok = answer?.isFederationError === true && answer.code === 'no_subject_token';
    const detail = answer === undefined ? `${built.stderr}${ended.stderr}` : JSON.stringify(answer);
    row({ host: 'esbuild, browser', cloud, case: 'refusal', ok, detail });
  }
}
