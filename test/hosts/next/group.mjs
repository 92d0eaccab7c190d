// Next.js: each way in which an application runs code on a server, built by webpack and by Turbopack, and asked by real
// requests of `next start`. Edge routes, `proxy.ts` and `cacheComponents` exclude each other, so there are three builds.
import { cp, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const NEXT = 'node_modules/next/dist/bin/next';
const BUNDLERS = ['webpack', 'turbopack'];

/** What Node's own runtime serves; the token comes from the request context. */
const ON_NODE = [
  ['route handler', (ask) => ask.json('/node')],
  ['server component', (ask) => ask.page('/page')],
  ['server action', (ask) => ask.action('/action')],
  ['after()', (ask) => ask.afterwards('/after')],
];

const BUILDS = [
  {
    name: 'edge',
    fixture: 'edge',
    ways: [
      ['edge route', (ask) => ask.json('/edge')],
      ['middleware.ts', (ask) => ask.json('/middleware')],
    ],
  },
  { name: 'proxy', fixture: 'proxy', ways: [['proxy.ts', (ask) => ask.json('/proxy')], ...ON_NODE] },
  { name: 'cacheComponents', cacheComponents: true, ways: ON_NODE },
];

export async function run(context) {
  for (const build of BUILDS) for (const bundler of BUNDLERS) await runBuild(context, build, bundler);
}

async function runBuild(context, { name, fixture, cacheComponents = false, ways }, bundler) {
  const { folder, runtimes, succeed, serve, clouds, row, work, emulator } = context;
  const cwd = await folder(`next-${name}-${bundler}`, { from: 'next', packages: ['aws', 'gcp', 'azure'] });
  for (const part of ['common', 'edge', 'proxy', 'group.mjs'])
    await rm(`${cwd}/${part}`, { recursive: true });
  await cp(here('common'), cwd, { recursive: true });
  if (fixture !== undefined) await cp(here(fixture), cwd, { recursive: true });
  const env = { HOSTS_WORK: work, HOSTS_CACHE_COMPONENTS: String(cacheComponents), NODE_ENV: 'production' };
  const host = (way) => `Next.js, ${bundler}, ${name}: ${way}`;
  try {
    await succeed(runtimes.node24, [NEXT, 'build', `--${bundler}`], { cwd, env, limitMs: 240_000 });
  } catch (error) {
    row({ host: host('build'), cloud: 'group', case: 'success', ok: false, detail: error.message });
    return;
  }
  const server = await serve(runtimes.node24, [NEXT, 'start', '-p', '0', '-H', '127.0.0.1'], {
    cwd,
    env: { ...env, NODE_OPTIONS: '--import ./request-context.mjs' },
    ready: /http:\/\/127\.0\.0\.1:(\d+)/,
  });
  try {
    const origin = `http://127.0.0.1:${server.match[1]}`;
    for (const [way, ask] of ways) {
      const answers = {};
      for (const which of ['production', 'preview'])
        answers[which] = await ask(asker(origin, emulator.tokens[which])).catch((error) => ({
          aws: String(error),
        }));
      clouds(host(way), answers);
    }
    if (!cacheComponents) await askPrerendered(origin, host('prerender'), row);
  } finally {
    await server.stop();
  }
}

/** The build has no token: what it rendered is a refusal of each cloud that says what to do. */
async function askPrerendered(origin, host, row) {
  const answers = await asker(origin, undefined).page('/prerendered');
  for (const cloud of ['aws', 'gcp', 'azure']) {
    const { code, isFederationError, hint = '' } = answers[cloud] ?? {};
    const saysWhatToDo = /`await connection\(\)`.*'force-dynamic'.*OIDC federation/.test(hint);
    const ok = isFederationError === true && code === 'no_subject_token' && saysWhatToDo;
    row({ host, cloud, case: 'refusal', ok, detail: JSON.stringify(answers[cloud]) });
  }
}

const decoded = (text) => {
  const found = /answers:([\w+/=]+):end/.exec(text);
  if (found === null) throw new Error(`No answers: ${text.slice(0, 2_000)}`);
  return JSON.parse(Buffer.from(found[1], 'base64').toString());
};

function asker(origin, token) {
  const headers = token === undefined ? {} : { 'x-vercel-oidc-token': token };
  const get = async (path) => {
    const response = await fetch(origin + path, { headers, signal: AbortSignal.timeout(60_000) });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${path}: ${response.status}: ${text.slice(0, 2_000)}`);
    return text;
  };
  return {
    json: async (path) => JSON.parse(await get(path)),
    page: async (path) => decoded(await get(path)),
    async afterwards(path) {
      await get(path);
      return JSON.parse(await get(`${path}?wait`));
    },
    /** A form as a browser without JavaScript sends it. */
    async action(path) {
      const [, name] = /name="(\$ACTION_ID_\w+)"/.exec(await get(path)) ?? [];
      const body = new FormData();
      body.set(name, '');
      const options = { method: 'POST', body, redirect: 'manual', signal: AbortSignal.timeout(60_000) };
      const response = await fetch(origin + path, { ...options, headers: { ...headers, origin } });
      return decoded(decodeURIComponent(response.headers.get('location') ?? (await response.text())));
    },
  };
}
