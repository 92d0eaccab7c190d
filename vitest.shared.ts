import { fileURLToPath } from 'node:url';
import { defineProject } from 'vitest/config';

const packages = fileURLToPath(new URL('packages/', import.meta.url));

/** Tests read our packages from their sources, so that none waits for a build; test/packaging reads what is packed. */
export const project = (
  name: string,
  include: string[],
  /** False where a room has no module state at all: its test files then share what they import, and start faster. */
  isolate = true,
  /** Core is run by what Node has and by what the web has. */
  runtime: 'node' | 'web' = 'node',
): ReturnType<typeof defineProject> =>
  defineProject({
    test: { name, include, environment: 'node', isolate },
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
