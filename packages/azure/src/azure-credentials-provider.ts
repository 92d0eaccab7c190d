/** `azureCredentialsProvider`: Azure credentials for code on Vercel, as a TokenCredential. */

import type { CredentialCall } from '@credex/core';
import {
  optionNames,
  optionalFunction,
  ownCopy,
  ownMembers,
  providerOptions,
  rememberProviders,
} from '@credex/core/internal';
import { vercelInvocation, vercelTokenSource } from '@credex/vercel/driver';
import { directExchanger } from './direct-exchange.js';
import type { AzureCredentialsProviderOptions } from './options.js';
import { azureConfiguration, azureOptions } from './options.js';
import { providersByRequest } from './providers-by-request.js';
import { azureRequest, callerSignal, invalidRequest } from './request.js';
import type { AzureCredentials, AzureCredentialsProvider, AzureRequest, AzureTokenOptions } from './types.js';

const CALL_NAMES: readonly string[] = optionNames<CredentialCall<AzureRequest>>({
  signal: true,
  forceRefresh: true,
  minValidityMs: true,
  request: true,
});

/**
 * Exchanges the Vercel OIDC token for access tokens of an Entra application or managed identity that has a
 * federated credential for it. Nothing is read or sent before the first call.
 *
 * @example
 * import { BlobServiceClient } from '@azure/storage-blob';
 * import { azureCredentialsProvider } from '@credex/azure';
 *
 * // AZURE_TENANT_ID and AZURE_CLIENT_ID are set, or `tenantId` and `clientId` are passed
 * const blobs = new BlobServiceClient('https://account.blob.core.windows.net', azureCredentialsProvider());
 *
 * @throws OptionError if an option is missing or malformed, or if it would send the token to an unsafe host
 */
export function azureCredentialsProvider(
  given: AzureCredentialsProviderOptions = {},
): AzureCredentialsProvider {
  const options = azureOptions(given);
  const configuration = azureConfiguration(options);
  const factory = optionalFunction({ option: 'exchanger' }, options.exchanger) ?? directExchanger;
  const providers = providersByRequest(
    configuration,
    factory(configuration),
    providerOptions(options, { source: () => vercelTokenSource(), invocation: vercelInvocation }),
  );
  const defaultProvider = providers.forRequest(azureRequest(configuration));

  /** Core is called without an `await` before it, so that the subject token is read from the caller's own request. */
  function getFrom(
    provider: typeof defaultProvider,
    { signal, forceRefresh, minValidityMs, claims }: CallOptions,
  ): AzureCredentials | Promise<AzureCredentials> {
    // A call without an argument is core's fastest path to a cached credential.
    if (claims === undefined && signal === undefined && minValidityMs === undefined && forceRefresh !== true)
      return provider.ask();
    // The cached token caused the challenge, so it is skipped.
    const challenge = claims === undefined ? undefined : { request: { claims }, skipHeld: true };
    return provider.ask({ signal, forceRefresh, minValidityMs, ...challenge });
  }

  return {
    async getCredentials(givenCall) {
      if (givenCall === undefined) {
        const credentials = defaultProvider.ask();
        // Awaited here so that an error's stack includes the caller.
        return credentials instanceof Promise ? await credentials : credentials;
      }
      const call = ownMembers<CredentialCall<AzureRequest>>('getCredentials', givenCall, CALL_NAMES, 'call');
      if (call.request === undefined) {
        const credentials = getFrom(defaultProvider, call);
        return credentials instanceof Promise ? await credentials : credentials;
      }
      const request = azureRequest(configuration, call.request);
      return await getFrom(providers.forRequest(request), Object.assign(call, { claims: request.claims }));
    },
    invalidate(which) {
      // Any provider finds a given credential in the cache. A predicate applies to each provider's own credentials.
      for (const provider of typeof which === 'object' ? [defaultProvider] : providers.all())
        provider.invalidate(which);
    },
    status: (call) => providers.forRequest(azureRequest(configuration, ownCopy(call ?? {}).request)).status(),
    async getToken(scopes, given) {
      const tokenOptions = given === undefined ? NO_OPTIONS : ownCopy(given);
      const { claims, enableCae, tenantId } = tokenOptions;
      if (tokenOptions.proofOfPossessionOptions !== undefined)
        throw invalidRequest('Only bearer tokens are issued. Remove `proofOfPossessionOptions`.');
      const provider =
        claims === undefined
          ? providers.forCall({ scopes, enableCae, tenantId })
          : providers.forRequest(azureRequest(configuration, { scopes, enableCae, tenantId, claims }));
      const { abortSignal, requestOptions } = tokenOptions;
      const timeoutMs = requestOptions === undefined ? undefined : ownCopy(requestOptions).timeout;
      const { signal, release } = callerSignal(abortSignal, timeoutMs);
      if (signal === undefined) {
        const credentials = getFrom(provider, { ...NO_CALL_OPTIONS, claims });
        // Awaited here so that an error's stack includes the caller.
        return credentials instanceof Promise ? await credentials : credentials;
      }
      try {
        return await getFrom(provider, { ...NO_CALL_OPTIONS, signal, claims });
      } finally {
        release();
      }
    },
  };
}

const NO_OPTIONS: AzureTokenOptions = Object.freeze(ownCopy({}));

/** Each member is an own one, so that none is inherited. */
const NO_CALL_OPTIONS: CallOptions = {
  signal: undefined,
  forceRefresh: undefined,
  minValidityMs: undefined,
  claims: undefined,
};

/** The options of a call, apart from its request. */
interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly forceRefresh?: boolean | undefined;
  readonly minValidityMs?: number | undefined;
  readonly claims?: string | undefined;
}

const rememberedProvider = rememberProviders(azureCredentialsProvider);

/**
 * Returns an access token, cached for the process. The token is for Azure Resource Manager unless `scopes` names
 * another resource.
 *
 * @example
 * const { token } = await getAzureCredentials({ scopes: 'https://vault.azure.net/.default' });
 *
 * @throws OptionError for an invalid option, FederationError if no token could be obtained
 */
export async function getAzureCredentials(
  options: AzureCredentialsProviderOptions = {},
  call?: CredentialCall<AzureRequest>,
): Promise<AzureCredentials> {
  return await rememberedProvider(options).getCredentials(call);
}
