// `npm run check`: the static checks of the sources. All of them run, and each prints its findings.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageReport } from './package-report.mjs';
import { wordFindings } from './retired-words.mjs';
import { addressFindings, textFindings } from './text-rules.mjs';
import {
  ensureBuilt,
  ensureInstalled,
  filesUnder,
  isStamped,
  requireNode,
  root,
  stamped,
} from './workspace.mjs';

const binaries = join(root, 'node_modules', '.bin');

/** Runs a tool by its JavaScript file. Returns its output, and whether it succeeded. */
const tool =
  (script, ...args) =>
  () =>
    new Promise((resolve) => {
      // oxlint looks for its type-aware half, tsgolint, on PATH.
      const env = { ...process.env, PATH: `${binaries}${delimiter}${process.env.PATH}`, FORCE_COLOR: '0' };
      const options = { cwd: root, env, maxBuffer: 64 * 1024 * 1024 };
      execFile(
        process.execPath,
        [join(root, 'node_modules', script), ...args],
        options,
        (error, out, err) => {
          resolve({ ok: error === null, output: `${out}${err}` });
        },
      );
    });

/** Applies scripts/text-rules.mjs to all source files, manifests and the lockfile. */
function texts() {
  const findingsOf = (path) => {
    const text = readFileSync(join(root, path), 'utf8');
    if (/\.(ts|mjs|js)$/.test(path)) return [...textFindings(path, text), ...wordFindings(path, text)];
    if (path.endsWith('.md')) return wordFindings(path, text);
    return /\.(json|ya?ml)$|npmrc$/.test(path) ? addressFindings(path, text) : [];
  };
  const findings = filesUnder().flatMap(findingsOf);
  return { ok: findings.length === 0, output: findings.join('\n') };
}

/** The figures of the packages, which are always printed. Fails for small files to merge and for upward imports. */
function packages() {
  const { lines, small, upward } = packageReport();
  return { ok: small.length + upward.length === 0, output: 'See the report.', report: lines.join('\n') };
}

const tsc = 'typescript/bin/tsc';
const checks = {
  types: tool(tsc, '-b', '--pretty', 'false'),
  'types of the tests': tool(tsc, '-p', 'tsconfig.tests.json', '--pretty', 'false'),
  lint: tool('oxlint/bin/oxlint', '-c', 'oxlint.config.mjs', '--type-aware', '--format=unix', '.'),
  format: tool('prettier/bin/prettier.cjs', '--check', '--cache', '--log-level=warn', '.'),
  'dead code': tool('knip/bin/knip.js', '--cache', '--treat-config-hints-as-errors'),
  manifests: tool('sherif/index.js', '--fail-on-warnings'),
  'node10 fields': tool('../scripts/node10-fields.mjs'),
  texts,
  packages,
};

/** Runs all checks, one for each processor at a time. Returns the number of failures. */
async function check() {
  const waiting = Object.entries(checks);
  let failed = 0;
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [name, run] = next;
      const { ok, output, report } = await run();
      if (!ok) failed += 1;
      console.log(ok ? `✓ ${name}` : `✗ ${name}\n${output.trimEnd()}\n`);
      if (report !== undefined) console.log(`\n${report}\n`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return failed;
}

/** Like `check`, but returns 0 immediately if all checks passed before with the same files. */
export async function checkUnlessUnchanged() {
  const files = filesUnder();
  if (isStamped('checked', files)) return 0;
  let failed = 0;
  await stamped('checked', files, async () => {
    failed = await check();
    return failed === 0;
  });
  return failed;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  requireNode();
  await ensureInstalled();
  await ensureBuilt();
  process.exitCode = (await check()) === 0 ? 0 : 1;
}
