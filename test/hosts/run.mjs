// `npm run hosts [-- group…]`: runs the groups one after the other and prints the table of hosts and clouds.
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endChildren, run, serve, succeed } from './support/children.mjs';
import { startEmulated } from './support/emulated.mjs';
import { folders } from './support/folders.mjs';
import { install, work } from './support/install.mjs';
import { createRows, table } from './support/rows.mjs';
import { runtimes } from './support/runtimes.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const all = readdirSync(here).filter((name) => existsSync(join(here, name, 'group.mjs')));
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`There is no group ${unknown.join(', ')}. The groups are: ${all.join(', ')}.`);
  process.exit(2);
}
const groups = wanted.length > 0 ? wanted : all;

const seconds = (since) => `${((performance.now() - since) / 1_000).toFixed(0)} s`;
const start = performance.now();
// Groups may use a package of another group, and all use the runtimes.
install([...new Set([...groups, 'runtimes'])]);
console.log(`installed in ${seconds(start)}`);

mkdirSync(work, { recursive: true });
const emulator = await startEmulated(work);
const { rows, row, clouds } = createRows();

/** The environment of a child: nothing of this machine's own logins and settings. */
const environment = (more = {}) => ({
  PATH: process.env.PATH,
  HOME: join(work, 'home'),
  NO_COLOR: '1',
  CI: '1',
  NODE_EXTRA_CA_CERTS: emulator.caFile,
  HOSTS_OPTIONS: JSON.stringify(emulator.options),
  HOSTS_VERIFIER: JSON.stringify(emulator.verifier),
  HOSTS_TOKENS: JSON.stringify(emulator.tokens),
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  DO_NOT_TRACK: '1',
  NEXT_TELEMETRY_DISABLED: '1',
  ASTRO_TELEMETRY_DISABLED: '1',
  NUXT_TELEMETRY_DISABLED: '1',
  DENO_NO_UPDATE_CHECK: '1',
  ...more,
});
mkdirSync(join(work, 'home'), { recursive: true });

const withEnvironment =
  (start) =>
  (command, args, { env, ...options } = {}) =>
    start(command, args, { ...options, env: environment(env) });

const context = {
  emulator,
  runtimes,
  folder: folders(work),
  work,
  environment,
  run: withEnvironment(run),
  succeed: withEnvironment(succeed),
  serve: withEnvironment(serve),
  row,
  clouds,
};

process.once('exit', endChildren);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

for (const group of groups) {
  const began = performance.now();
  const before = rows.length;
  console.log(`\n${group}`);
  try {
    const module = await import(`./${group}/group.mjs`);
    await module.run(context);
    if (rows.length === before) throw new Error('The group has no rows.');
  } catch (error) {
    row({ host: group, cloud: 'group', case: 'success', ok: false, detail: String(error?.stack ?? error) });
  }
  console.log(`${rows.length - before} rows in ${seconds(began)}`);
}
endChildren();
await emulator.close();

const failed = rows.filter(({ ok }) => !ok).length;
// What failed is kept to be looked at.
if (failed === 0) await rm(join(work, 'apps'), { recursive: true, force: true });
console.log(`\nsuccess / refusal; the folder is ${work}\n\n${table(rows).join('\n')}\n\n${seconds(start)}`);
console.log(`${rows.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
