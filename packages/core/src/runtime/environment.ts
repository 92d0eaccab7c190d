/** What the process says of itself: environment variables, which only this file reads and nothing writes, and built-in modules. */

import { ownCopy } from '../own.js';

interface WithEnvironment {
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
}

/** All variables that are set, as an object that inherits nothing: what a program that is started gets. */
export function ownEnvironment(): Readonly<Record<string, string | undefined>> {
  return ownCopy((globalThis as WithEnvironment).process?.env ?? {});
}

type Variables = ReadonlyMap<string, string | undefined>;

let reads: Map<string, string | undefined> | undefined;

/**
 * The variable's value; `undefined` where it is unset or empty, where there is no environment at all, and where this
 * program may not read it: Deno throws without `--allow-env`.
 */
export function environmentVariable(name: string): string | undefined {
  const value = readVariable(name);
  reads?.set(name, value);
  return value;
}

/** Runs a synchronous function, and returns the variables that it read with its result. */
export function withVariables<T>(run: () => T): { readonly result: T; readonly variables: Variables } {
  const outer = reads;
  const variables = new Map<string, string | undefined>();
  reads = variables;
  try {
    return { result: run(), variables };
  } finally {
    reads = outer;
  }
}

/** Whether each variable still has the value that was read. */
export function areUnchanged(variables: Variables): boolean {
  for (const [name, value] of variables) if (readVariable(name) !== value) return false;
  return true;
}

function readVariable(name: string): string | undefined {
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

/**
 * What `vercel env pull` writes, and `vercel dev` sets, calls the environment `development`, with VERCEL=1 too: no
 * deployment ever does.
 */
export function onVercel(): boolean {
  const named = [environmentVariable('VERCEL_TARGET_ENV'), environmentVariable('VERCEL_ENV')].filter(
    (name) => name !== undefined,
  );
  if (named.length === 0) return environmentVariable('VERCEL') !== undefined;
  return named.some((name) => name !== 'development');
}

/**
 * Whether a fallback to what a person is logged in with may be used: not on Vercel, not in CI, and not under NODE_ENV
 * `test` or `production`, where requests of others are served.
 */
export function isLaptop(): boolean {
  const mode = environmentVariable('NODE_ENV');
  const inCi = !['false', '0', undefined].includes(environmentVariable('CI'));
  return !onVercel() && !inCi && mode !== 'test' && mode !== 'production';
}

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

/** The variables that name a proxy, as curl and `proxy-agent` read them. */
export const PROXY_VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'] as const;

/** Whether a proxy is set, for whichever host. */
export const isProxySet = (): boolean =>
  PROXY_VARIABLES.some((name) => environmentVariable(name) !== undefined);
