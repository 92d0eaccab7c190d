import { expect, it } from 'vitest';
import { inWorkers } from '../proofs/proof-workers.js';

const WORLDS = 5_000;

it(
  'lets no credential reach another identity, and no failure another token, in 5,000 interleavings',
  { timeout: 120_000 },
  async () => {
    // The same worlds each time: what fails now and then is looked for in the proof.
    const shares = [0, 1].map((share) => ({ seed: 1 + (share * WORLDS) / 2, count: WORLDS / 2 }));
    const results = await inWorkers(shares.map((interleave) => ({ interleave })));
    expect(results).toHaveLength(2);
    for (const done of results) {
      if (!('interleaved' in done)) throw new Error('Another answer.');
      expect(done.interleaved.calls).toBeGreaterThan(2 * (WORLDS / 2));
      expect(done.interleaved.exchanges).toBeGreaterThan(WORLDS / 2);
    }
  },
);
