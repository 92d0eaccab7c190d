// `npm run demo`, `npm test`, `npm run proofs`, `npm run hosts`, `npm run bench:warm` on a machine that has Node and npm and nothing
// else: installs and builds what has changed since the last run, then does what was asked.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, filesUnder, node, requireNode, root } from './workspace.mjs';

const VITEST = 'node_modules/vitest/vitest.mjs';

/** One vitest run; prints the sum as the very last line. A failed check counts as a failed test. */
function vitest(args, failedChecks) {
  const folder = mkdtempSync(join(tmpdir(), 'credex-sum-'));
  const file = join(folder, 'sum.json');
  const reporters = ['--reporter=default', '--reporter=./scripts/sum-reporter.mjs'];
  const passedAll = node(VITEST, ['run', ...reporters, ...args], { env: { CREDEX_SUM_FILE: file } });
  const sum = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { passed: 0, failed: 0 };
  rmSync(folder, { recursive: true });

  const nothingRan = sum.passed + sum.failed === 0;
  if (nothingRan) console.error('No test ran.');
  // vitest also fails for what belongs to no test, such as a configuration that can't be read.
  const failed = failedChecks + (passedAll && !nothingRan ? sum.failed : Math.max(sum.failed, 1));
  console.log(`${sum.passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

async function prepare() {
  await ensureInstalled();
  await ensureBuilt();
}

const tasks = {
  async demo(args) {
    await prepare();
    const demo = 'test/demo/demo.mjs';
    if (existsSync(join(root, demo))) {
      process.exitCode = node(demo, args) ? 0 : 1;
    } else {
      console.error(`There is no ${demo} in this checkout, so there is nothing to show.`);
      process.exitCode = 1;
    }
  },

  async test(args) {
    await prepare();
    const { checkUnlessUnchanged } = await import('./check.mjs');
    // Arguments narrow the run to some tests, so the checks of the whole are left out.
    vitest(args, args.length === 0 ? await checkUnlessUnchanged() : 0);
  },

  async proofs(args) {
    if (!filesUnder().some((path) => path.endsWith('.proof.ts'))) {
      console.log('There are no proofs (*.proof.ts) in this checkout: nothing ran.');
      return;
    }
    await prepare();
    vitest(['--config', 'vitest.proofs.config.ts', ...args], 0);
  },

  /** The hosts of test/hosts, all or the groups that are named; ends with the line `N passed, N failed`. */
  async hosts(groups) {
    await prepare();
    const { ensurePacked } = await import('./pack.mjs');
    await ensurePacked();
    process.exitCode = node('test/hosts/run.mjs', groups) ? 0 : 1;
  },

  /** `bench warm` runs test/bench/warm.mjs with the rest of the arguments. */
  async bench([name = '', ...args]) {
    const bench = `test/bench/${name}.mjs`;
    if (!/^[\w-]+$/.test(name) || !existsSync(join(root, bench))) {
      console.error(`There is no ${bench} in this checkout.`);
      process.exitCode = 2;
      return;
    }
    await prepare();
    process.exitCode = node(bench, args) ? 0 : 1;
  },
};

requireNode();
const [task = '', ...args] = process.argv.slice(2);
if (!Object.hasOwn(tasks, task)) {
  console.error(`Usage: node scripts/run.mjs ${Object.keys(tasks).join('|')}`);
  process.exit(2);
}
await tasks[task](args);
