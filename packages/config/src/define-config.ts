import type { EntryOf, ProviderName } from './option-table.js';

// The configuration as a type.

export type Entry = EntryOf[ProviderName];

/** A configuration: plain data. */
export interface Config {
  /** The name that `get()` uses when it is called without one. Default: none; `get()` then needs a name. */
  readonly default?: string | undefined;
  /** The entries, by their names. A list has one entry for each environment, selected by `when`. */
  readonly credentials: Readonly<Record<string, Entry | readonly Entry[]>>;
}

/** Gives options that the cloud does not have the type `never`, so that the compiler reports them. */
type ExactEntry<E> = E extends { readonly provider: infer P extends keyof EntryOf }
  ? { readonly [K in keyof E]: K extends keyof EntryOf[P] ? EntryOf[P][K] : never }
  : E;

/** A configuration with known options only, and a default that is one of its names. */
export type ExactConfig<C extends Config> = {
  readonly [K in keyof C]: K extends 'default'
    ? Extract<keyof C['credentials'], string> | undefined
    : K extends 'credentials'
      ? {
          readonly [N in keyof C['credentials']]: C['credentials'][N] extends readonly unknown[]
            ? { readonly [I in keyof C['credentials'][N]]: ExactEntry<C['credentials'][N][I]> }
            : ExactEntry<C['credentials'][N]>;
        }
      : never;
};

/**
 * Gives a configuration its exact type: its names, and the cloud of each name. Returns the argument unchanged;
 * `createCredentials` and `loadConfig` check it.
 *
 * @example
 * // credex.config.ts
 * export default defineConfig({
 *   default: 'store',
 *   credentials: {
 *     store: { provider: 'aws', roleArn: 'arn:aws:iam::123456789012:role/shop', region: 'eu-west-1' },
 *   },
 * });
 */
export function defineConfig<const C extends Config>(config: C & ExactConfig<C>): C {
  return config;
}
