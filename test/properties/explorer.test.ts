import { describe, expect, it } from 'vitest';
import { ALL } from '../proofs/explorations.js';
import { explore } from '../proofs/explorer.js';
import { instantDigests } from '../proofs/instant-digests.js';
import { realCore } from '../proofs/small-world.js';

instantDigests();

describe('the explorer, not as deep as in its proof', () => {
  it.each(ALL)('finds no order of moves that breaks a rule: $name', async (exploration) => {
    const { states, byDepth } = await explore(realCore, { ...exploration, depth: 2 });
    expect(byDepth).toHaveLength(3);
    expect(states).toBeGreaterThan(200);
  });
});
