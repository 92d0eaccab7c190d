import { expect, it } from 'vitest';
import { ALL } from './explorations.js';
import { inWorkers } from './proof-workers.js';

it('finds no order of moves that breaks a rule, not as deep as the proof', { timeout: 60_000 }, async () => {
  const results = await inWorkers(ALL.map((exploration) => ({ explore: { ...exploration, depth: 2 } })));
  expect(results).toHaveLength(ALL.length);
  for (const done of results) expect('findings' in done && done.findings.states).toBeGreaterThan(200);
});
