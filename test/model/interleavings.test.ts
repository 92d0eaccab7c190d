import { expect, it } from 'vitest';
import { inWorkers } from './proof-workers.js';

const RUNS = 2_000;

it(
  'lets no credential reach another identity, and no failure another token, in 2,000 interleavings',
  { timeout: 120_000 },
  async () => {
    // The same runs each time. The proof looks for what fails rarely.
    const shares = [0, 1].map((share) => ({ seed: 1 + (share * RUNS) / 2, count: RUNS / 2 }));
    const results = await inWorkers(shares.map((interleave) => ({ interleave })));
    expect(results).toHaveLength(2);
    for (const done of results) {
      if (!('interleaved' in done)) throw new Error('Another answer.');
      expect(done.interleaved.calls).toBeGreaterThan(2 * (RUNS / 2));
      expect(done.interleaved.exchanges).toBeGreaterThan(RUNS / 2);
    }
  },
);
