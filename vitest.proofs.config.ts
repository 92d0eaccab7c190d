import { mergeConfig } from 'vitest/config';
import { project } from './vitest.shared.js';

// Most proofs take seconds, and run next to each other on a small machine. Each has its own process, which it may change.
export default mergeConfig(project('proofs', ['**/*.proof.ts']), {
  test: { testTimeout: 120_000, hookTimeout: 120_000, isolate: true },
});
