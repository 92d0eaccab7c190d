// Which package may import what, as one table. The linter checks every import of a package's sources against it
// (scripts/oxlint-plugin.mjs).
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

/** Each adapter has a subpath, so that its users neither load another framework nor need its types. */
const frameworks = (...names) =>
  Object.fromEntries(
    names.map((name) => [
      name,
      { also: [], imports: name === 'node' ? ['node:http'] : [new RegExp(`^${name}(/|$)`)] },
    ]),
  );

/**
 * For each package: `packages`: our packages that its sources may import; `lazyPackages`: only by import() or as types;
 * `binPackages`: the same, only in `src/bin.ts`; `testPackages`: also in its tests; `testSubpaths`: in its tests, these
 * subpaths alone. `others`: other modules that they may import, Node's included. `behind`: what only the modules of one
 * subpath may import (the folder of that name, and `also`), so that an SDK is loaded only by users of that subpath.
 */
export const PACKAGES = {
  // A cloud without an SDK of others.
  ...Object.fromEntries(
    CLOUDS.map((name) => [name, { packages: ['core', 'vercel'], others: [], behind: {} }]),
  ),
  core: {
    packages: [],
    // The manual clock, from its source: core's package.json does not name testing, which depends on core.
    testSubpaths: ['@credex/testing/clock'],
    others: ['#runtime', '#http'],
    behind: {
      'http/node': {
        also: ['http/secure-socket', 'http/through-proxy', 'http/watched-requests'],
        imports: ['node:http', 'node:https', 'node:net', 'node:tls', 'node:async_hooks', 'proxy-agent'],
      },
    },
  },
  // Node's modules as types alone, here: they are looked up when first needed (edge.test.ts).
  vercel: {
    packages: ['core'],
    others: [/^node:/],
    behind: {
      local: { also: [], imports: [] },
      functions: { also: [], imports: [/^@vercel\/functions(\/|$)/] },
    },
  },
  aws: {
    packages: ['core', 'vercel'],
    others: [],
    behind: {
      'client-sts': { also: [], imports: [/^@aws-sdk\//, /^@smithy\//] },
    },
  },
  gcp: {
    packages: ['core', 'vercel'],
    others: [],
    behind: { 'google-auth-library': { also: [], imports: ['google-auth-library', 'node:stream'] } },
  },
  azure: {
    packages: ['core', 'vercel'],
    others: [],
    behind: { identity: { also: [], imports: [/^@azure\//] } },
  },
  verify: {
    packages: ['core'],
    testPackages: ['testing'],
    others: ['jose'],
    behind: frameworks('hono', 'express', 'fastify', 'node'),
  },
  config: {
    packages: ['core'],
    // A test compares the table of options with what the factories accept.
    testPackages: CLOUDS,
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
    packages: [],
    others: [/^@bufbuild\/cel(\/ext)?$/],
    behind: { 'worker-node': { also: [], imports: ['node:worker_threads'] } },
  },
  credex: {
    packages: ['core', 'config'],
    lazyPackages: CLOUDS,
    binPackages: ['cli'],
    others: ['aws4fetch'],
    behind: {},
  },
  cli: {
    packages: ['core', 'vercel', ...CLOUDS, 'verify', 'config', 'explain', 'store', 'testing'],
    others: ANY,
    behind: {},
  },
  // The client of an engine is passed in.
  store: { packages: ['core'], testPackages: ['testing'], others: [], behind: {} },
  // The client of a database is passed in, or takes the options that this package makes.
  connect: {
    packages: ['core'],
    testPackages: ['testing'],
    others: ['node:buffer', 'node:net', 'node:stream', 'node:tls'],
    behind: {},
  },
  testing: { packages: ['core', 'explain'], others: ANY, behind: {} },
};

/**
 * Inside core, lowest first: folders, and the modules next to them. A module imports only from its own folder and from the
 * lines before its own.
 */
export const CORE_LAYERS = [
  ['contract', 'own'],
  ['store-contract'],
  ['visible'],
  ['errors', 'redact'],
  ['federation-error'],
  ['runtime/'],
  ['events', 'options/'],
  ['token/'],
  ['http/'],
  ['cache/'],
  ['provider-options'],
  ['provider'],
  ['opentelemetry', 'watch'],
  ['classify', 'driver', 'failure', 'index', 'internal', 'on-demand'],
];

/** The module whose function `importAtRuntime` takes the place of import(); each call names a literal. */
export const RUNTIME_IMPORT = 'config/optional-import';

/** The modules that may name what else comes in as an option, so that a test can inject it. */
export const AMBIENT = {
  'aws/client-sts': ['crypto'],
  'aws/sigv4': ['crypto'],
  'azure/options': ['Date'],
  'cli/main': ['process'],
  'cli/dev/child-group': ['process'],
  'cli/dev/database': ['process'],
  'cli/exec/run-child': ['process'],
  'cli/process-io': ['Date', 'fetch', 'performance', 'process', 'setTimeout'],
  'config/apply-environment': ['process'],
  'config/clouds/aws-login': ['Date'],
  'connect/redis/node-redis': ['setTimeout'],
  'core/runtime/clock': ['Date', 'setTimeout'],
  'core/runtime/environment': ['process'],
  'core/watch': ['setTimeout'],
  'core/runtime/node': ['process'],
  'core/http/node': ['process'],
  'core/http/secure-socket': ['process'],
  'core/http/watched-requests': ['process'],
  'core/provider-options': ['Math'],
  'core/runtime/web': ['crypto', 'performance'],
  'core/http/web': ['fetch'],
  'core/cache/store-connection': ['crypto'],
  'gcp/options': ['Date'],
  'gcp/google-auth-library/auth-client': ['setImmediate'],
  'store/record': ['crypto'],
  'store/store-key': ['crypto'],
  'testing/clock': ['process', 'setImmediate'],
  'testing/conformance/machine': ['Date', 'setTimeout'],
  'testing/conformance/exchange': ['process'],
  'testing/conformance/trial': ['console', 'fetch'],
  'testing/emulator/runtime': ['Date'],
  'vercel/platform/runtime': ['Date', 'fetch'],
  'vercel/local/request-from-cli': ['setTimeout'],
  'vercel/local/node': ['process'],
  'vercel/platform/source-options': ['Date'],
  'verify/create-token-verifier': ['crypto'],
};

/** `packages/aws/src/url.test.ts` is module `url` of package `aws`, and a test. Undefined outside of the packages' sources. */
export function place(file) {
  const found = /(?:^|\/)packages\/([^/]+)\/src\/(.+?)(\.test|\.fixture)?\.ts$/.exec(
    file.replaceAll('\\', '/'),
  );
  if (found === null) return undefined;
  const [, packageName, module, test] = found;
  return { packageName, module, isTest: test !== undefined };
}

const matches = (patterns, specifier) =>
  patterns.some((pattern) => (typeof pattern === 'string' ? pattern === specifier : pattern.test(specifier)));

const isBehind = (packageName, module, subpath) =>
  module === subpath ||
  module.startsWith(`${subpath}/`) ||
  PACKAGES[packageName].behind[subpath].also.includes(module);

/** The folder of a module of core, with its slash, or the module itself. */
const groupOf = (module) => (module.includes('/') ? module.slice(0, module.indexOf('/') + 1) : module);

/** The index of a module's layer in `CORE_LAYERS`; -1 if it has none. */
export const layerOf = (module) => CORE_LAYERS.findIndex((layer) => layer.includes(groupOf(module)));

/** Why the module has no place in the table; undefined where it has one. */
export function missingPlace({ packageName, module, isTest }) {
  if (PACKAGES[packageName] === undefined)
    return `the packageName ${packageName} has no arrows: give it some in scripts/arrows.mjs`;
  if (packageName !== 'core' || isTest || layerOf(module) !== -1) return undefined;
  return `core/${module} has no layer: give it one in scripts/arrows.mjs`;
}

function judgeLayer(module, target) {
  // Another finding names a module without a layer.
  if (layerOf(module) === -1 || layerOf(target) === -1 || layerOf(target) < layerOf(module)) return undefined;
  const group = groupOf(module);
  if (group.endsWith('/') && group === groupOf(target)) return undefined;
  return `core/${module} may not import core/${target}: only a lower layer of the table (scripts/arrows.mjs)`;
}

function judgeRelative({ packageName, module, isTest }, specifier, isLazy) {
  if (!specifier.endsWith('.js')) return `a relative import ends in .js: ${specifier}`;
  const target = posix.join(posix.dirname(module), specifier).slice(0, -'.js'.length);
  if (target.startsWith('..'))
    return `${specifier} leaves the packageName: import another packageName by its package name`;
  if (isTest) return undefined;
  const subpath = Object.keys(PACKAGES[packageName].behind).find((name) =>
    isBehind(packageName, target, name),
  );
  if (subpath !== undefined && !isBehind(packageName, module, subpath) && !isLazy) {
    return `${packageName}/${target} loads an SDK: only import() may name it here, when it is first needed`;
  }
  return packageName === 'core' ? judgeLayer(module, target) : undefined;
}

/** Why the module at `from` (see `place`) may not import `specifier`, lazily by import() or not; undefined where it may. */
export function judge(from, specifier, isLazy = false) {
  const { packageName, module, isTest } = from;
  const table = PACKAGES[packageName];
  if (table === undefined) return undefined;
  if (specifier.startsWith('.')) return judgeRelative(from, specifier, isLazy);

  const ours = /^credex(\/|$)/.test(specifier) ? 'credex' : /^@credex\/([^/]+)/.exec(specifier)?.[1];
  if (ours !== undefined) {
    if (isTest && table.testSubpaths?.includes(specifier)) return undefined;
    const also = [
      ...(isLazy || isTest ? (table.lazyPackages ?? []) : []),
      ...(isLazy && module === 'bin' ? (table.binPackages ?? []) : []),
      ...(isTest ? (table.testPackages ?? []) : []),
    ];
    return table.packages.includes(ours) || also.includes(ours)
      ? undefined
      : `${packageName} may not know ${ours} (scripts/arrows.mjs)`;
  }
  if (isTest || matches(table.others, specifier)) return undefined;

  const subpaths = Object.entries(table.behind).filter(([, { imports }]) => matches(imports, specifier));
  if (subpaths.some(([subpath]) => isBehind(packageName, module, subpath))) return undefined;
  if (subpaths.length > 0)
    return `${specifier} may be imported only behind the subpath ${packageName}/${subpaths[0][0]}`;
  return `${packageName} may not import ${specifier} (scripts/arrows.mjs)`;
}
