/** What npm shows of a package, what it demands for provenance, and how a release is made. */

import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createPackageFromTarballData } from '@arethetypeswrong/core';
import { afterAll, describe, expect, it } from 'vitest';
import { tarballOf } from '../../scripts/pack.mjs';
import { PACKAGES, ROOT, command, emptyFolder, manifestOf } from './packages.js';
import { expectRehearsal } from './publish-rehearsal.js';

const read = (...path: readonly string[]): string => readFileSync(join(ROOT, ...path), 'utf8');
const { repository } = JSON.parse(read('package.json')) as { repository: { type: string; url: string } };
const HOME = repository.url.replace(/^git\+/, '').replace(/\.git$/, '');

/** An anchor as GitHub and npm make it of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

describe.each(PACKAGES)('the package of packages/%s', (packageName) => {
  const readme = read('packages', packageName, 'README.md');
  const manifest = manifestOf(packageName) as unknown as Readonly<Record<string, unknown>>;

  it('says on npm where it comes from', () => {
    expect(manifest).toMatchObject({
      repository: { ...repository, directory: `packages/${packageName}` },
      homepage: `${HOME}/tree/main/packages/${packageName}#readme`,
      bugs: `${HOME}/issues`,
      publishConfig: { access: 'public', provenance: true },
    });
    expect((manifest['keywords'] as readonly string[]).length).toBeGreaterThan(3);
  });

  it('has links that work on npm', () => {
    const links = [...readme.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)/gm)].map(
      ([, one, two]) => one ?? two ?? '',
    );
    const anchors = [...readme.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => `#${anchorOf(heading)}`);
    const broken = links.filter((link) => {
      if (link.startsWith('#')) return !anchors.includes(link);
      if (!link.startsWith(HOME)) return !link.startsWith('https://');
      const [, path] = /^\/(?:tree|blob)\/main\/([^#?]+)/.exec(link.slice(HOME.length)) ?? [];
      return path === undefined || !existsSync(join(ROOT, path));
    });
    expect(broken).toEqual([]);
  });

  it('depends on others of ours at exactly one version', () => {
    const contents = createPackageFromTarballData(new Uint8Array(readFileSync(tarballOf(packageName))));
    const packed = JSON.parse(
      contents.readFile(`/node_modules/${manifestOf(packageName).name}/package.json`),
    ) as ReturnType<typeof manifestOf>;
    const ours = Object.entries(packed.dependencies ?? {}).filter(([name]) =>
      /^(?:@credex\/|credex$)/.test(name),
    );
    expect(ours).toEqual(ours.map(([name]) => [name, packed.version]));
  });
});

it('the package credex passes a rehearsal of npm publish', () => expectRehearsal('credex'));

describe('a release', () => {
  const workflow = read('.github', 'workflows', 'release.yml');
  const [folder, remove] = emptyFolder();
  afterAll(remove);

  it('is published by a workflow that may ask for an identity token, with provenance', () => {
    expect(workflow).toMatch(/^permissions: \{\}$/m);
    expect(workflow).toMatch(/^ {4}permissions:\n(?: {6}.+\n)* {6}id-token: write\b/m);
    expect(workflow).toMatch(/publish: npx --yes \S+ run release$/m);
    expect(workflow).toContain("NPM_CONFIG_PROVENANCE: 'true'");
    const { packageManager, scripts } = JSON.parse(read('package.json')) as {
      packageManager: string;
      scripts: Readonly<Record<string, string>>;
    };
    expect(scripts).toMatchObject({ release: 'changeset publish', 'release:version': 'changeset version' });
    expect(new Set(workflow.match(/pnpm@[\d.]+/g))).toEqual(new Set([packageManager]));
  });

  it('stays below 1.0.0 until that is decided: no change asks for a major version', () => {
    for (const packageName of PACKAGES) expect(manifestOf(packageName).version).toMatch(/^0\.[1-9]\d*\.\d+$/);
    const changes = readdirSync(join(ROOT, '.changeset')).filter((name) => name.endsWith('.md'));
    expect(changes.filter((name) => /^['"]?[@\w/-]+['"]?: major$/m.test(read('.changeset', name)))).toEqual(
      [],
    );
  });

  it('has one version for all packages, and a minor change raises the minor one', async () => {
    for (const path of [
      'package.json',
      'pnpm-workspace.yaml',
      ...PACKAGES.map((packageName) => `packages/${packageName}/package.json`),
    ]) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), read(path));
    }
    const config = JSON.parse(read('.changeset', 'config.json')) as object;
    mkdirSync(join(folder, '.changeset'));
    writeFileSync(join(folder, '.changeset', 'config.json'), JSON.stringify({ ...config, changelog: false }));
    writeFileSync(join(folder, '.changeset', 'one.md'), "---\n'@credex/core': minor\n---\n\nA feature.\n");
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
    const bin = join(ROOT, 'node_modules', '@changesets', 'cli', 'bin.js');
    const { code, stdout, stderr } = await command(process.execPath, [bin, 'version'], folder);
    expect(code, stdout + stderr).toBe(0);
    const [major = 0, minor = 0] = manifestOf('core').version.split('.').map(Number);
    const versions = PACKAGES.map((packageName) => {
      const text = readFileSync(join(folder, 'packages', packageName, 'package.json'), 'utf8');
      return (JSON.parse(text) as { version: string }).version;
    });
    expect(versions).toEqual(PACKAGES.map(() => `${major}.${minor + 1}.0`));
  });
});
