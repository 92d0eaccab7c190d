// The clouds' own clients: each is type-checked as a user writes it, then run with a token that the cloud accepts and
// with one that it refuses.
import { existsSync } from 'node:fs';
import { readFile, realpath, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { prepared } from './support/prepare.mjs';
import { CLIENTS, fileOf, versionOf } from './table.mjs';

/**
 * What does not compile with an older google-auth-library installed next to these clients; package.json has the newest. The
 * README of @credex/gcp says what to write there.
 */
const REFUSED_BY_TYPE = {
  // google.drive() is overloaded: nothing is inferred, and the installed copy is not the one of googleapis.
  10: ['gcp/googleapis.ts'],
  // The AuthClient of version 9 has no fetch(), which those of 10 and 11 have.
  9: [
    'gcp/ai-sdk-google-vertex.ts',
    'gcp/anthropic-vertex-sdk.ts',
    'gcp/bigquery.ts',
    'gcp/cloud-sql-connector.ts',
    'gcp/genai.ts',
    'gcp/googleapis-named-type.ts',
    'gcp/googleapis.ts',
    'gcp/pubsub.ts',
    'gcp/secret-manager-rest.ts',
    'gcp/secret-manager.ts',
    'gcp/storage.ts',
  ],
};

const COMPILATIONS = {
  'tsc --strict': {},
  'tsc --strict --exactOptionalPropertyTypes': { flags: ['--exactOptionalPropertyTypes'] },
  // Our declarations alone: those of the clients are not all free of errors.
  'tsc --strict, skipLibCheck: false': { project: 'own' },
  'tsc --strict of TypeScript 5.9': { compiler: 'typescript-5' },
};

const oneLine = (text) => text.replaceAll(/\s+/g, ' ').replaceAll(', }', ' }');
const hostOf = (client) =>
  `${client.name} ${versionOf(client)}${client.variant === undefined ? '' : `, ${client.variant}`}`;

async function compile({ runtimes, run }, cwd, { project = '.', flags = [], compiler = 'typescript' } = {}) {
  const tsc = join(await realpath(join(cwd, 'node_modules', compiler)), 'bin', 'tsc');
  const args = [tsc, '-p', project, '--pretty', 'false', ...flags];
  const { stdout, stderr } = await run(runtimes.node24, args, { cwd });
  const output = `${stdout}${stderr}`.trim();
  const files = new Set(Array.from(output.matchAll(/^(\w+\/[\w-]+\.ts)\(/gm), ([, file]) => file));
  return { output, files: [...files].toSorted() };
}

async function askClient({ runtimes, run, row }, cwd, given, client, host) {
  const args = ['--no-warnings', 'support/run-client.ts', fileOf(client)];
  const env = { HOSTS_CLIENTS: given };
  const { stdout, stderr } = await run(runtimes.node24, args, { cwd, env, limitMs: 60_000 });
  const { cloud } = client;
  let outcome;
  try {
    outcome = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  } catch {
    const nothing = { ok: false, detail: `Nothing was printed: ${stdout}${stderr}` };
    outcome = { success: nothing, refusal: nothing };
  }
  const { success, refusal } = outcome;
  row({ host, cloud, case: 'success', ok: success.ok, detail: success.detail });
  const place = refusal.arrives;
  row({
    host,
    cloud,
    case: 'refusal',
    ok: refusal.ok && place === client.refusal,
    detail: `${place}, expected ${client.refusal}: ${refusal.detail}`,
  });
}

/** Two at a time: each is a process that mostly loads its client. */
async function askAll(context, cwd, given, clients, hostOfClient) {
  const waiting = [...clients];
  const worker = async () => {
    for (let client = waiting.shift(); client !== undefined; client = waiting.shift())
      await askClient(context, cwd, given, client, hostOfClient(client));
  };
  await Promise.all([worker(), worker()]);
}

/** The folder with an older google-auth-library in place of the newest: what compiles with it runs with it. */
async function withLibrary(context, cwd, given, version) {
  const library = join(cwd, 'node_modules', 'google-auth-library');
  await rm(library);
  await symlink(await realpath(`${library}-${version}`), library, 'dir');
  const expected = REFUSED_BY_TYPE[version];
  const { files, output } = await compile(context, cwd);
  context.row({
    host: `tsc --strict, google-auth-library ${version}`,
    cloud: 'gcp',
    case: 'success',
    ok: JSON.stringify(files) === JSON.stringify(expected),
    detail: `errors in ${files.join(', ')}; expected in ${expected.join(', ')}: ${output.slice(0, 2_000)}`,
  });
  const running = CLIENTS.filter((client) => client.cloud === 'gcp' && !expected.includes(fileOf(client)));
  await askAll(context, cwd, given, running, (client) => `${hostOf(client)}, library ${version}`);
}

export async function run(context) {
  const given = JSON.stringify(prepared(context.emulator));
  const packages = ['aws', 'gcp', 'azure'];
  const cwd = await context.folder('clients', { packages: [...packages, 'connect'], from: 'clients' });

  for (const [host, how] of Object.entries(COMPILATIONS)) {
    const { output, files } = await compile(context, cwd, how);
    for (const cloud of packages) {
      // An error outside of a cloud's files is one of each cloud.
      const elsewhere = output !== '' && !files.some((file) => packages.includes(file.split('/')[0]));
      const ok = !elsewhere && !files.some((file) => file.startsWith(`${cloud}/`));
      context.row({ host, cloud, case: 'success', ok, detail: output.slice(0, 4_000) });
    }
  }
  for (const client of CLIENTS) {
    const path = join(cwd, fileOf(client));
    const text = existsSync(path) ? oneLine(await readFile(path, 'utf8')) : '';
    if (!text.includes(client.use)) throw new Error(`${fileOf(client)} does not pass ${client.use}`);
  }
  await askAll(context, cwd, given, CLIENTS, hostOf);
  for (const version of [10, 9]) await withLibrary(context, cwd, given, version);
}
