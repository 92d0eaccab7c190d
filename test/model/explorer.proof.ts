import { describe, expect, it } from 'vitest';
import { ALL } from './explorations.js';
import { inWorkers } from './proof-workers.js';

describe('the explorer', () => {
  it('finds no order of moves that breaks a rule', async () => {
    const began = performance.now();
    const results = await inWorkers(ALL.map((explore) => ({ explore })));
    let states = 0;
    let transitions = 0;
    const rows = results.map((done, index) => {
      const exploration = ALL[index];
      if (!('findings' in done) || exploration === undefined) throw new Error('No findings.');
      const { findings, seconds } = done;
      states += findings.states;
      transitions += findings.transitions;
      // Every depth brings something new: the bound is ours, not the end of what there is.
      expect(Math.min(...findings.byDepth), exploration.name).toBeGreaterThan(0);
      return (
        `${exploration.name.padEnd(32)} depth ${exploration.depth}  ${String(findings.states).padStart(7)} states ` +
        `${String(findings.transitions).padStart(7)} transitions  ${seconds.toFixed(0).padStart(4)} s  (new at each depth: ${findings.byDepth.join(', ')})`
      );
    });
    const seconds = ((performance.now() - began) / 1_000).toFixed(0);
    console.log(
      [...rows, `${states} distinct states, ${transitions} transitions in ${seconds} s; no violation`].join(
        '\n',
      ),
    );
    expect(states).toBeGreaterThan(100_000);
  }, 1_800_000);
});
