import { expect, it } from 'vitest';
import { runFleet } from './store-fleet.fixture.js';

const RUN = { hours: 1.25, everyMs: 60_000, exchangeMs: 300, storeMs: 1, seed: 1, withStore: true };

it('40 instances make a few exchanges over a refresh, and ask the store rarely', async () => {
  const { exchanges, errors, batchesPerHour } = await runFleet({ ...RUN, instances: 40 });
  expect(errors).toBe(0);
  expect(exchanges).toBeLessThanOrEqual(3);
  // Of which the cold start has the most.
  expect(batchesPerHour).toBeLessThanOrEqual(7);
});
