/** A copy of the engine with one rule broken on purpose: built in memory, the repository stays as it is. */

import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import type { Core } from './explorer-harness.js';

/** One change to one source of packages/core/src. */
export interface Change {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const SOURCES = fileURLToPath(new URL('../../packages/core/src/', import.meta.url));
const ENTRY = `
  export { createCredentialCache } from '${SOURCES}cache.ts';
  export { createCredentialProvider } from '${SOURCES}provider.ts';
`;

export async function coreWith(changes: readonly Change[]): Promise<Core> {
  const source = Buffer.from(await builtCore(changes)).toString('base64');
  return (await import(/* @vite-ignore */ `data:text/javascript;base64,${source}`)) as Core;
}

/**
 * The engine as one module, from the sources as they are now.
 * @throws Error where a text to replace isn't there exactly once: the source has moved on, and so must the change
 */
export async function builtCore(changes: readonly Change[] = []): Promise<string> {
  const applied = new Set<Change>();
  const bundle = await rolldown({
    input: 'credex-core-copy',
    platform: 'neutral',
    external: ['proxy-agent', /^node:/],
    plugins: [
      {
        name: 'changes',
        resolveId: (id) => (id === 'credex-core-copy' ? id : undefined),
        load: (id) => (id === 'credex-core-copy' ? ENTRY : undefined),
        transform(code, id) {
          let changed = code;
          for (const change of changes) {
            if (id !== SOURCES + change.file) continue;
            if (changed.split(change.find).length !== 2)
              throw new Error(`${change.file} has not exactly one: ${change.find}`);
            changed = changed.replace(change.find, () => change.replace);
            applied.add(change);
          }
          return changed;
        },
      },
    ],
  });
  const { output } = await bundle.generate({ format: 'es', codeSplitting: false });
  await bundle.close();
  for (const change of changes) if (!applied.has(change)) throw new Error(`No such source: ${change.file}`);
  return output[0].code;
}
