/** What an entry of a configuration is made of, by cloud. Types only. */

import type { Expectation } from '@credex/core';
import type { ProviderName } from './option-table.js';

export type { ProviderName };

/** What entries of all clouds take. */
export interface CommonEntry {
  /**
   * The environments this entry is for: `production`, `preview`, `development` or a custom environment's slug, as
   * VERCEL_TARGET_ENV, else VERCEL_ENV, else `development` says. The token must then be of that environment: it becomes
   * `expect.environment`. Default: every environment, and any token.
   */
  readonly when?: { readonly environment: string | readonly string[] } | undefined;
  /** Refuse to exchange any token but that of this project, team or environment. Default: any. */
  readonly expect?: Expectation | undefined;
  /** Ask Vercel for a token of this audience first. Default: the token as it comes. */
  readonly audience?: string | undefined;
  /** How long one exchange may take in all, in milliseconds, 100 to 60,000; default 8,000. */
  readonly timeoutMs?: number | undefined;
  /** How long the credential that a call returns must still be valid, in milliseconds, 0 to 86,400,000; default 0. */
  readonly minValidityMs?: number | undefined;
  /**
   * `profile`: on a machine that is not Vercel's and has no Vercel token, use the developer's own AWS profile, gcloud
   * application default or az login, with a `warning` event. Default: never.
   */
  readonly local?: 'profile' | undefined;
  /**
   * Where `authorize()` may send this credential beside the cloud's own hosts: https origins. In code only. Default:
   * nowhere else.
   */
  readonly origins?: readonly string[] | undefined;
  /** Allow http on loopback for endpoints and origins, for emulators. In code only. Default: false. */
  readonly allowLoopbackHttp?: boolean | undefined;
}

/** An AWS role. The options are those of `awsCredentialsProvider`. */
export interface AwsEntry extends CommonEntry {
  readonly provider: 'aws';
  readonly roleArn: string;
  readonly region?: string | undefined;
  readonly roleSessionName?: string | undefined;
  readonly durationSeconds?: number | undefined;
  readonly policy?: string | object | undefined;
  readonly policyArns?: readonly string[] | undefined;
  readonly useFipsEndpoint?: boolean | undefined;
  readonly useDualstackEndpoint?: boolean | undefined;
  /** In code only. */
  readonly endpoint?: string | undefined;
}

/** A principal of Google Cloud. The options are those of `gcpCredentialsProvider`. */
export interface GcpEntry extends CommonEntry {
  readonly provider: 'gcp';
  readonly projectNumber: string;
  readonly workloadIdentityPoolId: string;
  readonly workloadIdentityPoolProviderId: string;
  readonly serviceAccountEmail?: string | undefined;
  readonly scopes?: string | readonly string[] | undefined;
  readonly lifetimeSeconds?: number | undefined;
  readonly projectId?: string | undefined;
  readonly quotaProjectId?: string | undefined;
  /** In code only: it names the hosts that the token is sent to. */
  readonly universeDomain?: string | undefined;
  /** In code only. */
  readonly stsEndpoint?: string | undefined;
  /** In code only. */
  readonly iamCredentialsEndpoint?: string | undefined;
}

/** An Entra application or managed identity. The options are those of `azureCredentialsProvider`. */
export interface AzureEntry extends CommonEntry {
  readonly provider: 'azure';
  readonly tenantId: string;
  readonly clientId: string;
  readonly scopes?: string | readonly string[] | undefined;
  /** Data may name Microsoft's own hosts; another one only code. */
  readonly authorityHost?: string | undefined;
  readonly additionallyAllowedTenants?: '*' | readonly string[] | undefined;
}

export interface EntryOf {
  readonly aws: AwsEntry;
  readonly gcp: GcpEntry;
  readonly azure: AzureEntry;
}

export type Entry = EntryOf[ProviderName];

/** Plain data: what a configuration file holds. */
export interface Config {
  /** The name that `get()` means without one. Default: none, and `get()` asks for a name. */
  readonly default?: string | undefined;
  /** By name; a list holds one entry for each environment, told apart by `when`. */
  readonly credentials: Readonly<Record<string, Entry | readonly Entry[]>>;
}
