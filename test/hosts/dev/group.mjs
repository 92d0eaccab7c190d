// `credex dev` with Vite, and what it gives to containers. Next.js is in the groups `guide` and `examples`. Docker itself is not run.
import { readFileSync } from 'node:fs';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../../../scripts/workspace.mjs';
import { freePort, fromTarballs, manifestFromTarballs, npmEnvironment } from '../support/npm.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const CREDEX = 'node_modules/credex/dist/bin.js';

const HOSTS = {
  'credex dev -- vite dev': runVite,
  'credex dev, the compose file of its README': runCompose,
};

export async function run(context) {
  const cwd = await application(context);
  for (const [host, act] of Object.entries(HOSTS)) {
    const row = (what, ok, detail, which = 'success') =>
      context.row({ host: `${host}: ${what}`, cloud: 'aws', case: which, ok, detail });
    try {
      await act(context, row, cwd);
    } catch (error) {
      row('runs', false, String(error?.stack ?? error));
    }
  }
}

const ACCOUNT = [
  '--team',
  'acme',
  '--project',
  'shop',
  '--account-id',
  '123456789012',
  '--region',
  'eu-west-1',
];

/** What `credex init` makes of an application: its seed trusts development and production, and has the bucket `shop-dev`. */
async function application({ folder, succeed }) {
  const cwd = await folder('dev-shop', { empty: true });
  await cp(here('vite'), cwd, { recursive: true, filter: (path) => !path.includes('node_modules') });
  const manifest = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'));
  Object.assign(manifest.dependencies, { '@credex/aws': '*', '@credex/testing': '*', credex: '*' });
  await writeFile(join(cwd, 'package.json'), JSON.stringify(manifestFromTarballs(manifest)));
  const options = { cwd, env: npmEnvironment, limitMs: 300_000 };
  await succeed('sh', ['-c', fromTarballs('npm install')], options);
  await succeed(process.execPath, [CREDEX, 'init', 'aws', ...ACCOUNT], options);
  return cwd;
}

async function runVite(context, row, cwd) {
  for (const [environment, which] of [
    ['development', 'success'],
    ['preview', 'refusal'],
  ]) {
    const port = await freePort();
    const vite = [
      'node_modules/vite/bin/vite.js',
      'dev',
      '--port',
      String(port),
      '--host',
      '127.0.0.1',
      '--strictPort',
    ];
    const argv = [CREDEX, 'dev', '--environment', environment, '--', process.execPath, ...vite];
    const server = await context.serve(process.execPath, argv, { cwd, ready: /Local:/ });
    try {
      for (const [what, path, expected] of [
        ['a middleware of the configuration', '/account', '"123456789012"'],
        ['an entry for the server', '/files', '["order"]'],
      ]) {
        const response = await fetch(`http://127.0.0.1:${port}${path}`, {
          signal: AbortSignal.timeout(60_000),
        });
        const text = await response.text();
        const refused = response.status === 500 && server.output.stderr.includes('✗ AWS STS');
        const ok = which === 'success' ? text === expected : refused;
        row(what, ok, `${text}\n${server.output.stderr}`, which);
      }
    } finally {
      await server.end('SIGTERM');
    }
  }
}

async function runCompose(context, row, cwd) {
  const readme = readFileSync(join(root, 'packages', 'cli', 'README.md'), 'utf8');
  const [, block = ''] = /^```yaml\n(services:\n[^]*?)^```$/m.exec(readme) ?? [];
  await writeFile(join(cwd, 'compose.yaml'), block);
  for (const name of ['compose.mjs', 'files.mjs']) await cp(here(`container/${name}`), join(cwd, name));
  const yaml = join(context.work, 'install', 'package.json');
  const argv = [
    CREDEX,
    'dev',
    '--listen',
    '127.0.0.2',
    '--',
    process.execPath,
    'compose.mjs',
    'compose.yaml',
    yaml,
    'files.mjs',
  ];
  const { code, stdout, stderr } = await context.run(process.execPath, argv, { cwd });
  const said = /^\{.*\}$/m.exec(stdout)?.[0] ?? '{}';
  const { files, variables = [] } = JSON.parse(said);
  row(
    'at another address, by another user, with these variables alone',
    code === 0 && files === 0,
    stdout + stderr,
  );
  const extra = variables.filter((name) => !block.includes(name));
  row('no other variable', variables.length > 0 && extra.length === 0, said);
}
