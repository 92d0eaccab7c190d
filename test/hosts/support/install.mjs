// The suite's own installation, outside of the repository: what a fresh folder finds above itself is nothing of ours.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { filesUnder, root, run } from '../../../scripts/workspace.mjs';

const HOSTS = fileURLToPath(new URL('..', import.meta.url));
const hashOf = (...texts) => createHash('sha256').update(texts.join('\0')).digest('hex');

/** Kept between runs: an installation takes longer than most groups. */
export const work =
  process.env.CREDEX_HOSTS_FOLDER ?? join(tmpdir(), `credex-hosts-${hashOf(root).slice(0, 8)}`);

/** Installs what the groups need, unless the last run installed it. */
export function install(groups) {
  const files = filesUnder('test/hosts').filter((path) => /(?:package\.json|pnpm-[\w-]+\.yaml)$/.test(path));
  const texts = files.map((path) => readFileSync(join(root, path), 'utf8'));
  const manifests = files
    .map((path, index) => [path.slice('test/hosts/'.length), texts[index]])
    .filter(([path]) => !path.startsWith('support/') && path.split('/').length <= 3);
  const target = join(work, 'install');
  const stampFile = join(target, '.stamp');
  const state = hashOf(process.version, ...manifests.flat());
  const stamp = existsSync(stampFile) ? JSON.parse(readFileSync(stampFile, 'utf8')) : {};
  const before = stamp.state === state ? stamp.groups : [];
  if (groups.every((group) => before.includes(group))) return;

  if (stamp.state !== state) rmSync(target, { recursive: true, force: true });
  for (const [path, text] of manifests) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    writeFileSync(join(target, path), text);
  }
  const { packageManager } = JSON.parse(readFileSync(join(HOSTS, 'package.json'), 'utf8'));
  const wanted = [...new Set([...before, ...groups])];
  const filters = [
    '--filter=.',
    ...wanted.flatMap((group) => [`--filter=./${group}`, `--filter=./${group}/**`]),
  ];
  const args = [
    '--yes',
    packageManager,
    'install',
    '--frozen-lockfile',
    '--reporter=append-only',
    ...filters,
  ];
  if (!run('npx', args, { cwd: target })) throw new Error('The installation failed; see above.');
  writeFileSync(stampFile, JSON.stringify({ state, groups: wanted }));
}
