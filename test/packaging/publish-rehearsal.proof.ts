import { beforeAll, describe, it } from 'vitest';
import { ensurePacked } from '../../scripts/pack.mjs';
import { PACKAGES } from './packages.js';
import { expectRehearsal } from './publish-rehearsal.js';

beforeAll(ensurePacked, 120_000);

describe.each(PACKAGES)('the package in packages/%s', (packageName) => {
  it('passes a rehearsal of npm publish', { timeout: 60_000 }, () => expectRehearsal(packageName));
});
