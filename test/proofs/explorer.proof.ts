import { describe, expect, it } from 'vitest';
import { ALL } from './explorations.js';
import { explore } from './explorer.js';
import { instantDigests } from './instant-digests.js';
import { realCore } from './small-world.js';

instantDigests();

describe('the explorer', () => {
  for (const exploration of ALL) {
    it(
      exploration.name,
      async () => {
        const began = performance.now();
        const depth = Number(process.env['DEPTH'] ?? 3);
        const { states, transitions, byDepth } = await explore(realCore, { ...exploration, depth });
        const seconds = ((performance.now() - began) / 1_000).toFixed(1);
        console.log(
          `${exploration.name}: depth ${depth}, ${states} states (${byDepth.join(', ')}), ${transitions} transitions, ${seconds} s`,
        );
        expect(states).toBeGreaterThan(10);
      },
      300_000,
    );
  }
});
