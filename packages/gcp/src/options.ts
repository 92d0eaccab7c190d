/** The options, their grammar and their environment variables, and the configuration that is made of them. */

import type { SharedOptions } from '@credex/core';
import { OptionError } from '@credex/core';
import type { Grammar, OptionName } from '@credex/core/internal';
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
  const serviceAccountEmail = optionalString(
    named('serviceAccountEmail', 'GCP_SERVICE_ACCOUNT_EMAIL'),
    options.serviceAccountEmail,
    SERVICE_ACCOUNT_EMAIL,
  );
  return {
    projectNumber: requiredString(
      named('projectNumber', 'GCP_PROJECT_NUMBER'),
      options.projectNumber,
      PROJECT_NUMBER,
    ),
    workloadIdentityPoolId: requiredString(
      named('workloadIdentityPoolId', 'GCP_WORKLOAD_IDENTITY_POOL_ID'),
      options.workloadIdentityPoolId,
      POOL_ID,
    ),
    workloadIdentityPoolProviderId: requiredString(
      named('workloadIdentityPoolProviderId', 'GCP_WORKLOAD_IDENTITY_POOL_PROVIDER_ID'),
      options.workloadIdentityPoolProviderId,
      POOL_ID,
    ),
    serviceAccountEmail,
    scopes: normalScopes(options.scopes) ?? [CLOUD_PLATFORM_SCOPE],
    lifetimeSeconds: lifetime(options.lifetimeSeconds, serviceAccountEmail),
    projectId: optionalString(named('projectId', 'GCP_PROJECT_ID'), options.projectId, PROJECT),
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

function lifetime(value: unknown, serviceAccountEmail: string | undefined): number | undefined {
  const seconds = optionalInteger({ option: 'lifetimeSeconds' }, value, 600, 43_200);
  if (serviceAccountEmail !== undefined) return seconds ?? DEFAULT_LIFETIME_SECONDS;
  if (seconds === undefined) return undefined;
  throw new OptionError(
    'conflicting_options',
    'lifetimeSeconds',
    undefined,
    '`lifetimeSeconds` needs `serviceAccountEmail` (GCP_SERVICE_ACCOUNT_EMAIL), because Google sets the lifetime of a federated token.',
  );
}

function named(option: string, environmentVariable: string): OptionName {
  return { option, environmentVariable };
}
