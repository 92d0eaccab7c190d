// `main`, `types` and `typesVersions` of every package, derived from its `exports`. TypeScript's `moduleResolution: node10`
// (`node`, up to TypeScript 6) and other resolvers without support for `exports` read only these.
// `node scripts/node10-fields.mjs --write` rewrites the manifests; without it, a difference is an error.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageNames, root } from './workspace.mjs';

const FIELDS = ['main', 'types', 'typesVersions'];

/** The fields that a manifest with these `exports` must have. */
export function node10Fields(exports) {
  const entries = Object.entries(exports).filter(([, target]) => typeof target !== 'string');
  const subpaths = entries.filter(([subpath]) => subpath !== '.');
  const index = exports['.'];
  return {
    ...(index && { main: index.node ?? index.default, types: index.types }),
    ...(subpaths.length > 0 && {
      typesVersions: {
        '*': Object.fromEntries(subpaths.map(([subpath, { types }]) => [subpath.slice(2), [types]])),
      },
    }),
  };
}

/** The manifest with these fields before `exports`; all other fields are unchanged. */
function withFields(manifest) {
  const others = Object.entries(manifest).filter(([name]) => !FIELDS.includes(name));
  const fields = Object.entries(node10Fields(manifest.exports));
  const at = others.findIndex(([name]) => name === 'exports');
  return Object.fromEntries([...others.slice(0, at), ...fields, ...others.slice(at)]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const packageName of packageNames()) {
    const path = join(root, 'packages', packageName, 'package.json');
    const text = readFileSync(path, 'utf8');
    const wanted = `${JSON.stringify(withFields(JSON.parse(text)), null, 2)}\n`;
    if (text === wanted) continue;
    if (process.argv.includes('--write')) {
      writeFileSync(path, wanted);
    } else {
      console.error(
        `packages/${packageName}/package.json: main, types and typesVersions do not match exports. Run: node scripts/node10-fields.mjs --write`,
      );
      process.exitCode = 1;
    }
  }
}
