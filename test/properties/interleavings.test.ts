import { expect, it } from 'vitest';
import { instantDigests } from '../proofs/instant-digests.js';
import { interleaveMany } from '../proofs/interleavings.js';
import { realCore } from '../proofs/small-world.js';

instantDigests();

const WORLDS = 20_000;

it(
  'lets no credential reach another identity, and no failure another token, in 20,000 interleavings',
  { timeout: 120_000 },
  async () => {
    // The same worlds each time: a test that fails now and then is looked for in its proof.
    const { calls, exchanges } = await interleaveMany(realCore, 1, WORLDS);
    expect(calls).toBeGreaterThan(3 * WORLDS);
    expect(exchanges).toBeGreaterThan(2 * WORLDS);
  },
);
