/** The public types, apart from the options. */

import type { Credential, CredentialProvider, Json } from '@credex/core';
import type {
  CredentialProviderOptions,
  ExchangeContext,
  ExchangeResult,
  Exchanger,
} from '@credex/core/driver';

/** Plain data: what caches and stores hold. */
export interface AwsSessionCredentials extends Credential {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** The account of the assumed role, 12 digits. */
  readonly accountId: string;
}

/** What a user and an AWS client get: a plain object of the caller's own, since the AWS SDK writes on it. */
export interface AwsCredentials extends AwsSessionCredentials {
  /** `expiresAt` as the AWS SDKs want it. */
  readonly expiration: Date;
}

/** What one call asks for beyond the options. */
export interface AwsRequest {
  /** Whose token service is asked; no part of the cache key, since the credential is good in every region. */
  readonly region: string;
}

/** A role that is assumed with the session of the role before it, asserted and normalised. */
export interface AwsHop extends AwsConfiguration {
  readonly externalId: string | undefined;
  /** In the order in which they were given, those from claims last. */
  readonly tags: readonly (readonly [key: string, value: string])[];
  readonly transitiveTagKeys: readonly string[];
  readonly sourceIdentity: string | undefined;
}

/** One AssumeRole request, signed with the session before it. */
export interface AwsHopRequest extends AwsRequest {
  readonly hop: AwsHop;
  readonly keys: Pick<AwsSessionCredentials, 'accessKeyId' | 'secretAccessKey' | 'sessionToken'>;
  /** Now, epoch milliseconds. */
  readonly at: number;
}

/** Makes an exchanger of a configuration: what the option `exchanger` takes. */
export interface AwsExchangerFactory {
  (configuration: AwsConfiguration): Exchanger<AwsSessionCredentials, AwsRequest>;
  /** The exchanger brings its own region and endpoint: none is looked for. Default: false. */
  readonly ownRegion?: boolean | undefined;
  /** Makes an AssumeRole request, for the option `assumeRole`. Default: that option is refused. */
  readonly assumeRole?:
    | ((request: AwsHopRequest, context: ExchangeContext) => Promise<ExchangeResult<AwsSessionCredentials>>)
    | undefined;
}

/** The options, asserted and normalised: plain data that every exchanger can rely on. */
export interface AwsConfiguration {
  readonly roleArn: string;
  /** The role's partition, as in its ARN. */
  readonly partition: string;
  /** The role's account, 12 digits. */
  readonly accountId: string;
  readonly region: string | undefined;
  readonly regionFrom: 'option' | 'environment' | undefined;
  readonly roleSessionName: string;
  readonly durationSeconds: number | undefined;
  /** Canonical JSON text. */
  readonly policy: string | undefined;
  /** Sorted; empty where there is none. */
  readonly policyArns: readonly string[];
  /** An origin, without a slash at its end. */
  readonly endpoint: string | undefined;
  readonly useFipsEndpoint: boolean;
  readonly useDualstackEndpoint: boolean;
  readonly allowUnboundResponse: boolean;
  /** Whether the user gave a `fetch`: an exchanger then sends by `context.post`, or refuses. */
  readonly customFetch: boolean;
}

/** A role of the option: JSON, checked with the first exchange. */
export interface GivenHop {
  readonly [name: string]: Json;
}

export interface RoleChain {
  /** Exchanges the subject token for the first session. */
  readonly base: Exchanger<AwsSessionCredentials, AwsRequest>;
  /** The option `exchanger`, which made `base`. */
  readonly factory: AwsExchangerFactory | undefined;
  /** That of the first session. */
  readonly configuration: AwsConfiguration;
  readonly hops: readonly GivenHop[];
  /** Those of the provider, for the sessions before the last. */
  readonly options: CredentialProviderOptions;
  /** The claims that become tags; `undefined` until the token was read. */
  readonly claims?: Readonly<Record<string, string>> | undefined;
}

/**
 * What `awsCredentialsProvider` returns: a function that any AWS SDK v3 client takes as `credentials`, and the
 * methods of every credex provider.
 */
export interface AwsCredentialsProvider extends CredentialProvider<AwsCredentials, AwsRequest> {
  (identityProperties?: Readonly<Record<string, unknown>>): Promise<AwsCredentials>;
  /** Tells the SDK that nothing need be cached above this. The SDK assigns to it. */
  memoized: boolean;
}
