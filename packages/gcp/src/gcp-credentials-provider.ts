/** `gcpCredentialsProvider`: Google Cloud credentials for code on Vercel. */

import type { CredentialCall, CredentialStatus } from '@credex/core';
import {
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
import type { GcpCredentialsProviderOptions } from './options.js';
import { gcpConfiguration, gcpOptions, normalScopes } from './options.js';
import { providerAudience } from './names.js';
import { gcpCredentialsOf } from './parse-token-response.js';
import type { GcpConfiguration, GcpCredentials, GcpCredentialsProvider, GcpRequest } from './types.js';

const CALL_NAMES: readonly string[] = optionNames<CredentialCall<GcpRequest>>({
  signal: true,
  forceRefresh: true,
  minValidityMs: true,
  request: true,
});

/**
 * Google Cloud credentials for code on Vercel, by workload identity federation. The Vercel token is exchanged at
 * Google's STS (RFC 8693) for a federated token and, with `serviceAccountEmail`, for a token of that service account.
 * Nothing is read or sent before the first call.
 *
 * For the clients of @google-cloud/* and googleapis, use `googleAuthClient` from `@credex/gcp/google-auth-library`.
 *
 * @example
 * const provider = gcpCredentialsProvider({
 *   projectNumber: '123456789012',
 *   workloadIdentityPoolId: 'vercel',
 *   workloadIdentityPoolProviderId: 'vercel',
 *   serviceAccountEmail: 'app@my-project.iam.gserviceaccount.com',
 * });
 * const { accessToken } = await provider.getCredentials();
 * @throws OptionError with the option and its environment variable
 */
export function gcpCredentialsProvider(given: GcpCredentialsProviderOptions = {}): GcpCredentialsProvider {
  const options = gcpOptions(given);
  const configuration = gcpConfiguration(options);
  const factory = optionalFunction({ option: 'exchanger' }, options.exchanger) ?? directExchanger;
  const provider = createCredentialProvider(
    factory(configuration),
    {
      ...providerOptions(options, vercelPlatform, `https:${providerAudience(configuration)}`),
      lifetimeMs: options.lifetimeSeconds === undefined ? undefined : options.lifetimeSeconds * 1_000,
    },
    gcpCredentialsOf,
  );
  // A call without an argument is core's fastest path to a cached credential.
  const getCredentials = (call?: CredentialCall<GcpRequest>): Promise<GcpCredentials> =>
    call === undefined ? provider.getCredentials() : getForCall(call);
  const getForCall = async (given: CredentialCall<GcpRequest>): Promise<GcpCredentials> => {
    const call = ownMembers('getCredentials', given, CALL_NAMES, 'call');
    return await provider.getCredentials(
      Object.assign(call, { request: requestOf(configuration, call.request) }),
    );
  };

  return {
    getCredentials,
    invalidate: (which) => provider.invalidate(which),
    status: (call): CredentialStatus =>
      provider.status({ request: requestOf(configuration, ownCopy(call ?? {}).request) }),
    async getAccessToken() {
      const { accessToken, expiresAt } = await getCredentials();
      const left = expiresAt - configuration.clock.now();
      return { access_token: accessToken, expires_in: Math.max(0, Math.floor(left / 1_000)) };
    },
  };
}

/** Normalises the scopes, so that another order shares the exchange, and omits them if they are the configured ones. */
function requestOf(
  configuration: GcpConfiguration,
  request: Partial<GcpRequest> | undefined,
): Partial<GcpRequest> | undefined {
  const scopes = normalScopes(ownCopy(request ?? {}).scopes);
  return scopes === undefined || scopes.join(' ') === configuration.scopes.join(' ') ? undefined : { scopes };
}

const rememberedProvider = rememberProviders(gcpCredentialsProvider);

/**
 * Returns a credential from the process-wide cache, so that it can be called for each request without an exchange.
 *
 * @example
 * const { accessToken } = await getGcpCredentials({ scopes: 'https://www.googleapis.com/auth/bigquery' });
 * @throws OptionError, FederationError
 */
export async function getGcpCredentials(
  options: GcpCredentialsProviderOptions = {},
  call?: CredentialCall<GcpRequest>,
): Promise<GcpCredentials> {
  return await rememberedProvider(options).getCredentials(call);
}
