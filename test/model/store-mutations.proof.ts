import { afterAll, describe, expect, it } from 'vitest';
import { coreWith } from './core-copy.js';
import type { Core } from './explorer-harness.js';
import { Violation } from './explorer-rules.js';
import { quickProcess } from './quick-process.js';
import type { StoreExploration } from './store-explorer.js';
import { exploreStore } from './store-explorer.js';
import { STORE_MUTATIONS } from './store-mutations.js';

quickProcess();

async function noticed(core: Core, exploration: StoreExploration): Promise<string | undefined> {
  try {
    await exploreStore(core, exploration);
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof Violation)) throw thrown;
    return thrown.message.split('\n')[0];
  }
}

describe('the explorer of the store notices a mutation of the store stage', () => {
  const rows: string[] = [];
  afterAll(() => console.log(rows.join('\n')));

  it('core without a mutation passes', async () => {
    const core = await coreWith([]);
    for (const { noticedBy } of STORE_MUTATIONS) expect(await noticed(core, noticedBy)).toBeUndefined();
  }, 300_000);

  it.each(STORE_MUTATIONS)('$name', { timeout: 120_000 }, async ({ name, change, noticedBy, violation }) => {
    const said = await noticed(await coreWith([change]), noticedBy);
    rows.push(`${name.padEnd(52)} ${noticedBy.name.padEnd(40)} ${said ?? 'NOT NOTICED'}`);
    expect(said).toMatch(violation);
  });
});
