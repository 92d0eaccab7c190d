import { expect, it } from 'vitest';
import { ALL } from './explorations.js';
import { ALL_OF_STORE } from './store-explorations.js';
import { inWorkers } from './proof-workers.js';

it('finds no order of moves that breaks a rule, not as deep as the proof', { timeout: 120_000 }, async () => {
  const results = await inWorkers(ALL.map((exploration) => ({ explore: { ...exploration, depth: 2 } })));
  expect(results).toHaveLength(ALL.length);
  for (const done of results) expect('findings' in done && done.findings.states).toBeGreaterThan(200);
});

it('finds no order of answers of a hostile store that breaks a rule, not as deep as the proof', async () => {
  const tasks = ALL_OF_STORE.map((exploration) => ({ exploreStore: { ...exploration, depth: 2 } }));
  const results = await inWorkers(tasks);
  expect(results).toHaveLength(ALL_OF_STORE.length);
  for (const done of results)
    expect('storeFindings' in done && done.storeFindings.states).toBeGreaterThanOrEqual(20);
}, 120_000);
