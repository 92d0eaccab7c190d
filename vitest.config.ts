import { defineConfig } from 'vitest/config';
import type { TestSpecification } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';
import { project } from './vitest.shared.js';

/** Runs the files of a project one after the other: a worker is ended as soon as the next file is of another project. */
class ByProject extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    // The largest project first, so that short files are left for the end.
    const size = (name: string): number => files.filter(({ project }) => project.name === name).length;
    const names = [...new Set(files.map(({ project }) => project.name))].sort((a, b) => size(b) - size(a));
    return names.flatMap((name) => sorted.filter(({ project }) => project.name === name));
  }
}

/** The tests of core whose subject is not the same in its two builds: the runtime, the transport, and all that waits for a digest. */
const WEB = [
  'packages/core/src/{runtime,http}/*.test.ts',
  'packages/core/src/cache/!(backoff|canonical|forged-tokens|policy|schedule).test.ts',
  'packages/core/src/{caller-owned,events,load-failure,provider}.test.ts',
];

export default defineConfig({
  test: {
    // By default one processor is left alone, and of two that is half.
    maxWorkers: '100%',
    sequence: { sequencer: ByProject },
    projects: [
      // hosts/ holds fixtures, which `npm run hosts` runs.
      project('node', ['packages/*/src/**/*.test.ts', 'test/!(packaging|hosts)/**/*.test.ts']),
      project('web', WEB, 'web'),
      'test/packaging/vitest.config.ts',
    ],
  },
});
