import type { CredentialCall, CredentialProvider, CredentialStatus } from '@credex/core';
import {
  SHARED_OPTION_NAMES,
  createCredentialProvider,
  optionNames,
  optionalFunction,
  ownCopy,
  ownMembers,
  ownOptions,
  providerOptions,
} from '@credex/core/driver';
import { vercelInvocation, vercelTokenSource } from '@credex/vercel/driver';
import { directExchanger } from './direct-exchange.js';
import type { GcpCredentials, GcpExchangerFactory, GcpRequest } from './gcp-exchanger.js';
import { gcpCredentialsOf } from './gcp-exchanger.js';
import type { GcpConfiguration, GcpOptions } from './gcp-options.js';
import { GCP_OPTION_NAMES, gcpConfiguration, normalScopes } from './gcp-options.js';

export interface GcpCredentialsProviderOptions extends GcpOptions {
  /**
   * How the exchange is made. Default: by requests of our own, the same as google-auth-library's.
   * `googleAuthLibraryExchanger` of `@credex/gcp/google-auth-library` makes it by that package, with a transporter
   * of your own if you like.
   */
  readonly exchanger?: GcpExchangerFactory | undefined;
}

/** Google Cloud credentials, held and refreshed for the process. */
export interface GcpCredentialsProvider extends CredentialProvider<GcpCredentials, GcpRequest> {
  /**
   * The shape of firebase-admin's `Credential`: `initializeApp({ credential: gcpCredentialsProvider(options) })`.
   * `expires_in` is in seconds.
   */
  getAccessToken(): Promise<{ access_token: string; expires_in: number }>;
}

const OPTION_NAMES: readonly string[] = [
  ...SHARED_OPTION_NAMES,
  ...GCP_OPTION_NAMES,
  ...optionNames<Omit<GcpCredentialsProviderOptions, keyof GcpOptions>>({ exchanger: true }),
];

const CALL_NAMES: readonly string[] = optionNames<CredentialCall<GcpRequest>>({
  signal: true,
  forceRefresh: true,
  request: true,
});

/**
 * Google Cloud credentials for code on Vercel, by workload identity federation: the Vercel token is exchanged
 * at Google's STS (RFC 8693) and, with `serviceAccountEmail`, for a token of that service account. Nothing is
 * read or sent before the first call.
 *
 * For clients of @google-cloud/* and googleapis take `googleAuthClient` of `@credex/gcp/google-auth-library`.
 *
 * @example
 * const provider = gcpCredentialsProvider({
 *   projectNumber: '123456789012',
 *   workloadIdentityPoolId: 'vercel',
 *   workloadIdentityPoolProviderId: 'vercel',
 *   serviceAccountEmail: 'app@my-project.iam.gserviceaccount.com',
 * });
 * const { accessToken } = await provider.getCredentials();
 * @throws OptionError names the option and its environment variable
 */
export function gcpCredentialsProvider(given: GcpCredentialsProviderOptions = {}): GcpCredentialsProvider {
  const options = ownOptions('gcpCredentialsProvider', given, OPTION_NAMES);
  const configuration = gcpConfiguration(options);
  const factory = optionalFunction({ option: 'exchanger' }, options.exchanger) ?? directExchanger;
  const provider = createCredentialProvider(
    factory(configuration),
    {
      ...providerOptions(options, { source: () => vercelTokenSource(), invocation: vercelInvocation }),
      lifetimeMs: options.lifetimeSeconds === undefined ? undefined : options.lifetimeSeconds * 1_000,
    },
    gcpCredentialsOf,
  );
  // Without an argument core answers from the cache by its shortest path.
  const getCredentials = (call?: CredentialCall<GcpRequest>): Promise<GcpCredentials> =>
    call === undefined ? provider.getCredentials() : asked(call);
  const asked = async (given: CredentialCall<GcpRequest>): Promise<GcpCredentials> => {
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

/** Normalised here, so that the same scopes in another order join the same exchange; the usual ones are left out. */
function requestOf(
  configuration: GcpConfiguration,
  request: Partial<GcpRequest> | undefined,
): Partial<GcpRequest> | undefined {
  const scopes = normalScopes(ownCopy(request ?? {}).scopes);
  return scopes === undefined || scopes.join(' ') === configuration.scopes.join(' ') ? undefined : { scopes };
}

/**
 * One credential, from the process-wide cache: calling it for each request costs no exchange.
 *
 * @example
 * const { accessToken } = await getGcpCredentials({ scopes: 'https://www.googleapis.com/auth/bigquery' });
 * @throws OptionError, FederationError
 */
export async function getGcpCredentials(
  options: GcpCredentialsProviderOptions = {},
  call?: CredentialCall<GcpRequest>,
): Promise<GcpCredentials> {
  return await gcpCredentialsProvider(options).getCredentials(call);
}
