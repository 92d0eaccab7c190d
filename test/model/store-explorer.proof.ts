import { describe, expect, it } from 'vitest';
import { inWorkers } from './proof-workers.js';
import { ALL_OF_STORE } from './store-explorations.js';

/** Orders of calls, of the cloud's answers and of the store's: each exploration covers all of its depth. */
const LEAST_INTERLEAVINGS = 1_000_000;

describe('the explorer of a hostile store', () => {
  it('finds no credential of another identity, none expired, none refused, and no refresh that is stuck', async () => {
    const began = performance.now();
    const results = await inWorkers(ALL_OF_STORE.map((exploreStore) => ({ exploreStore })));
    let states = 0;
    let transitions = 0;
    let interleavings = 0;
    const rows = results.map((done, index) => {
      const exploration = ALL_OF_STORE[index];
      if (!('storeFindings' in done) || exploration === undefined) throw new Error('No findings.');
      const { storeFindings: found, seconds } = done;
      states += found.states;
      transitions += found.transitions;
      interleavings += found.interleavings;
      // Every depth brings something new: the bound is ours, not the end of what there is.
      expect(Math.min(...found.byDepth), exploration.name).toBeGreaterThan(0);
      return (
        `${exploration.name.padEnd(40)} depth ${exploration.depth} ${String(found.states).padStart(7)} states ` +
        `${String(found.transitions).padStart(7)} transitions ${String(found.interleavings).padStart(8)} interleavings ` +
        `${seconds.toFixed(0).padStart(4)} s  (new at each depth: ${found.byDepth.join(', ')})`
      );
    });
    const seconds = ((performance.now() - began) / 1_000).toFixed(0);
    rows.push(
      `${states} states, ${transitions} transitions, ${interleavings} interleavings in ${seconds} s; no violation`,
    );
    console.log(rows.join('\n'));
    expect(interleavings).toBeGreaterThan(LEAST_INTERLEAVINGS);
  }, 1_800_000);
});
