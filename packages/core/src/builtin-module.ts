/** Modules that Node has built in, looked up when first needed: a bundler for a runtime without them finds no import. */

interface WithBuiltinModules {
  readonly process?: { getBuiltinModule?(name: string): unknown };
}

/**
 * The module, such as `node:fs`; `undefined` where the runtime has no such module or refuses to be asked. A `process`
 * alone says nothing: each function of the one in Next.js's edge sandbox throws.
 */
export function builtinModule(name: string): unknown {
  try {
    return (globalThis as WithBuiltinModules).process?.getBuiltinModule?.(name);
  } catch {
    return undefined;
  }
}
