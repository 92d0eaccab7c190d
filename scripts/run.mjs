// `npm run demo`, `npm test`, `npm run proofs`, `npm run hosts`, `npm run bench:warm` on a machine with Node and
// npm only. Installs and builds what has changed since the last run, then runs the task.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, filesUnder, node, requireNode, root } from './workspace.mjs';

const VITEST = 'node_modules/vitest/vitest.mjs';

/** Runs vitest and prints the sum as the last line. A failed check counts as a failed test. */
function vitest(args, failedChecks) {
  const folder = mkdtempSync(join(tmpdir(), 'credex-sum-'));
  const file = join(folder, 'sum.json');
  const reporters = ['--reporter=default', '--reporter=./scripts/sum-reporter.mjs'];
  const passedAll = node(VITEST, ['run', ...reporters, ...args], { env: { CREDEX_SUM_FILE: file } });
  const sum = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { passed: 0, failed: 0 };
  rmSync(folder, { recursive: true });

  const nothingRan = sum.passed + sum.failed === 0;
  if (nothingRan) console.error('No test ran.');
  // vitest also fails without a failed test, for example if its configuration cannot be read.
  const failed = failedChecks + (passedAll && !nothingRan ? sum.failed : Math.max(sum.failed, 1));
  if (failedChecks > 0)
    console.error(`${failedChecks} of the checks failed; what they found is printed above the tests.`);
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
      console.error(`${demo} does not exist in this checkout.`);
      process.exitCode = 1;
    }
  },

  async test(args) {
    await prepare();
    const { checkUnlessUnchanged } = await import('./check.mjs');
    // Arguments select some tests, so the checks of the whole repository are skipped.
    vitest(args, args.length === 0 ? await checkUnlessUnchanged() : 0);
  },

  async proofs(args) {
    if (!filesUnder().some((path) => path.endsWith('.proof.ts'))) {
      console.log('No proofs (*.proof.ts) were found in this checkout.');
      return;
    }
    await prepare();
    vitest(['--config', 'vitest.proofs.config.ts', ...args], 0);
  },

  /** Runs all groups of test/hosts, or the named ones. The last line is `N passed, N failed`. */
  async hosts(groups) {
    await prepare();
    const { ensurePacked } = await import('./pack.mjs');
    await ensurePacked();
    process.exitCode = node('test/hosts/run.mjs', groups) ? 0 : 1;
  },

  /** Builds the website into docs/site/.vitepress/dist. */
  async docs() {
    await prepare();
    const { buildSite } = await import('./docs.mjs');
    process.exitCode = (await buildSite()) ? 0 : 1;
  },

  /** Publishes to a registry on loopback, and installs from there. */
  async 'release-dry'() {
    await prepare();
    const { rehearse } = await import('./release-dry.mjs');
    process.exitCode = (await rehearse()) ? 0 : 1;
  },

  /** `bench warm` runs test/bench/warm.mjs with the rest of the arguments. */
  async bench([name = '', ...args]) {
    const bench = `test/bench/${name}.mjs`;
    if (!/^[\w-]+$/.test(name) || !existsSync(join(root, bench))) {
      console.error(`${bench} does not exist in this checkout.`);
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
