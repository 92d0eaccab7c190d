/** Eight simulated hours of a fleet: credentials of one hour, an exchange of 300 ms, a call a minute and instance. */

import { expect, test } from 'vitest';
import { runFleet } from '../../packages/core/src/cache/store-fleet.fixture.js';

const RUN = { hours: 8, everyMs: 60_000, exchangeMs: 300, storeMs: 1, seed: 1, withStore: true };

test.each([40, 200])(
  '%i instances with a store make at most 14 exchanges',
  async (instances) => {
    const figures = await runFleet({ ...RUN, instances });
    console.log(`${instances} instances with a store`, figures);
    expect(figures.errors).toBe(0);
    expect(figures.exchanges).toBeLessThanOrEqual(14);
    expect(figures.batchesPerHour).toBeLessThanOrEqual(2);
  },
  600_000,
);

test('40 instances without a store make 11 exchanges each', async () => {
  const figures = await runFleet({ ...RUN, instances: 40, withStore: false });
  console.log('40 instances without a store', figures);
  expect(figures.errors).toBe(0);
  expect(figures.exchanges).toBeGreaterThanOrEqual(400);
}, 600_000);
