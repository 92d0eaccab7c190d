// `npm run check`: what must hold of the sources before a test is run.
import { fileURLToPath } from 'node:url';
import { ensureBuilt, ensureInstalled, filesUnder, node, requireNode, unlessStamped } from './workspace.mjs';

const checks = [['types', () => node('node_modules/typescript/bin/tsc', ['-b'])]];

/** Runs every check; how many failed. */
async function check() {
  let failed = 0;
  for (const [name, passes] of checks) {
    if (await passes()) continue;
    console.error(`check failed: ${name}\n`);
    failed += 1;
  }
  return failed;
}

/** As `check`; 0 at once when it passed before with these very files. */
export async function checkUnlessUnchanged() {
  return check();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  requireNode();
  ensureInstalled();
  ensureBuilt();
  process.exitCode = (await check()) === 0 ? 0 : 1;
}
