import { defineProject } from 'vitest/config';

export default defineProject({
  test: { name: 'vercel', include: ['src/**/*.test.ts'], environment: 'node' },
});
