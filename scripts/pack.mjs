// Packs all packages as for publishing. The tarballs stay in node_modules/ until a package changes.
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt, filesUnder, isStamped, pnpm, packageNames, root, stamped } from './workspace.mjs';

const PACKED = join(root, 'node_modules', '.credex', 'tarballs');

function pack() {
  rmSync(PACKED, { recursive: true, force: true });
  mkdirSync(PACKED, { recursive: true });
  return pnpm('--silent', '--recursive', '--filter=./packages/*', 'pack', '--pack-destination', PACKED);
}

/** Builds and packs what changed. */
export async function ensurePacked() {
  await ensureBuilt();
  const inputs = [...filesUnder('packages'), 'LICENSE', 'scripts/build-package.mjs', 'pnpm-workspace.yaml'];
  if (isStamped('packed', inputs) && readdirSync(PACKED).length === packageNames().length) return;
  await stamped('packed', inputs, () => {
    if (!pack()) throw new Error('pnpm pack failed; see its output above.');
    return true;
  });
}

/** The path of the tarball that `ensurePacked` made. */
export function tarballOf(packageName) {
  const { name, version } = JSON.parse(
    readFileSync(join(root, 'packages', packageName, 'package.json'), 'utf8'),
  );
  return join(PACKED, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
}
