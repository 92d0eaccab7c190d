import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // By default one processor is left alone, and of two that is half.
    maxWorkers: '100%',
    projects: [
      'packages/*/vitest.config.ts',
      'packages/core/vitest.web.config.ts',
      'test/vitest.config.ts',
      'test/packaging/vitest.config.ts',
    ],
  },
});
