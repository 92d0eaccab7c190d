// docs/site/guides/next-js-s3.md, followed as it is printed: its commands are run and its page is written, in an empty folder, up to
// the development server, because a deployment needs accounts. Only our own packages come from their tarballs instead of a registry.
// `next dev` is asked by real requests. The first route of the main README is added to that application, and built with it.
import { readFileSync } from 'node:fs';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  developmentEnvironment,
  freePort,
  fromTarballs,
  npmEnvironment,
  submitForm,
  textOf,
} from '../support/npm.mjs';

const GUIDE = fileURLToPath(new URL('../../../docs/site/guides/next-js-s3.md', import.meta.url));
const README = fileURLToPath(new URL('../../../README.md', import.meta.url));
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

const ordersIn = (html) => /(\d+) orders in shop-dev/.exec(html)?.[1];

/** The command of the guide that develops, and what a person does in the browser. */
async function develop({ serve, row }, command, cwd) {
  const host = `guide: ${command}`;
  const port = await freePort();
  const ready = /Local:\s+http:\/\/localhost:\d+/;
  const server = await serve('sh', ['-c', command], {
    cwd,
    env: developmentEnvironment({ PORT: String(port) }),
    ready,
    limitMs: LIMIT_MS,
  });
  const url = `http://localhost:${port}/`;
  try {
    const before = ordersIn(await textOf(url));
    await submitForm(url);
    const after = ordersIn(await textOf(url));
    const shown = server.output.stderr.includes(
      '✓ AWS STS  AssumeRoleWithWebIdentity  owner:acme:project:shop:',
    );
    const detail = JSON.stringify({ before, after, shown });
    row({ host, cloud: 'aws', case: 'success', ok: before === '0' && after === '1' && shown, detail });
    const listed = await textOf(`${url}files`);
    row({
      host: `${host}, the route of the README`,
      cloud: 'aws',
      case: 'success',
      ok: /^\["order-\d+"\]$/.test(listed),
      detail: listed,
    });
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

/** `app/files/route.ts` as the README has it, and its variable. */
async function addRoute(cwd) {
  const [, code] = /`app\/files\/route\.ts`:\n\n```ts\n([^]*?)^```$/m.exec(readFileSync(README, 'utf8'));
  await mkdir(join(cwd, 'app', 'files'), { recursive: true });
  await writeFile(join(cwd, 'app', 'files', 'route.ts'), code);
  await appendFile(join(cwd, '.env.local'), 'BUCKET=shop-dev\n');
}

export async function run(context) {
  const { folder, succeed, row } = context;
  let cwd = await folder('guide', { empty: true });
  const began = performance.now();
  const steps = stepsOf(readFileSync(GUIDE, 'utf8'));
  const end = steps.findIndex(({ command }) => command?.startsWith('npx credex dev '));
  const last = steps[end];
  for (const { command, path, code } of steps.slice(0, end)) {
    if (command === undefined) await writeFile(join(cwd, path), code);
    else if (command.startsWith('cd ')) cwd = join(cwd, command.slice(3));
    else await succeed('sh', ['-c', fromTarballs(command)], { cwd, env: npmEnvironment, limitMs: LIMIT_MS });
  }
  await addRoute(cwd);
  for (const command of [last.command, `${last.command} --webpack`]) await develop(context, command, cwd);
  await succeed('npx', ['next', 'build'], { cwd, env: npmEnvironment, limitMs: LIMIT_MS });
  row({ host: 'guide: next build', cloud: 'aws', case: 'success', ok: true });
  const minutes = (performance.now() - began) / 60_000;
  row({
    host: 'guide',
    cloud: 'aws',
    case: 'success',
    ok: minutes < 10,
    detail: `${minutes.toFixed(1)} minutes`,
  });
}
