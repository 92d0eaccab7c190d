/** The one place that reads environment variables. Nothing of credex writes them. */

interface WithEnvironment {
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
}

/** The variable's value; `undefined` where it is unset, empty, or there is no environment at all. */
export function environmentVariable(name: string): string | undefined {
  const value = (globalThis as WithEnvironment).process?.env?.[name];
  return value === undefined || value === '' ? undefined : value;
}
