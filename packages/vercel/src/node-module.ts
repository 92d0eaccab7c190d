/** Node's own modules, looked up when first needed: a bundler for a runtime without them meets no import of them. */

interface Builtins {
  'node:child_process': typeof import('node:child_process');
  'node:fs/promises': typeof import('node:fs/promises');
}

interface WithBuiltins {
  readonly process?: {
    getBuiltinModule?<Name extends keyof Builtins>(name: Name): Builtins[Name] | undefined;
  };
}

/** @throws Error in a runtime that has no such module */
export function nodeModule<Name extends keyof Builtins>(name: Name): Builtins[Name] {
  const found = (globalThis as WithBuiltins).process?.getBuiltinModule?.(name);
  if (found === undefined) throw new Error(`This runtime has no ${name}.`);
  return found;
}
