// `npm run docs`: installs what only the website needs, makes the API reference from the packages' declarations, and builds
// docs/site into docs/site/.vitepress/dist.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isStamped, node, packageNames, pnpm, root, stamped } from './workspace.mjs';

const SITE = 'docs/site';
const ENTRIES = join(root, SITE, '.api');
/** Without a promise of stability, and programs that are run by their file. */
const NOT_DOCUMENTED = new Set([
  './package.json',
  './internal',
  './worker',
  './worker-node',
  './schema.json',
]);

/** Installs from the site's own lockfile. */
async function ensureSiteInstalled() {
  const inputs = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'].map((name) => `${SITE}/${name}`);
  if (isStamped('site-installed', inputs)) return true;
  let installed = false;
  await stamped('site-installed', inputs, () => {
    installed = pnpm('--dir', SITE, 'install', '--frozen-lockfile');
    return installed;
  });
  return installed;
}

/** The declarations of a package's public entries: `@credex/aws`, `@credex/aws/client-sts`. */
function entriesOf(name) {
  const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
  return Object.entries(manifest.exports).flatMap(([subpath, target]) => {
    const types = target.types ?? target.node?.types;
    if (NOT_DOCUMENTED.has(subpath) || types === undefined) return [];
    return [
      {
        module: `${manifest.name}${subpath.slice(1)}`,
        declarations: `../../../packages/${name}/${types.slice(2)}`,
      },
    ];
  });
}

/** One file for each entry, which gives the page its name. Returns the paths. */
function writeEntries() {
  rmSync(ENTRIES, { recursive: true, force: true });
  mkdirSync(ENTRIES, { recursive: true });
  return packageNames()
    .flatMap(entriesOf)
    .map(({ module, declarations }) => {
      const path = join(ENTRIES, `${module.replaceAll(/[@/]+/g, '-').replace(/^-/, '')}.ts`);
      const from = declarations.replace(/\.d\.ts$/, '.js');
      writeFileSync(path, `/** @module ${module} */\nexport * from '${from}';\n`);
      return path;
    });
}

function apiReference() {
  const options = {
    entryPoints: writeEntries(),
    tsconfig: join(root, SITE, 'tsconfig.api.json'),
    plugin: ['typedoc-plugin-markdown', 'typedoc-vitepress-theme'],
    out: join(root, SITE, 'api'),
    docsRoot: join(root, SITE),
    cleanOutputDir: false,
    readme: 'none',
    entryFileName: 'modules',
    mergeReadme: true,
    disableSources: true,
    excludeExternals: false,
    excludeInternal: true,
    hideBreadcrumbs: true,
    hidePageHeader: true,
    validation: { notExported: false, invalidLink: false },
    logLevel: 'Error',
    router: 'module',
    parametersFormat: 'list',
    useHTMLAnchors: true,
    sidebar: { pretty: false },
  };
  const file = join(ENTRIES, 'typedoc.json');
  writeFileSync(file, JSON.stringify(options));
  return node(`${SITE}/node_modules/typedoc/bin/typedoc`, ['--options', file], { cwd: join(root, SITE) });
}

/** Returns whether it succeeded. */
export async function buildSite() {
  if (!(await ensureSiteInstalled())) return false;
  if (!apiReference()) return false;
  return node(`${SITE}/node_modules/vitepress/bin/vitepress.js`, ['build', SITE]);
}
