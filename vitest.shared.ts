import { fileURLToPath } from 'node:url';
import { defineProject } from 'vitest/config';

const packages = fileURLToPath(new URL('packages/', import.meta.url));

/**
 * Tests read our packages from their sources, so that none waits for a build; test/packaging reads what is packed.
 * Test files share a process and the modules that they import, so that each is loaded once. A file that changes its
 * process (a variable, a global, a prototype) restores it.
 */
export const project = (
  name: string,
  include: string[],
  /** Core is run by what Node has and by what the web has. */
  runtime: 'node' | 'web' = 'node',
): ReturnType<typeof defineProject> =>
  defineProject({
    // The time limit ends a test that hangs; on a busy machine an ordinary one takes seconds.
    test: { name, include, environment: 'node', isolate: false, testTimeout: 30_000, hookTimeout: 30_000 },
    resolve: {
      alias: [
        // What each runtime has its own module for.
        { find: '#config-file', replacement: `${packages}config/src/config-file.ts` },
        { find: /^#(runtime|http)$/, replacement: `${packages}core/src/$1/${runtime}.ts` },
        { find: /^credex$/, replacement: `${packages}credex/src/index.ts` },
        { find: /^@credex\/(\w+)$/, replacement: `${packages}$1/src/index.ts` },
        { find: /^@credex\/(\w+)\/(.+)$/, replacement: `${packages}$1/src/$2.ts` },
      ],
    },
  });
