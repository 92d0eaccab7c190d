/** The registered clouds, and the types that they carry from a configuration to its credentials. */

import type { Config, ProviderName } from '@credex/config';
import type { OpenProvider } from '@credex/config/internal';
import type { CloudRequests } from './cloud.js';
import * as clouds from './registry.js';

type TypesOf<P extends ProviderName> = NonNullable<(typeof clouds)[P]['types']>;

export type AnyProvider = TypesOf<ProviderName>['provider'];
export type AnyCredentials = TypesOf<ProviderName>['credentials'];

/** The settings of each cloud, under its name. */
export type CloudSettings = { readonly [P in ProviderName]?: TypesOf<P>['settings'] | undefined };

interface AnyCloud {
  readonly settings: readonly string[];
  factory(failed: (error: unknown) => Promise<never>): Promise<OpenProvider<AnyProvider>>;
  requests(): Promise<CloudRequests<AnyProvider>>;
}

export const CLOUDS: Readonly<Record<ProviderName, AnyCloud>> = clouds;

export type NameOf<C extends Config> = Extract<keyof C['credentials'], string>;

/** The clouds of a name: more than one if `when` selects between them. */
type CloudOf<E> = E extends readonly (infer V)[]
  ? CloudOf<V>
  : E extends { readonly provider: infer P extends ProviderName }
    ? P
    : never;

export type ProviderOf<C extends Config, N extends NameOf<C>> = TypesOf<
  CloudOf<C['credentials'][N]>
>['provider'];
export type CredentialsOf<C extends Config, N extends NameOf<C>> = TypesOf<
  CloudOf<C['credentials'][N]>
>['credentials'];

/** Whether a call may omit the name: the configuration has a default, or its content is known only at run time. */
export type HasDefault<C extends Config> =
  string extends NameOf<C> ? true : C extends { readonly default: string } ? true : false;

export type DefaultName<C extends Config> = C extends { readonly default: infer D extends NameOf<C> }
  ? D
  : NameOf<C>;
