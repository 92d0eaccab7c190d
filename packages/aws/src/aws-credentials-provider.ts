/** `awsCredentialsProvider`: AWS credentials for code on Vercel. */

import type { CredentialCall } from '@credex/core';
import type { DriverCall } from '@credex/core/internal';
import {
  OwnCall,
  createCredentialProvider,
  optionNames,
  optionalFunction,
  ownCopy,
  ownMembers,
  providerOptions,
  rememberProviders,
} from '@credex/core/internal';
import { vercelPlatform } from '@credex/vercel/driver';
import { directExchanger } from './direct-exchange.js';
import type { AwsCredentialsProviderOptions } from './options.js';
import { awsConfiguration, awsOptions } from './options.js';
import { awsCredentialsOf } from './parse-sts-response.js';
import { callingClientRegion, partitionNamed, regionInEffect, requestedRegion } from './region.js';
import { chainExchanger, givenHops } from './aws-exchanger.js';
import type { AwsCredentials, AwsCredentialsProvider, AwsRequest } from './types.js';

/**
 * A client forces a refresh as soon as less than five minutes of a credential are left, so a short credential would cost
 * an exchange for each of its calls. Within this time of an exchange its `forceRefresh` is ignored.
 */
const CLIENT_FORCES_AFTER_MS = 60_000;

const PLAIN: CredentialCall<AwsRequest> = Object.freeze(ownCopy({}));
const FORCED: CredentialCall<AwsRequest> = Object.freeze(ownCopy({ forceRefresh: true }));

const noRegion = (): Promise<undefined> => Promise.resolve(undefined);

/** What a call may name, and what a client's own call may. */
const CALL_NAMES: readonly string[] = optionNames<CredentialCall<AwsRequest>>({
  signal: true,
  forceRefresh: true,
  minValidityMs: true,
  request: true,
});

/**
 * Credentials of an AWS role for code on Vercel: the deployment's OIDC token is exchanged at STS
 * (AssumeRoleWithWebIdentity), and the credential is cached and shared by all providers with equal options.
 *
 * The token goes to the token service of the calling client's region; else that of `region`, `AWS_REGION` or
 * `AWS_DEFAULT_REGION`; else that of the default region of the role's partition, which a `warning` event tells.
 *
 * @example
 * import { S3Client } from '@aws-sdk/client-s3';
 * import { awsCredentialsProvider } from '@credex/aws';
 *
 * const s3 = new S3Client({
 *   region: 'eu-west-1',
 *   credentials: awsCredentialsProvider({ roleArn: 'arn:aws:iam::123456789012:role/my-function' }),
 * });
 *
 * @throws OptionError at once, for an option that is missing, malformed, unknown or in conflict with another. From
 *   a call: `missing_package`, and `conflicting_options` where the region in effect is of another partition.
 * @throws FederationError from a call, where no credential could be had.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export function awsCredentialsProvider(given: AwsCredentialsProviderOptions = {}): AwsCredentialsProvider {
  const options = awsOptions(given);
  const configuration = awsConfiguration(options);
  const factory = optionalFunction({ option: 'exchanger' }, options.exchanger);
  const base = (factory ?? directExchanger)(configuration);
  const shared = providerOptions(options, vercelPlatform, 'sts.amazonaws.com');
  const hops = options.assumeRole === undefined ? undefined : givenHops(options.assumeRole);
  const exchanger = hops ? chainExchanger({ base, factory, configuration, hops, options: shared }) : base;
  const { durationSeconds } = hops?.at(-1) ?? configuration;
  const provider = createCredentialProvider(
    exchanger,
    // Anything but a number is refused with the first exchange.
    { ...shared, lifetimeMs: typeof durationSeconds === 'number' ? durationSeconds * 1000 : undefined },
    awsCredentialsOf,
  );
  const { partition } = configuration;

  /** The region is looked for on a miss only, after the caller's identity is captured. */
  async function lateRequest(
    callersRegion: () => Promise<string | undefined>,
    warn: (message: string) => void,
  ): Promise<AwsRequest> {
    if (factory?.ownRegion === true) return { region: partitionNamed(partition).defaultRegion };
    return { region: regionInEffect(configuration, await callersRegion(), warn) };
  }

  function askedFor(asked: CredentialCall<AwsRequest>): OwnCall<AwsRequest> {
    const call = ownMembers<DriverCall<AwsRequest>>('getCredentials', asked, CALL_NAMES, 'call');
    const request = call.request === undefined ? undefined : ownCopy(call.request);
    const region = requestedRegion(request?.region, partition);
    return driverCall(call, () => Promise.resolve(region));
  }

  function driverCall(
    { signal, forceRefresh, minValidityMs, limitMinValidity }: DriverCall<AwsRequest>,
    callersRegion: () => Promise<string | undefined>,
    forceRefreshAfterMs?: number,
  ): OwnCall<AwsRequest> {
    const late = (warn: (message: string) => void): Promise<AwsRequest> => lateRequest(callersRegion, warn);
    return new OwnCall(signal, forceRefresh, late, minValidityMs, forceRefreshAfterMs, limitMinValidity);
  }

  const plainCall = driverCall(PLAIN, noRegion);
  /** The configuration of the last client that called, and its call: a client passes the same one each time. */
  let last: { readonly client: unknown; readonly call: OwnCall<AwsRequest> } | undefined;

  function clientCall(given: Readonly<Record<string, unknown>>): OwnCall<AwsRequest> {
    // A client of the SDK passes its own object: what that object inherits is not meant for this provider.
    const client = Object.hasOwn(given, 'callerClientConfig') ? given['callerClientConfig'] : undefined;
    const isForced = Object.hasOwn(given, 'forceRefresh') && given['forceRefresh'] === true;
    if (!isForced && last !== undefined && last.client === client) return last.call;
    const region = (): Promise<string | undefined> => callingClientRegion({ callerClientConfig: client });
    const call = driverCall(isForced ? FORCED : PLAIN, region, CLIENT_FORCES_AFTER_MS);
    if (!isForced) last = { client, call };
    return call;
  }

  return Object.assign(
    async (given?: Readonly<Record<string, unknown>>) => {
      // What is cached comes without a promise.
      const credentials = provider.ask(given === undefined ? plainCall : clientCall(given));
      // Awaited here, so that an error's stack leads to the caller.
      return credentials instanceof Promise ? await credentials : credentials;
    },
    {
      memoized: true,
      async getCredentials(asked?: CredentialCall<AwsRequest>): Promise<AwsCredentials> {
        const credentials = provider.ask(asked === undefined ? plainCall : askedFor(asked));
        return credentials instanceof Promise ? await credentials : credentials;
      },
      invalidate: provider.invalidate,
      status: provider.status,
    },
  );
}

const rememberedProvider = rememberProviders(awsCredentialsProvider);

/**
 * A credential at once, for code that needs the keys themselves. Providers need not be kept: each call shares
 * the process-wide cache, unless `cache` is given.
 *
 * @example
 * const { accessKeyId, secretAccessKey, sessionToken } = await getAwsCredentials({ roleArn });
 *
 * @throws OptionError, FederationError as `awsCredentialsProvider` does; always as a rejection.
 */
export async function getAwsCredentials(
  options: AwsCredentialsProviderOptions = {},
  call?: CredentialCall<AwsRequest>,
): Promise<AwsCredentials> {
  return await rememberedProvider(options).getCredentials(call);
}
