/** `npm run release:dry`: what it prints, with a registry on loopback. */

import { expect, it } from 'vitest';
import { PACKAGES, ROOT, command, manifestOf } from './packages.js';

it(
  'publishes every package to a registry, and a fresh project installs them from there',
  { timeout: 300_000 },
  async () => {
    const { code, stdout, stderr } = await command(
      process.execPath,
      ['scripts/run.mjs', 'release-dry'],
      ROOT,
    );
    expect(code, stdout + stderr).toBe(0);
    for (const packageName of PACKAGES) {
      const { name, version } = manifestOf(packageName);
      expect(stdout).toContain(`published ${name}@${version}`);
    }
    expect(stdout).toMatch(
      /installed \d+ packages in an empty folder; imported 6 of 6; credex --version: 0\.\d+\.\d+/,
    );
  },
);
