import { defineProject } from 'vitest/config';

export default defineProject({ test: { name: 'gcp', include: ['src/**/*.test.ts'], environment: 'node' } });
