/** The provider and credential types of each cloud. Types only: a cloud's package is imported on first use. */

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

/** The clouds of a name: more than one if `when` selects between them. */
type CloudOf<E> = E extends readonly (infer V)[]
  ? CloudOf<V>
  : E extends { readonly provider: infer P extends ProviderName }
    ? P
    : never;

export type ProviderOf<C extends Config, N extends NameOf<C>> = ProviderTypes[CloudOf<C['credentials'][N]>];
export type CredentialsOf<C extends Config, N extends NameOf<C>> = CredentialTypes[CloudOf<
  C['credentials'][N]
>];

/** Whether a call may omit the name: the configuration has a default, or its content is known only at run time. */
export type HasDefault<C extends Config> =
  string extends NameOf<C> ? true : C extends { readonly default: string } ? true : false;

export type DefaultName<C extends Config> = C extends { readonly default: infer D extends NameOf<C> }
  ? D
  : NameOf<C>;
