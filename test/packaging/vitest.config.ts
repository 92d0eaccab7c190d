import { fileURLToPath } from 'node:url';
import { defineProject } from 'vitest/config';

// Reads what is packed, not the sources; the tools it starts take seconds on a small machine.
export default defineProject({
  test: {
    name: 'packaging',
    include: ['*.test.ts'],
    globalSetup: [fileURLToPath(new URL('global-setup.ts', import.meta.url))],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
