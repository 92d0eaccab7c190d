/** The options, their grammar and their environment variables, and the configuration that is made of them. */

import type { SharedOptions } from '@credex/core';
import { OptionError } from '@credex/core/internal';
import type { Grammar } from '@credex/core/internal';
import {
  DOMAIN_NAME,
  SERVICE_ACCOUNT_EMAIL,
  SHARED_OPTION_NAMES,
  endpointUrl,
  httpsUrl,
  optionNames,
  optionalBoolean,
  optionalInteger,
  optionalString,
  optionalStringList,
  ownOptions,
  requiredString,
} from '@credex/core/internal';
import type { GcpConfiguration, GcpExchangerFactory } from './types.js';

export const CLOUD_PLATFORM_SCOPE = 'https://www.googleapis.com/auth/cloud-platform';

/** The lifetime that generateAccessToken issues by default, in seconds. */
const DEFAULT_LIFETIME_SECONDS = 3_600;

/** The options that name the Google identity and the endpoints. */
export interface GcpOptions extends SharedOptions {
  /** The number (not the id) of the project that holds the pool; environment variable GCP_PROJECT_NUMBER. */
  readonly projectNumber?: string | undefined;
  /** The workload identity pool; GCP_WORKLOAD_IDENTITY_POOL_ID. */
  readonly workloadIdentityPoolId?: string | undefined;
  /** The provider in that pool; GCP_WORKLOAD_IDENTITY_POOL_PROVIDER_ID. */
  readonly workloadIdentityPoolProviderId?: string | undefined;
  /**
   * The service account to impersonate; GCP_SERVICE_ACCOUNT_EMAIL. Default: none; the federated token is then the
   * credential.
   */
  readonly serviceAccountEmail?: string | undefined;
  /**
   * The delegation chain from the federated principal to `serviceAccountEmail`: service accounts, the first one first, as
   * email addresses or as `projects/-/serviceAccounts/{email}`. The federated principal needs
   * `roles/iam.serviceAccountTokenCreator` on the first one, each account needs it on the next one, and the last one on
   * `serviceAccountEmail`. Default: none; the federated principal impersonates the account itself.
   */
  readonly delegates?: readonly string[] | undefined;
  /**
   * OAuth scopes: a list, or a string that is split on white space. Default:
   * `https://www.googleapis.com/auth/cloud-platform`.
   */
  readonly scopes?: string | readonly string[] | undefined;
  /**
   * The lifetime of the service account's token in seconds, 600 to 43,200; default 3,600. More than 3,600 requires the
   * organization policy `iam.allowServiceAccountCredentialLifetimeExtension`.
   */
  readonly lifetimeSeconds?: number | undefined;
  /** The project that clients use; GCP_PROJECT_ID. It does not affect the credential. */
  readonly projectId?: string | undefined;
  /** The project that is billed: sent by `googleAuthClient` as `x-goog-user-project`. */
  readonly quotaProjectId?: string | undefined;
  /** Default `googleapis.com`. */
  readonly universeDomain?: string | undefined;
  /** An origin instead of `https://sts.{universeDomain}`. */
  readonly stsEndpoint?: string | undefined;
  /** An origin instead of `https://iamcredentials.{universeDomain}`. */
  readonly iamCredentialsEndpoint?: string | undefined;
  /** Allow http endpoints on loopback, for an emulator. In code only; default false. */
  readonly allowLoopbackHttp?: boolean | undefined;
}

export interface GcpCredentialsProviderOptions extends GcpOptions {
  /**
   * How the exchange is made. Default: by requests of credex, the same as those of google-auth-library.
   * `googleAuthLibraryExchanger` from `@credex/gcp/google-auth-library` uses that package instead, optionally with your
   * own transporter.
   */
  readonly exchanger?: GcpExchangerFactory | undefined;
}

/** The names of all options of `gcpCredentialsProvider`. */
export const OPTION_NAMES: readonly string[] = [
  ...SHARED_OPTION_NAMES,
  ...optionNames<Omit<GcpCredentialsProviderOptions, keyof SharedOptions>>({
    projectNumber: true,
    workloadIdentityPoolId: true,
    workloadIdentityPoolProviderId: true,
    serviceAccountEmail: true,
    delegates: true,
    scopes: true,
    lifetimeSeconds: true,
    projectId: true,
    quotaProjectId: true,
    universeDomain: true,
    stsEndpoint: true,
    iamCredentialsEndpoint: true,
    allowLoopbackHttp: true,
    exchanger: true,
  }),
];

/** @throws OptionError */
export function gcpOptions(options: GcpCredentialsProviderOptions): GcpCredentialsProviderOptions {
  return ownOptions('gcpCredentialsProvider', options, OPTION_NAMES);
}

