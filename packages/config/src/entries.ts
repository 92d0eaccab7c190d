/** The options of an entry, by cloud. Types only. */

import type { Expectation } from '@credex/core';
import type { ProviderName } from './option-table.js';

export type { ProviderName };

/** The options that entries of all clouds have. */
export interface CommonEntry {
  /**
   * The environments this entry is for: `production`, `preview`, `development` or the slug of a custom environment. The
   * current environment is VERCEL_TARGET_ENV, else VERCEL_ENV, else `development`. The token must be of the same
   * environment: it becomes `expect.environment`. Default: every environment, and any token.
   */
  readonly when?: { readonly environment: string | readonly string[] } | undefined;
  /** The project, team or environment that the token must have. Other tokens are not exchanged. Default: any token. */
  readonly expect?: Expectation | undefined;
  /** Request a token of this audience from Vercel first. Default: the token that Vercel provides. */
  readonly audience?: string | undefined;
  /** The longest time for one exchange with its retries, in milliseconds, 100 to 60,000. Default: 8,000. */
  readonly timeoutMs?: number | undefined;
  /** How long the credential that a call returns must still be valid, in milliseconds, 0 to 86,400,000; default 0. */
  readonly minValidityMs?: number | undefined;
  /**
   * `profile`: on a developer's machine without a Vercel token, use the developer's AWS profile, gcloud application
   * default credentials or az login, and send a `warning` event. Default: never.
   */
  readonly local?: 'profile' | undefined;
  /**
   * https origins to which `authorize()` may send this credential, in addition to the cloud's own hosts. In code only.
   * Default: none.
   */
  readonly origins?: readonly string[] | undefined;
  /** Allow http on loopback for endpoints and origins, such as an emulator. In code only. Default: false. */
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
  /** In code only. */
  readonly allowUnboundResponse?: boolean | undefined;
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
  /** In code only, because it determines the hosts that the token is sent to. */
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
  /** JSON and variables may name Microsoft's hosts only; code may name any host. */
  readonly authorityHost?: string | undefined;
  readonly additionallyAllowedTenants?: '*' | readonly string[] | undefined;
}

export interface EntryOf {
  readonly aws: AwsEntry;
  readonly gcp: GcpEntry;
  readonly azure: AzureEntry;
}

export type Entry = EntryOf[ProviderName];

/** A configuration: plain data. */
export interface Config {
  /** The name that `get()` uses when it is called without one. Default: none; `get()` then needs a name. */
  readonly default?: string | undefined;
  /** The entries, by their names. A list has one entry for each environment, selected by `when`. */
  readonly credentials: Readonly<Record<string, Entry | readonly Entry[]>>;
}
