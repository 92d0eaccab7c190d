import { describe, expect, it } from 'vitest';
import { quickProcess } from './quick-process.js';
import { interleave } from './interleavings.js';
import { inWorkers } from './proof-workers.js';
import { realCore } from './explorer-harness.js';

quickProcess();

/** `CREDEX_SEED`: repeats one run, the one that a failure named. */
const replayed = process.env['CREDEX_SEED'];
// The same commit gives the same verdict; `CREDEX_FIRST_SEED` begins the million at another seed.
const WORLDS = 1_000_000;
const SHARES = 4;

describe('random interleavings', () => {
  it('lets no credential reach another identity, and no failure another token', async () => {
    if (replayed !== undefined) {
      const once = await interleave(realCore, Number(replayed));
      console.log(`seed ${replayed}: ${once.calls} calls, ${once.exchanges} requests to the cloud`);
      return;
    }
    const seed = Number(process.env['CREDEX_FIRST_SEED'] ?? 1);
    const began = performance.now();
    const shares = Array.from({ length: SHARES }, (_, share) => ({
      interleave: { seed: seed + (share * WORLDS) / SHARES, count: WORLDS / SHARES },
    }));
    let calls = 0;
    let exchanges = 0;
    for (const done of await inWorkers(shares)) {
      if (!('interleaved' in done)) continue;
      calls += done.interleaved.calls;
      exchanges += done.interleaved.exchanges;
    }
    const seconds = (performance.now() - began) / 1_000;
    console.log(
      `${WORLDS} interleavings from seed ${seed}: ${calls} calls, ${exchanges} requests to the cloud, ` +
        `${Math.round(WORLDS / seconds)} a second, ${seconds.toFixed(0)} s`,
    );
    expect(calls).toBeGreaterThan(WORLDS);
    expect(exchanges).toBeGreaterThan(WORLDS);
  }, 1_800_000);
});
