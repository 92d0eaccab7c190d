// docs/guides/next-js-s3.md, followed as it is printed: its commands are run and its page is written, in an empty folder. Only
// our own packages come from their tarballs instead of a registry. `next dev` is asked by real requests.
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tarballOf } from '../../../scripts/pack.mjs';
import { packageNames, root } from '../../../scripts/workspace.mjs';

const GUIDE = fileURLToPath(new URL('../../../docs/guides/next-js-s3.md', import.meta.url));
const LIMIT_MS = 300_000;

/** The blocks of code, in order: `sh` line by line, other languages with the path that the sentence before them names. */
function stepsOf(text) {
  const block = /(?:`([\w./-]+)`:\n\n)?^```(\w+)\n([^]*?)^```$/gm;
  return Array.from(text.matchAll(block)).flatMap(([, path, language, code]) =>
    language === 'sh'
      ? code
          .trim()
          .split('\n')
          .map((command) => ({ command }))
      : [{ path, code }],
  );
}

const manifestOf = (name) => JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
const ours = new Map(packageNames().map((name) => [manifestOf(name).name, name]));

/** The tarballs of a package, and of what it depends on. */
function tarballs(name, found = new Set()) {
  const folder = ours.get(name);
  if (folder === undefined || found.has(folder)) return found;
  found.add(folder);
  for (const dependency of Object.keys(manifestOf(folder).dependencies ?? {})) tarballs(dependency, found);
  return found;
}

/** `npm install` of our packages takes their tarballs: they are in no registry before the first release. */
function fromTarballs(command) {
  if (!command.startsWith('npm install ')) return command;
  const words = command.split(' ').map((word) => {
    const files = Array.from(tarballs(word), tarballOf);
    return files.length === 0 ? word : files.join(' ');
  });
  return `${words.join(' ')} --no-audit --no-fund`;
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const textOf = async (url, init) => {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(120_000) });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status}: ${text.slice(0, 2_000)}`);
  return text;
};

/** Presses the button, as a browser without JavaScript does. */
async function addOrder(url) {
  const [, name] = /name="(\$ACTION_ID_\w+)"/.exec(await textOf(url)) ?? [];
  if (name === undefined) throw new Error('The page has no form.');
  const body = new FormData();
  body.set(name, '');
  await textOf(url, { method: 'POST', body, headers: { origin: new URL(url).origin } });
}

const ordersIn = (html) => /(\d+) orders in shop-dev/.exec(html)?.[1];

/** The last command of the guide, and what a person does in the browser. */
async function develop({ serve, row }, command, cwd, env) {
  const host = `guide: ${command}`;
  const port = await freePort();
  const ready = /Local:\s+http:\/\/localhost:\d+/;
  const server = await serve('sh', ['-c', command], {
    cwd,
    env: { ...env, PORT: String(port) },
    ready,
    limitMs: LIMIT_MS,
  });
  const url = `http://localhost:${port}/`;
  try {
    const before = ordersIn(await textOf(url));
    await addOrder(url);
    const after = ordersIn(await textOf(url));
    const shown = server.output.stderr.includes(
      '✓ AWS STS  AssumeRoleWithWebIdentity  owner:acme:project:shop:',
    );
    const detail = JSON.stringify({ before, after, shown });
    row({ host, cloud: 'aws', case: 'success', ok: before === '0' && after === '1' && shown, detail });
  } catch (error) {
    const detail = `${String(error)}\n${server.output.stdout}\n${server.output.stderr}`.slice(-4_000);
    row({ host, cloud: 'aws', case: 'success', ok: false, detail });
  } finally {
    await server.end('SIGTERM');
  }
  const left = await fetch(url).then(
    () => 'Next.js still answers.',
    () => '',
  );
  row({ host: `${host} has ended`, cloud: 'aws', case: 'success', ok: left === '', detail: left });
}

export async function run(context) {
  const { folder, succeed, row } = context;
  // npm's own settings and cache. It asks a person before npx downloads a program.
  const env = {
    HOME: process.env.HOME,
    npm_config_yes: 'true',
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
  };
  let cwd = await folder('guide', { empty: true });
  const began = performance.now();
  const steps = stepsOf(readFileSync(GUIDE, 'utf8'));
  const last = steps.pop();
  for (const { command, path, code } of steps) {
    if (command === undefined) await writeFile(join(cwd, path), code);
    else if (command.startsWith('cd ')) cwd = join(cwd, command.slice(3));
    else await succeed('sh', ['-c', fromTarballs(command)], { cwd, env, limitMs: LIMIT_MS });
  }
  for (const command of [last.command, `${last.command} --webpack`])
    await develop(context, command, cwd, env);
  const minutes = (performance.now() - began) / 60_000;
  row({
    host: 'guide',
    cloud: 'aws',
    case: 'success',
    ok: minutes < 10,
    detail: `${minutes.toFixed(1)} minutes`,
  });
}
