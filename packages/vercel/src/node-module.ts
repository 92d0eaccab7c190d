/** Node's own modules, looked up when first needed: a bundler for a runtime without them meets no import of them. */

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
