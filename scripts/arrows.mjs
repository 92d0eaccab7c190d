// Who may know whom: the one table of the house, and the judgement of one import by it. The linter asks it for every
// import of a package's sources (scripts/oxlint-plugin.mjs).
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';

const ANY = [/./];

/** The clouds that a configuration may name. */
const CLOUDS = Array.from(
  readFileSync(new URL('../packages/config/src/clouds/registry.ts', import.meta.url), 'utf8').matchAll(
    /^export \{ (\w+) \}/gm,
  ),
  ([, name]) => name,
);

/** Each adapter stands behind a subpath of its own, so that nobody loads, or needs the types of, another framework. */
const frameworks = (...names) =>
  Object.fromEntries(
    names.map((name) => [
      name,
      { also: [], imports: name === 'node' ? ['node:http'] : [new RegExp(`^${name}(/|$)`)] },
    ]),
  );

/**
 * `rooms`: the packages of ours that a room's sources may import; `lazyRooms`: by import() or as a type
 * alone; `binRooms`: so by the executable `src/bin.ts` alone; `testRooms`: what its tests may import as well. `others`: what else they may import, Node's modules
 * included. `behind`: what may be imported only behind a subpath of the room, by the modules that stand there
 * (`also`, and the folder of the subpath's name), so that nobody loads an SDK who didn't ask for it.
 */
