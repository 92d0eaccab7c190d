import { afterAll, describe, expect, it } from 'vitest';
import { coreWith } from './core-copy.js';
import { ALL } from './explorations.js';
import { explore } from './explorer.js';
import { quickProcess } from './quick-process.js';
import { interleaveMany } from './interleavings.js';
import type { Mutation } from './mutations.js';
import { DEPTH, MUTATIONS } from './mutations.js';
import type { Core } from './explorer-harness.js';

quickProcess();

const RUNS = 3_000;

/** The first line of what was noticed. */
async function noticed(core: Core, by: Mutation['noticedBy']): Promise<string | undefined> {
  try {
    if (by === 'interleavings') await interleaveMany(core, 1, RUNS);
    else await explore(core, by);
    return undefined;
  } catch (thrown) {
    return (thrown as Error).message.split('\n')[0];
  }
}

describe('the proofs notice a mutation of core', () => {
  const rows: string[] = [];
  afterAll(() => console.log(rows.join('\n')));

  it('core without a mutation passes', async () => {
    const core = await coreWith([]);
    for (const exploration of ALL)
      expect(await noticed(core, { ...exploration, depth: DEPTH })).toBeUndefined();
    expect(await noticed(core, 'interleavings')).toBeUndefined();
  }, 300_000);

  it.each(MUTATIONS)('$name', { timeout: 120_000 }, async ({ name, change, noticedBy }) => {
    const said = await noticed(await coreWith([change]), noticedBy);
    const by = noticedBy === 'interleavings' ? noticedBy : `explorer, ${noticedBy.name}`;
    rows.push(`${name.padEnd(56)} ${by.padEnd(42)} ${said ?? 'NOT NOTICED'}`);
    expect(said).toBeDefined();
  });
});