const PROJECT_NUMBER: Grammar = {
  pattern: /^[1-9]\d{0,18}$/,
  says: "the project's number as a string of digits (not its id)",
};
const POOL_ID: Grammar = {
  pattern: /^[a-z0-9-]{4,32}$/,
  says: '4 to 32 letters a to z, digits and hyphens',
};
const PROJECT: Grammar = {
  pattern: /^(?:(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]|[1-9]\d{0,18})$/,
  says: "a project's id such as my-project, or its number",
};
const SCOPE: Grammar = {
  pattern: /^(?:https:\/\/[A-Za-z0-9.-]{1,100}\/[\w./~-]{0,150}|[a-z][a-z_]{1,31})$/,
  says: `a list of OAuth scopes such as ${CLOUD_PLATFORM_SCOPE}, or a string of scopes separated by spaces`,
};

type PoolOption = 'projectNumber' | 'workloadIdentityPoolId' | 'workloadIdentityPoolProviderId';

/** @throws OptionError with the option and its environment variable */
export function gcpConfiguration(options: GcpOptions): GcpConfiguration {
  const universeDomain =
    optionalString({ option: 'universeDomain' }, options.universeDomain, DOMAIN_NAME) ?? 'googleapis.com';
  const allowLoopbackHttp =
    optionalBoolean({ option: 'allowLoopbackHttp' }, options.allowLoopbackHttp) ?? false;
  const origin = (option: 'stsEndpoint' | 'iamCredentialsEndpoint', service: string): string => {
    const given = optionalString({ option }, options[option]);
    const rules = { allowLoopbackHttp, allowPath: false };
    return (
      given === undefined
        ? httpsUrl({ host: `${service}.${universeDomain}` })
        : endpointUrl({ option }, given, rules)
    ).origin;
  };
  const required = (option: PoolOption, environmentVariable: string, grammar: Grammar): string =>
    requiredString({ option, environmentVariable }, options[option], grammar);
  const serviceAccountEmail = optionalString(
    { option: 'serviceAccountEmail', environmentVariable: 'GCP_SERVICE_ACCOUNT_EMAIL' },
    options.serviceAccountEmail,
    SERVICE_ACCOUNT_EMAIL,
  );
  if (serviceAccountEmail === undefined) assertImpersonates(options);
  return {
    projectNumber: required('projectNumber', 'GCP_PROJECT_NUMBER', PROJECT_NUMBER),
    workloadIdentityPoolId: required('workloadIdentityPoolId', 'GCP_WORKLOAD_IDENTITY_POOL_ID', POOL_ID),
    workloadIdentityPoolProviderId: required(
      'workloadIdentityPoolProviderId',
      'GCP_WORKLOAD_IDENTITY_POOL_PROVIDER_ID',
      POOL_ID,
    ),
    serviceAccountEmail,
    delegates: delegateNames(options.delegates),
    scopes: normalScopes(options.scopes) ?? [CLOUD_PLATFORM_SCOPE],
    lifetimeSeconds:
      optionalInteger({ option: 'lifetimeSeconds' }, options.lifetimeSeconds, 600, 43_200) ??
      (serviceAccountEmail === undefined ? undefined : DEFAULT_LIFETIME_SECONDS),
    projectId: optionalString(
      { option: 'projectId', environmentVariable: 'GCP_PROJECT_ID' },
      options.projectId,
      PROJECT,
    ),
    quotaProjectId: optionalString({ option: 'quotaProjectId' }, options.quotaProjectId, PROJECT),
    universeDomain,
    stsEndpoint: origin('stsEndpoint', 'sts'),
    iamCredentialsEndpoint: origin('iamCredentialsEndpoint', 'iamcredentials'),
    fetch: options.fetch,
    clock: options.clock ?? { now: () => Date.now() },
  };
}

/** Sorted and without duplicates, so that equal requests have equal keys. `undefined` stays `undefined`. */
export function normalScopes(value: unknown): readonly string[] | undefined {
  const scopes = optionalStringList({ option: 'scopes' }, value, SCOPE);
  return scopes === undefined ? undefined : Object.freeze([...new Set(scopes)].sort());
}

/** The resource names of the chain, in its order. */
function delegateNames(value: unknown): readonly string[] | undefined {
  const name = { option: 'delegates' };
  const prefix = 'projects/-/serviceAccounts/';
  return optionalStringList(name, value)?.map(
    (delegate) => prefix + requiredString(name, delegate.replace(prefix, ''), SERVICE_ACCOUNT_EMAIL),
  );
}

/** The options about impersonation need a service account: Google sets the lifetime of a federated token. */
function assertImpersonates(options: GcpOptions): void {
  for (const option of ['delegates', 'lifetimeSeconds'] as const)
    if (options[option] !== undefined)
      throw new OptionError(
        'conflicting_options',
        option,
        undefined,
        `\`${option}\` needs \`serviceAccountEmail\` (GCP_SERVICE_ACCOUNT_EMAIL).`,
      );
}
