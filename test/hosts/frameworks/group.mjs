// Frameworks: functions as their Vercel adapters build them, copied to where nothing else is, and plain servers; each on
// every Node and on Bun, with the production and the preview token.
import { existsSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const RUN_FUNCTION = fileURLToPath(new URL('run-function.mjs', import.meta.url));
const PACKAGES = ['aws', 'gcp', 'azure'];
const RUNTIMES = {
  'Node 20': 'node20',
  'Node 22': 'node22',
  'Node 24': 'node24',
  'Node 26': 'node26',
  Bun: 'bun',
};

/** `builder`: the Node that the framework's own tool runs on; `output`: the function that serves /clouds. */
const BUILT = {
  'SvelteKit 2': {
    from: 'sveltekit',
    builder: 'node20',
    tool: ['node_modules/vite/bin/vite.js', 'build'],
    output: 'clouds.func',
  },
  'Astro 7': {
    from: 'astro',
    builder: 'node22',
    tool: ['node_modules/astro/bin/astro.mjs', 'build'],
    output: '_render.func',
  },
  'Nuxt 4': {
    from: 'nuxt',
    builder: 'node22',
    tool: ['node_modules/nuxt/bin/nuxt.mjs', 'build'],
    output: '__fallback.func',
  },
  'Nitro 2': {
    from: 'nitro',
    builder: 'node20',
    tool: ['node_modules/nitropack/dist/cli/index.mjs', 'build'],
    output: '__fallback.func',
  },
  'Nitro 3 beta': {
    from: 'nitro3',
    builder: 'node22',
    tool: ['node_modules/nitro/dist/cli/index.mjs', 'build'],
    output: '__server.func',
  },
};

/** A folder of `frameworks`, and the module that listens. */
const SERVERS = {
  'Hono 4': ['servers', 'hono.mjs'],
  'Express 5': ['servers', 'express.mjs'],
  'Fastify 5': ['servers', 'fastify.mjs'],
  'NestJS 11, CommonJS': ['nest', 'dist/main.js'],
};

/** Builds the application; the built function, in a folder whose parents have no packages. */
async function build({ folder, runtimes, succeed, work }, { from, builder, tool, output }) {
  const cwd = await folder(`frameworks-${from}`, { packages: PACKAGES, from: `frameworks/${from}` });
  const node = runtimes[builder];
  // What the tool starts by the name `node` must be this one as well.
  const env = { PATH: `${dirname(node)}:${process.env.PATH}` };
  await succeed(node, tool, { cwd, env });
  const built = join(cwd, '.vercel', 'output', 'functions', output);
  if (!existsSync(join(built, '.vc-config.json'))) throw new Error(`${from} built no function in ${built}.`);
  const copy = join(work, 'apps', `frameworks-${from}-function`);
  await rm(copy, { recursive: true, force: true });
  // As they are: the links that the adapters make point within the function. The function itself may be a link.
  await cp(`${built}/.`, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

async function runFunctions(context) {
  for (const [name, framework] of Object.entries(BUILT)) {
    const cwd = await build(context, framework);
    await onEachRuntime(context, name, (runtime) =>
      context.run(runtime, [RUN_FUNCTION, cwd, '/clouds'], { cwd }),
    );
  }
}

async function ask(port, token) {
  const headers = { 'x-vercel-oidc-token': token };
  const response = await fetch(`http://127.0.0.1:${port}/clouds`, {
    headers,
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  if (response.status !== 200)
    throw new Error(`/clouds answered ${response.status}: ${text.slice(0, 2_000)}`);
  return JSON.parse(text);
}

async function askServer({ serve, emulator }, runtime, cwd, module) {
  // Bun's `--import` is an alias of `--preload` that older releases don't have.
  const preload = [runtime.endsWith('bun') ? '--preload' : '--import', './request-context.mjs'];
  const env = { VERCEL: '1' };
  const server = await serve(runtime, [...preload, module], { cwd, env, ready: /listening on (\d+)/ });
  try {
    const { production, preview } = emulator.tokens;
    return {
      production: await ask(server.match[1], production),
      preview: await ask(server.match[1], preview),
    };
  } finally {
    await server.stop();
  }
}

async function runServers(context) {
  const folderOf = {};
  for (const name of ['servers', 'nest'])
    folderOf[name] = await context.folder(`frameworks-${name}`, {
      packages: PACKAGES,
      from: `frameworks/${name}`,
    });
  const tsc = join('node_modules', 'typescript', 'bin', 'tsc');
  await context.succeed(process.execPath, [tsc, '-p', '.'], { cwd: folderOf.nest });
  for (const [name, [from, module]] of Object.entries(SERVERS))
    await onEachRuntime(context, name, (runtime) => askServer(context, runtime, folderOf[from], module));
}

/** Rows for `name` on each runtime; what throws is a row that failed. */
async function onEachRuntime({ runtimes, clouds }, name, answersOf) {
  for (const [label, runtime] of Object.entries(RUNTIMES)) {
    const failed = (error) => ({ stdout: '', stderr: String(error?.stack ?? error) });
    clouds(`${name}, ${label}`, await answersOf(runtimes[runtime]).catch(failed));
  }
}

export async function run(context) {
  await runFunctions(context);
  await runServers(context);
}
