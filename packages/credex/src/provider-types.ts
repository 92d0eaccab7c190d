/** What a name of a configuration gives, by its cloud. Types only: a cloud's package is imported when it is used. */

import type { Config, ProviderName } from '@credex/config';

export interface ProviderTypes {
  readonly aws: import('@credex/aws').AwsCredentialsProvider;
  readonly gcp: import('@credex/gcp').GcpCredentialsProvider;
  readonly azure: import('@credex/azure').AzureCredentialsProvider;
}

export interface CredentialTypes {
  readonly aws: import('@credex/aws').AwsCredentials;
  readonly gcp: import('@credex/gcp').GcpCredentials;
  readonly azure: import('@credex/azure').AzureCredentials;
}

export type AnyProvider = ProviderTypes[ProviderName];
export type AnyCredentials = CredentialTypes[ProviderName];

export type NameOf<C extends Config> = Extract<keyof C['credentials'], string>;

/** The clouds that the name may be of: more than one where `when` chooses. */
type CloudOf<E> = E extends readonly (infer V)[]
  ? CloudOf<V>
  : E extends { readonly provider: infer P extends ProviderName }
    ? P
    : never;

export type ProviderOf<C extends Config, N extends NameOf<C>> = ProviderTypes[CloudOf<C['credentials'][N]>];
export type CredentialsOf<C extends Config, N extends NameOf<C>> = CredentialTypes[CloudOf<
  C['credentials'][N]
>];

/** Whether a call may leave the name out: there is a default, or nobody knows before the file is read. */
export type HasDefault<C extends Config> =
  string extends NameOf<C> ? true : C extends { readonly default: string } ? true : false;

export type DefaultName<C extends Config> = C extends { readonly default: infer D extends NameOf<C> }
  ? D
  : NameOf<C>;
