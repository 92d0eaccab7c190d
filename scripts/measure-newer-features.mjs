// `node scripts/measure-newer-features.mjs`: what the commits of each newer feature added to files that serve other features as
// well, in lines of code. It needs the history of git; `npm run check` uses the figures in newer-features.mjs.
import { execFileSync } from 'node:child_process';
import { place } from './arrows.mjs';
import { BASELINE, isOfNewerFeature, NEWER } from './newer-features.mjs';
import { linesOfCode } from './package-report.mjs';
import { root } from './workspace.mjs';

const git = (...args) =>
  execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 });

/** The files that each commit changed: their paths before, after, and today. */
function changedFiles() {
  const today = new Map();
  const commits = new Map();
  let files = [];
  const range = `${BASELINE.commit}..HEAD`;
  for (const line of git('log', '--topo-order', '--format=@%H', '--name-status', '-M', range).split('\n')) {
    const [status, path, renamed] = line.split('\t');
    if (line.startsWith('@')) {
      files = [];
      commits.set(line.slice(1), files);
    } else if (renamed !== undefined) {
      const current = today.get(renamed) ?? renamed;
      today.set(path, current);
      files.push({ before: path, after: renamed, current });
    } else if (path !== undefined)
      files.push({
        before: status === 'A' ? undefined : path,
        after: status === 'D' ? undefined : path,
        current: today.get(path) ?? path,
      });
  }
  return commits;
}

const isSource = (path) => /^packages\/[^/]+\/src\//.test(path) && place(path)?.isTest === false;

const linesAt = (revision, path) =>
  path === undefined || !isSource(path) ? 0 : linesOfCode({ path, text: git('show', `${revision}:${path}`) });

const commits = changedFiles();
for (const [feature, { commits: added, inOthers }] of Object.entries(NEWER)) {
  const lines = added.map((id) => {
    const [hash, files = []] = [...commits].find(([one]) => one.startsWith(id)) ?? [];
    return files
      .filter(({ current }) => !isOfNewerFeature(current))
      .reduce((sum, one) => sum + linesAt(hash, one.after) - linesAt(`${hash}^`, one.before), 0);
  });
  const sum = lines.reduce((total, one) => total + one, 0);
  const commitLines = added.map((id, index) => `${id} ${lines[index]}`).join(', ');
  console.log(
    `${String(sum).padStart(5)}  ${feature} (${commitLines})${sum === inOthers ? '' : '  CHANGED'}`,
  );
}
