/** A copy of core in which some functions are replaced: bundled in memory, the repository stays as it is. */

import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import type { InputOptions, Plugin } from 'rolldown';
import type { Core } from './explorer-harness.js';

/** The modules whose exports may be replaced. */
export type CoreExports = typeof import('../../packages/core/src/cache/exchange.js') &
  typeof import('../../packages/core/src/cache/get-credential.js') &
  typeof import('../../packages/core/src/cache/key.js') &
  typeof import('../../packages/core/src/cache/policy.js') &
  typeof import('../../packages/core/src/cache/refresh.js') &
  typeof import('../../packages/core/src/cache/refresh-result.js') &
  typeof import('../../packages/core/src/cache/store-connection.js') &
  typeof import('../../packages/core/src/cache/store-record.js') &
  typeof import('../../packages/core/src/cache/store-stage.js') &
  typeof import('../../packages/core/src/runtime/clock.js') &
  typeof import('../../packages/core/src/runtime/deadline.js') &
  typeof import('../../packages/core/src/token/subject-token.js');

/** One export of core, replaced for the modules that import it. */
export interface Change {
  readonly name: keyof CoreExports;
  /** Makes the replacement from the original. */
  readonly by: (original: never) => unknown;
  /** Only the module that exports this function imports the replacement. */
  readonly seenBy?: keyof CoreExports;
}

const SOURCES = fileURLToPath(new URL('../../packages/core/src/', import.meta.url));
const ENTRY = 'credex-core-copy';
const REPLACED = '?replaced';
const INPUT = {
  input: ENTRY,
  platform: 'neutral',
  external: ['proxy-agent', /^node:/],
} satisfies InputOptions;

/** Where a copy finds its replacements: functions cannot be written into a module's text. */
const replacements = new Map<string, (name: string) => Change['by']>();
const REGISTRY = Symbol.for('credex.replacements');
Object.assign(globalThis, { [REGISTRY]: replacements });
let copies = 0;

export async function coreWith(changes: readonly Change[]): Promise<Core> {
  copies += 1;
  const id = String(copies);
  replacements.set(id, (name) => changes.find((change) => change.name === name)?.by as Change['by']);
  const source = Buffer.from(await builtCore(changes, id)).toString('base64');
  return (await import(/* @vite-ignore */ `data:text/javascript;base64,${source}`)) as Core;
}

/**
 * Core as one module, from the sources as they are now.
 * @throws Error where no module that core loads exports a function with this name, or none imports it
 */
export async function builtCore(changes: readonly Change[] = [], id = ''): Promise<string> {
  const applied = new Set<Change>();
  const bundle = await rolldown({ ...INPUT, plugins: [entry, await replacing(changes, id, applied)] });
  const { output } = await bundle.generate({ format: 'es', codeSplitting: false });
  await bundle.close();
  for (const change of changes)
    if (!applied.has(change)) throw new Error(`No module of core imports ${change.name}.`);
  return output[0].code;
}

const entry: Plugin = {
  name: 'entry',
  resolveId: (id) => (id === ENTRY ? id : undefined),
  load: (id) =>
    id === ENTRY
      ? `export { createCredentialCache } from '${SOURCES}index.ts';
         export { createCredentialProvider } from '${SOURCES}provider.ts';`
      : undefined,
};

/** Puts a module that exports the replacements, and all else of the original, in the place of the original. */
async function replacing(changes: readonly Change[], id: string, applied: Set<Change>): Promise<Plugin> {
  const exported = changes.length === 0 ? new Map<string, readonly string[]>() : await exportsOfCore();
  const has = (module: string, name: string): boolean => exported.get(module)?.includes(name) === true;
  return {
    name: 'replacing',
    async resolveId(source, importer) {
      if (importer === undefined || importer.endsWith(REPLACED)) return undefined;
      const resolved = await this.resolve(source, importer, { skipSelf: true });
      if (resolved === null) return undefined;
      const own = changes.filter(
        ({ name, seenBy }) => has(resolved.id, name) && (seenBy === undefined || has(importer, seenBy)),
      );
      for (const change of own) applied.add(change);
      return own.length === 0 ? undefined : `${resolved.id}${REPLACED}`;
    },
    load(path) {
      if (!path.endsWith(REPLACED)) return undefined;
      const original = path.slice(0, -REPLACED.length);
      return [
        `import * as original from '${original}';`,
        `const by = globalThis[Symbol.for('credex.replacements')].get('${id}');`,
        `export * from '${original}';`,
        ...changes
          .filter(({ name }) => has(original, name))
          .map(({ name }) => `export const ${name} = by('${name}')(original.${name});`),
      ].join('\n');
    },
  };
}

let found: Promise<ReadonlyMap<string, readonly string[]>> | undefined;

/** What each module of core exports, as the bundler parses it. */
function exportsOfCore(): Promise<ReadonlyMap<string, readonly string[]>> {
  found ??= (async () => {
    const exported = new Map<string, readonly string[]>();
    const bundle = await rolldown({
      ...INPUT,
      plugins: [
        entry,
        {
          name: 'exports',
          moduleParsed: ({ id, exports }) => void exported.set(id, exports),
        },
      ],
    });
    await bundle.generate({ format: 'es', codeSplitting: false });
    await bundle.close();
    return exported;
  })();
  return found;
}
