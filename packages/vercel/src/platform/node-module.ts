/** Node's built-in modules, looked up when first needed, so that a bundler for another runtime sees no import of them. */

import { builtinModule } from '@credex/core/driver';

interface Builtins {
  'node:child_process': typeof import('node:child_process');
  'node:fs/promises': typeof import('node:fs/promises');
}

/** @throws Error in a runtime that has no such module */
export function nodeModule<Name extends keyof Builtins>(name: Name): Builtins[Name] {
  const found = builtinModule(name) as Builtins[Name] | undefined;
  if (found === undefined) throw new Error(`This runtime has no ${name}.`);
  return found;
}