export const ROOMS = {
  // A cloud without an SDK of others.
  ...Object.fromEntries(CLOUDS.map((name) => [name, { rooms: ['core', 'vercel'], others: [], behind: {} }])),
  core: {
    rooms: [],
    others: ['#runtime', '#http'],
    behind: {
      'http/node': {
        also: ['http/secure-socket', 'http/watched-requests'],
        imports: ['node:http', 'node:https', 'node:net', 'node:tls', 'node:async_hooks', 'proxy-agent'],
      },
    },
  },
  // Node's modules as types alone, here: they are looked up when first needed (edge.test.ts).
  vercel: {
    rooms: ['core'],
    others: [/^node:/],
    behind: {
      local: { also: [], imports: [] },
      functions: { also: [], imports: [/^@vercel\/functions(\/|$)/] },
    },
  },
  aws: {
    rooms: ['core', 'vercel'],
    others: [],
    behind: {
      'client-sts': { also: [], imports: [/^@aws-sdk\//, /^@smithy\//] },
    },
  },
  gcp: {
    rooms: ['core', 'vercel'],
    others: [],
    behind: { 'google-auth-library': { also: [], imports: ['google-auth-library', 'node:stream'] } },
  },
  azure: {
    rooms: ['core', 'vercel'],
    others: [],
    behind: { identity: { also: [], imports: [/^@azure\//] } },
  },
  verify: {
    rooms: ['core'],
    testRooms: ['testing'],
    others: ['jose'],
    behind: frameworks('hono', 'express', 'fastify', 'node'),
  },
  config: {
    rooms: ['core'],
    // The table of options is held equal to what the factories take.
    testRooms: CLOUDS,
    others: [
      // Loaded when first needed; test/packaging/credex.test.ts says so.
      '#config-file',
      '@aws-sdk/credential-providers',
      '@azure/identity',
      'google-auth-library',
      'jiti',
      'node:fs',
      'node:fs/promises',
      'node:path',
    ],
    behind: {},
  },
  explain: {
    rooms: [],
    others: [/^@bufbuild\/cel(\/ext)?$/],
    behind: { 'worker-node': { also: [], imports: ['node:worker_threads'] } },
  },
  credex: {
    rooms: ['core', 'config'],
    lazyRooms: CLOUDS,
    binRooms: ['cli'],
    others: ['aws4fetch'],
    behind: {},
  },
  cli: {
    rooms: ['core', 'vercel', ...CLOUDS, 'verify', 'config', 'explain', 'store', 'testing'],
    others: ANY,
    behind: {},
  },
  // The client of an engine is passed in.
  store: { rooms: ['core'], testRooms: ['testing'], others: [], behind: {} },
  testing: { rooms: ['core', 'explain'], others: ANY, behind: {} },
};

/**
 * Inside core, lowest first: folders, and the modules beside them. A module imports only from its own folder and from the
 * lines before its own.
 */
export const CORE_LAYERS = [
  ['contract', 'own'],
  ['store-contract'],
  ['redact'],
  ['errors'],
  ['runtime/'],
  ['events', 'options/'],
  ['token/'],
  ['http/'],
  ['cache/'],
  ['provider-options'],
  ['provider', 'shared-options'],
  ['classify', 'driver', 'index', 'internal'],
];

/** The module whose function `importAtRuntime` takes the place of import(); each call names a literal. */
export const RUNTIME_IMPORT = 'config/optional-import';

/** The modules that may name what else comes in as an option, so that a test can inject it. */
export const AMBIENT = {
  'aws/client-sts': ['crypto'],
  'azure/options': ['Date'],
  'cli/main': ['process'],
  'cli/exec/run-child': ['process'],
  'cli/process-io': ['Date', 'fetch', 'performance', 'process', 'setTimeout'],
  'config/apply-environment': ['process'],
  'config/clouds/aws-login': ['Date'],
  'core/runtime/clock': ['Date', 'setTimeout'],
  'core/runtime/environment': ['process'],
  'core/runtime/node': ['process'],
  'core/http/node': ['process'],
  'core/http/secure-socket': ['process'],
  'core/http/watched-requests': ['process'],
  'core/provider-options': ['Math'],
  'core/runtime/web': ['crypto', 'performance'],
  'core/http/web': ['fetch'],
  'core/cache/store-lock': ['crypto'],
  'gcp/options': ['Date'],
  'gcp/google-auth-library/auth-client': ['setImmediate'],
  'store/record': ['crypto'],
  'store/store-key': ['crypto'],
  'testing/clock': ['setImmediate'],
  'testing/conformance/decoys': ['process'],
  'testing/conformance/machine': ['Date', 'setTimeout'],
  'testing/conformance/printed': ['console'],
  'testing/conformance/trial': ['fetch'],
  'testing/emulator/runtime': ['Date'],
  'vercel/platform/runtime': ['Date', 'fetch'],
  'vercel/local/request-from-cli': ['setTimeout'],
  'vercel/local/node': ['process'],
  'vercel/platform/source-options': ['Date'],
  'verify/check-signature': ['crypto'],
};

/** `packages/aws/src/url.test.ts`: room `aws`, module `url`, a test or its fixture; undefined outside of the packages' sources. */
export function place(file) {
  const found = /(?:^|\/)packages\/([^/]+)\/src\/(.+?)(\.test|\.fixture)?\.ts$/.exec(
    file.replaceAll('\\', '/'),
  );
  if (found === null) return undefined;
  const [, room, module, test] = found;
  return { room, module, isTest: test !== undefined };
}

const matches = (patterns, specifier) =>
  patterns.some((pattern) => (typeof pattern === 'string' ? pattern === specifier : pattern.test(specifier)));

const isBehind = (room, module, door) =>
  module === door || module.startsWith(`${door}/`) || ROOMS[room].behind[door].also.includes(module);

/** The folder of a module of core, with its slash, or the module itself. */
const groupOf = (module) => (module.includes('/') ? module.slice(0, module.indexOf('/') + 1) : module);

/** The index of a module's layer in `CORE_LAYERS`; -1 if it has none. */
export const layerOf = (module) => CORE_LAYERS.findIndex((layer) => layer.includes(groupOf(module)));

/** Why the module has no place in the table; undefined where it has one. */
export function missingPlace({ room, module, isTest }) {
  if (ROOMS[room] === undefined) return `the room ${room} has no arrows: give it some in scripts/arrows.mjs`;
  if (room !== 'core' || isTest || layerOf(module) !== -1) return undefined;
  return `core/${module} has no layer: give it one in scripts/arrows.mjs`;
}

function judgeLayer(module, target) {
  // Another finding names a module without a layer.
  if (layerOf(module) === -1 || layerOf(target) === -1 || layerOf(target) < layerOf(module)) return undefined;
  const group = groupOf(module);
  if (group.endsWith('/') && group === groupOf(target)) return undefined;
  return `core/${module} may not import core/${target}: only a lower layer of the table (scripts/arrows.mjs)`;
}

function judgeRelative({ room, module, isTest }, specifier, isLazy) {
  if (!specifier.endsWith('.js')) return `a relative import ends in .js: ${specifier}`;
  const target = posix.join(posix.dirname(module), specifier).slice(0, -'.js'.length);
  if (target.startsWith('..')) return `${specifier} leaves the room: import another room by its package name`;
  if (isTest) return undefined;
  const door = Object.keys(ROOMS[room].behind).find((name) => isBehind(room, target, name));
  if (door !== undefined && !isBehind(room, module, door) && !isLazy) {
    return `${room}/${target} loads an SDK: only import() may name it here, when it is first needed`;
  }
  return room === 'core' ? judgeLayer(module, target) : undefined;
}

/** Why the module at `from` (see `place`) may not import `specifier`, lazily by import() or not; undefined where it may. */
export function judge(from, specifier, isLazy = false) {
  const { room, module, isTest } = from;
  const table = ROOMS[room];
  if (table === undefined) return undefined;
  if (specifier.startsWith('.')) return judgeRelative(from, specifier, isLazy);

  const ours = /^credex(\/|$)/.test(specifier) ? 'credex' : /^@credex\/([^/]+)/.exec(specifier)?.[1];
  if (ours !== undefined) {
    const also = [
      ...(isLazy || isTest ? (table.lazyRooms ?? []) : []),
      ...(isLazy && module === 'bin' ? (table.binRooms ?? []) : []),
      ...(isTest ? (table.testRooms ?? []) : []),
    ];
    return table.rooms.includes(ours) || also.includes(ours)
      ? undefined
      : `${room} may not know ${ours} (scripts/arrows.mjs)`;
  }
  if (isTest || matches(table.others, specifier)) return undefined;

  const doors = Object.entries(table.behind).filter(([, { imports }]) => matches(imports, specifier));
  if (doors.some(([door]) => isBehind(room, module, door))) return undefined;
  if (doors.length > 0) return `${specifier} may be imported only behind the subpath ${room}/${doors[0][0]}`;
  return `${room} may not import ${specifier} (scripts/arrows.mjs)`;
}
