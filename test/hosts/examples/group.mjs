// examples/, as a stranger starts them: the two commands that each README prints, in a copy of the folder, with our packages from
// their tarballs. Then the types of the copy are checked by its own compiler.
import { createRequire } from 'node:module';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../../../scripts/workspace.mjs';
import {
  developmentEnvironment,
  freePort,
  fromTarballs,
  manifestFromTarballs,
  manifestOf,
  npmEnvironment,
  submitForm,
  textOf,
} from '../support/npm.mjs';

const LIMIT_MS = 300_000;
const CLOUD = { 'next-s3-postgres': 'aws', 'hono-api': 'own api', 'github-actions': 'aws' };
const RUN = { 'next-s3-postgres': runNext, 'hono-api': runHono, 'github-actions': runGithubActions };

const GENERATED = new Set(['node_modules', '.next', 'next-env.d.ts', 'package-lock.json']);

export async function run(context) {
  const names = readdirSync(join(root, 'examples'), { withFileTypes: true }).filter((one) =>
    one.isDirectory(),
  );
  for (const { name } of names) await runExample(context, name);
}

async function runExample(context, name) {
  const cloud = CLOUD[name] ?? 'aws';
  const row = (what, ok, detail, which = 'success') =>
    context.row({ host: `examples/${name}: ${what}`, cloud, case: which, ok, detail });
  try {
    const cwd = await copyOf(context, name, row);
    const [install, start, ...more] = commandsIn(await readFile(join(cwd, 'README.md'), 'utf8'));
    row('starts with two commands', install === 'npm install' && more.length === 0, `${install}; ${start}`);
    await context.succeed('sh', ['-c', fromTarballs(install)], {
      cwd,
      env: npmEnvironment,
      limitMs: LIMIT_MS,
    });
    await RUN[name]({ ...context, row }, cwd, start);
    const { code, stdout } = await context.run('npx', ['tsc', '--noEmit'], { cwd, env: npmEnvironment });
    row('types', code === 0, stdout);
  } catch (error) {
    row('runs', false, String(error?.stack ?? error).slice(-6_000));
  }
}

/** The example as it is published, but for the places of our packages. */
async function copyOf({ folder }, name, row) {
  const cwd = await folder(`examples-${name}`, { empty: true });
  await cp(join(root, 'examples', name), cwd, {
    recursive: true,
    filter: (path) => !GENERATED.has(path.split('/').at(-1)),
  });
  const manifest = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'));
  const wanted = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  const ours = wanted.filter(([dependency]) => /^(?:@credex\/|credex$)/.test(dependency));
  const range = `^${manifestOf('credex').version}`;
  row(
    'asks for the released versions',
    ours.every(([, one]) => one === range),
    JSON.stringify(ours),
  );
  await writeFile(join(cwd, 'package.json'), JSON.stringify(manifestFromTarballs(manifest), undefined, 2));
  return cwd;
}

/** The lines of the first block that is fenced as `sh`. */
function commandsIn(readme) {
  const [, block = ''] = /^```sh\n([^]*?)^```$/m.exec(readme) ?? [];
  return block.trim().split('\n');
}

const hasPostgres = () =>
  [...npmEnvironment.PATH.split(':'), ...versionsOf('/usr/lib/postgresql')].some((one) =>
    existsSync(join(one, 'initdb')),
  );
const versionsOf = (path) => (existsSync(path) ? readdirSync(path).map((one) => join(path, one, 'bin')) : []);

/** Runs `act` with the URL of a server, and ends the server. A failure shows what the server printed. */
async function whileServed({ serve }, { command, cwd, env, ready }, act) {
  const server = await serve('sh', ['-c', command], {
    cwd,
    env: developmentEnvironment(env),
    ready,
    limitMs: LIMIT_MS,
  });
  try {
    return await act(server.output);
  } catch (error) {
    throw new Error(`${String(error)}\n${server.output.stdout}\n${server.output.stderr}`, { cause: error });
  } finally {
    await server.end('SIGTERM');
  }
}

async function runNext(context, cwd, command) {
  if (!hasPostgres()) {
    const detail = 'PostgreSQL is not installed, so the example was not run: apt-get install postgresql.';
    console.log(detail);
    context.row('runs', process.env.CI !== 'true', detail);
    return;
  }
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const ready = /Local:\s+http:\/\/localhost:\d+/;
  const counts = (html) => [...html.matchAll(/<h1>(\d+) /g)].map(([, count]) => count).join();
  await whileServed(context, { command, cwd, ready, env: { PORT: String(port) } }, async ({ stderr }) => {
    for (const [what, path, fields] of [
      ['lists the bucket', '/', { text: 'pears' }],
      ['reads the table', '/orders', { item: 'pears' }],
    ]) {
      const before = counts(await textOf(url + path));
      await submitForm(url + path, fields);
      const page = await textOf(url + path);
      const after = counts(page);
      context.row(what, before === '0' && after === '1', `${JSON.stringify({ before, after })}${stderr}`);
    }
  });
  const left = await fetch(url).catch(() => undefined);
  context.row('has ended', left === undefined, 'Next.js still answers.');
}

async function runHono(context, cwd, command) {
  const { scripts } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'));
  const refused = `npx ${scripts.dev.replace('--environment production', '--environment preview')}`;
  for (const [which, line, expected] of [
    ['success', command, [200, 'shop, production', 401]],
    ['refusal', refused, [403, undefined, 401]],
  ]) {
    const [port, apiPort] = [await freePort(), await freePort()];
    const env = { CALLER_PORT: String(port), API_PORT: String(apiPort) };
    const ready = /The (?:API|caller) listens[^]*The (?:API|caller) listens/;
    await whileServed(context, { command: line, cwd, env, ready }, async () => {
      const called = await fetch(`http://localhost:${port}/`);
      const { caller } = await called.json();
      const bare = await fetch(`http://localhost:${apiPort}/orders`);
      const answers = [called.status, caller, bare.status];
      const ok = JSON.stringify(answers) === JSON.stringify(expected);
      context.row('admits production alone', ok, JSON.stringify(answers), which);
    });
  }
}

async function runGithubActions({ run: start, row, work }, cwd, command) {
  const { parse } = createRequire(join(work, 'install', 'package.json'))('yaml');
  const { permissions, jobs } = parse(await readFile(join(cwd, '.github/workflows/deploy.yml'), 'utf8'));
  const { scripts } = JSON.parse(await readFile(join(cwd, 'package.json'), 'utf8'));
  const { environment, steps } = jobs.deploy;
  const isDeployment = environment === 'production' && steps.at(-1).run === 'npm run deploy';
  const ok = permissions['id-token'] === 'write' && isDeployment && scripts.deploy !== undefined;
  row('the workflow', ok, JSON.stringify({ permissions, jobs }));
  const upload = async () => start('sh', ['-c', command], { cwd, env: npmEnvironment });
  const { code, stdout, stderr } = await upload();
  row('uploads', code === 0 && /^uploaded index\.html/m.test(stdout), `${stdout}${stderr}`);
  // As the README says.
  const local = await readFile(join(cwd, 'local.js'), 'utf8');
  await writeFile(join(cwd, 'local.js'), local.replace('refs/heads/main', 'refs/heads/other'));
  const other = await upload();
  const isRefused =
    other.code !== 0 &&
    /unexpected_identity|expectClaims/.test(other.stderr) &&
    !/AssumeRole/.test(other.stdout);
  row('of another branch', isRefused, `${other.stdout}${other.stderr}`, 'refusal');
  await writeFile(join(cwd, 'local.js'), local);
}
