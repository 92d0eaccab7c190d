/** What a user's bundler makes of a cloud's entry: how much, of what, and no word of another cloud. */

import { describe, expect, it } from 'vitest';
import { bundleSize } from '../bench/bundle-size.mjs';
import { foreignTo } from './hosts.js';
import { PROVIDERS } from './packages.js';

/** Compressed bytes that load at once, with core and vercel. Raised only for what users get for it. */
const MOST = { aws: 24_950, azure: 23_050, gcp: 22_650 } as const;

const RUNTIMES = ['node', 'edge-light', 'workerd'] as const;

const named = (packageName: string): string => `${packageName[0]?.toUpperCase()}${packageName.slice(1)}`;

describe.each(PROVIDERS)('a bundle of @credex/%s', (packageName) => {
  const code = `export { get${named(packageName)}Credentials, ${packageName}CredentialsProvider } from '@credex/${packageName}';`;

  it.each(RUNTIMES)('for %s is of this cloud, vercel and core alone, and small', async (runtime) => {
    const { text, inputs, compressed } = await bundleSize(code, [runtime]);
    const packages = inputs.flatMap((path) => /(?:^|\/)packages\/([^/]+)\/dist\//.exec(path)?.[1] ?? []);
    expect([...new Set(packages)].sort()).toEqual(['core', packageName, 'vercel'].sort());
    expect(inputs.filter((path) => path.includes('/.pnpm/'))).toEqual([]);
    const imported = [...text.matchAll(/(?:from|import|import\()\s*["'](node:[^"']*)/g)].map(
      ([, name]) => name,
    );
    expect(imported).toEqual([]);
    expect(foreignTo(packageName).filter((word) => text.includes(word))).toEqual([]);
    expect(compressed).toBeLessThanOrEqual(MOST[packageName]);
  });
});
