/** What the runtime provides: the clock, `fetch`, and Node's built-in modules. */

import type { Clock } from '@credex/core';
import { builtinModule } from '@credex/core/internal';

export const systemNow = (clock: Clock | undefined): (() => number) =>
  clock === undefined ? () => Date.now() : () => clock.now();

/** Looked up at each call, because frameworks replace the global fetch. */
export const globalFetch: typeof globalThis.fetch = (input, init) => globalThis.fetch(input, init);

interface Builtins {
  'node:child_process': typeof import('node:child_process');
  'node:fs/promises': typeof import('node:fs/promises');
}

/**
 * One of Node's built-in modules, looked up when needed, so that a bundler for another runtime sees no import of it.
 * @throws Error in a runtime that has no such module
 */
export function nodeModule<Name extends keyof Builtins>(name: Name): Builtins[Name] {
  const found = builtinModule(name) as Builtins[Name] | undefined;
  if (found === undefined) throw new Error(`This runtime has no ${name}.`);
  return found;
}
