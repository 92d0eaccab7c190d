/** The one place that reads environment variables. Nothing of credex writes them. */

import { ownCopy } from './own.js';

interface WithEnvironment {
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
}

/** All variables that are set, as an object that inherits nothing: what a program that is started gets. */
export function ownEnvironment(): Readonly<Record<string, string | undefined>> {
  return ownCopy((globalThis as WithEnvironment).process?.env ?? {});
}

/**
 * The variable's value; `undefined` where it is unset or empty, where there is no environment at all, and where this
 * program may not read it: Deno throws without `--allow-env`.
 */
export function environmentVariable(name: string): string | undefined {
  try {
    const env = (globalThis as WithEnvironment).process?.env;
    const value = env?.[name];
    if (env === undefined || value === undefined || value === '') return undefined;
    // `process.env` inherits from Object.prototype: a variable that is not set must not be read from there.
    return Object.hasOwn(env, name) ? value : undefined;
  } catch {
    return undefined;
  }
}
