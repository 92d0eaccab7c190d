/** The one place that reads environment variables. Nothing of credex writes them. */

interface WithEnvironment {
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
}

/**
 * The variable's value; `undefined` where it is unset or empty, where there is no environment at all, and where this
 * program may not read it: Deno throws without `--allow-env`.
 */
export function environmentVariable(name: string): string | undefined {
  try {
    const value = (globalThis as WithEnvironment).process?.env?.[name];
    return value === '' ? undefined : value;
  } catch {
    return undefined;
  }
}
