import { readFileSync } from 'node:fs';
import type { ProblemKind } from '@arethetypeswrong/core';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { describe, expect, it } from 'vitest';
import { node10Fields } from '../../scripts/node10-fields.mjs';
import { tarballOf } from '../../scripts/pack.mjs';
import { foreignTo } from './hosts.js';
import type { Manifest } from './packages.js';
import { PACKAGES, manifestOf, sideEffectsOf, specifiersOf } from './packages.js';

/** These know all clouds. Connect names where each cloud publishes its certificate authorities. */
const OF_ALL = ['testing', 'cli', 'config', 'connect', 'credex', 'explain'];

/** An ESM-only package: a CommonJS module that imports it gets an ES module (`--ignore-rules cjs-resolves-to-esm`). */
const EXPECTED: ProblemKind = 'CJSResolvesToESM';

describe.each(PACKAGES)('the tarball of packages/%s', (packageName) => {
  const tarball = readFileSync(tarballOf(packageName));
  const data = new Uint8Array(tarball);
  const contents = createPackageFromTarballData(data);
  const prefix = `/node_modules/${manifestOf(packageName).name}/`;
  const files = contents.listFiles().map((path) => path.slice(prefix.length));

  it('has what is built, its papers, and nothing else', () => {
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
    const strange = files.filter(
      (path) =>
        !/^(LICENSE|README\.md|package\.json|schema\.json|emulator-seed\.example\.json|dist\/.+\.(js|js\.map|d\.ts))$/.test(
          path,
        ),
    );
    expect(strange).toEqual([]);
    expect(files.filter((path) => /\.(test|fixture)\./.test(path))).toEqual([]);
  });

  it('has the module and the types of every entry', () => {
    const targets = Object.values(manifestOf(packageName).exports).flatMap((entry) =>
      typeof entry === 'string' ? [entry] : Object.values(entry),
    );
    expect(targets.length).toBeGreaterThan(specifiersOf(packageName).length);
    expect(targets.map((path) => path.slice('./'.length)).filter((path) => !files.includes(path))).toEqual(
      [],
    );
  });

  it('says where it comes from, and asks for no path of the workspace', () => {
    const manifest = JSON.parse(contents.readFile(`${prefix}package.json`)) as Record<string, unknown>;
    expect(manifest).toMatchObject({
      license: 'MIT',
      type: 'module',
      sideEffects: sideEffectsOf(packageName),
      publishConfig: { provenance: true },
    });
    expect(JSON.stringify(manifest)).not.toMatch(/workspace:|catalog:|file:|link:/);
  });

  it('names no host and no SDK of another cloud', () => {
    const modules = files.filter((path) => path.endsWith('.js'));
    expect(modules).not.toEqual([]);
    const words = OF_ALL.includes(packageName) ? [] : foreignTo(packageName);
    const found = modules.flatMap((path) => {
      const text = contents.readFile(prefix + path);
      return words.flatMap((word) => (text.includes(word) ? [`${path}: ${word}`] : []));
    });
    expect(found).toEqual([]);
  });

  it('has the fields that resolvers without exports read', () => {
    const manifest = JSON.parse(contents.readFile(`${prefix}package.json`)) as Manifest;
    const { main, types, typesVersions } = manifest;
    const fields = { main, types, typesVersions };
    expect(JSON.parse(JSON.stringify(fields))).toEqual(node10Fields(manifest.exports));
  });

  it('passes publint, strictly', async () => {
    const { messages, pkg } = await publint({
      pack: { tarball: tarball.buffer.slice(tarball.byteOffset, tarball.byteOffset + tarball.byteLength) },
      strict: true,
    });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it('has the right types in each resolution', async () => {
    const analysis = await checkPackage(contents);
    if (!analysis.types) throw new Error(`${packageName} has no types at all`);
    expect(analysis.problems.filter(({ kind }) => kind !== EXPECTED)).toEqual([]);
  });
});
