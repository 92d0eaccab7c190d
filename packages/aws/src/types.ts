/** The public types, apart from the options. */

import type { Credential, CredentialProvider } from '@credex/core';
import type { Exchanger } from '@credex/core/driver';

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

/** Makes an exchanger of a configuration: what the option `exchanger` takes. */
export interface AwsExchangerFactory {
  (configuration: AwsConfiguration): Exchanger<AwsSessionCredentials, AwsRequest>;
  /** The exchanger brings its own region and endpoint: none is looked for. Default: false. */
  readonly ownRegion?: boolean | undefined;
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

/**
 * What `awsCredentialsProvider` returns: a function that any AWS SDK v3 client takes as `credentials`, and the
 * methods of every credex provider.
 */
export interface AwsCredentialsProvider extends CredentialProvider<AwsCredentials, AwsRequest> {
  (identityProperties?: Readonly<Record<string, unknown>>): Promise<AwsCredentials>;
  /** Tells the SDK that nothing need be cached above this. The SDK assigns to it. */
  memoized: boolean;
}
