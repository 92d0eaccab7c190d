/** `azureCredentialsProvider`: Azure credentials for code on Vercel, as a TokenCredential. */

import type { CredentialCall } from '@credex/core';
import type { DriverProvider } from '@credex/core/internal';
import {
  OptionError,
  createCredentialProvider,
  optionNames,
  optionalFunction,
  ownCopy,
  ownMembers,
  providerOptions,
  rememberProviders,
} from '@credex/core/internal';
import { vercelPlatform } from '@credex/vercel/driver';
import { defaultAudience } from './authority.js';
import { directExchanger } from './direct-exchange.js';
import type { AzureCredentialsProviderOptions } from './options.js';
import { azureConfiguration, azureOptions } from './options.js';
import { azureCredentialsOf } from './parse-entra-response.js';
import type { PartialAzureRequest } from './request.js';
import { azureRequest, callerSignal } from './request.js';
import type {
  AzureConfiguration,
  AzureCredentials,
  AzureCredentialsProvider,
  AzureRequest,
  AzureTokenOptions,
} from './types.js';

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
  const provider = createCredentialProvider(
    factory(configuration),
    providerOptions(options, vercelPlatform, defaultAudience(configuration.authorityHost)),
    azureCredentialsOf,
  );
  const boundTo = boundProviders(provider, configuration);
  const defaultProvider = boundTo(ownCopy({}));

  /** Core is called without an `await` before it, so that the subject token is read from the caller's own request. */
  function getFrom(
    bound: Provider,
    { signal, forceRefresh, minValidityMs, claims }: CallOptions,
  ): AzureCredentials | Promise<AzureCredentials> {
    // A call without an argument is core's fastest path to a cached credential.
    if (claims === undefined && signal === undefined && minValidityMs === undefined && forceRefresh !== true)
      return bound.ask();
    // The cached token caused the challenge, so it is skipped.
    const challenge = claims === undefined ? undefined : { request: { claims }, skipCached: true };
    return bound.ask({ signal, forceRefresh, minValidityMs, ...challenge });
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
      const request = ownCopy<PartialAzureRequest>(call.request);
      let bound: Provider;
      try {
        Object.assign(call, { claims: azureRequest(configuration, request).claims });
        bound = boundTo(request);
      } catch (error) {
        throw await requestError(error);
      }
      return await getFrom(bound, call);
    },
    invalidate: (which) => provider.invalidate(which),
    status: (call) => provider.status({ request: azureRequest(configuration, ownCopy(call ?? {}).request) }),
    async getToken(scopes, given) {
      const tokenOptions = given === undefined ? NO_OPTIONS : ownCopy(given);
      const { claims, enableCae, tenantId } = tokenOptions;
      let bound: Provider;
      try {
        if (tokenOptions.proofOfPossessionOptions !== undefined) throw proofOfPossession();
        if (claims !== undefined) azureRequest(configuration, { claims });
        bound = boundTo({ scopes, enableCae, tenantId });
      } catch (error) {
        throw await requestError(error);
      }
      const { abortSignal, requestOptions } = tokenOptions;
      const timeoutMs = requestOptions === undefined ? undefined : ownCopy(requestOptions).timeout;
      const { signal, release } = callerSignal(abortSignal, timeoutMs);
      if (signal === undefined) {
        const credentials =
          claims === undefined ? bound.ask() : getFrom(bound, { ...NO_CALL_OPTIONS, claims });
        // Awaited here so that an error's stack includes the caller.
        return credentials instanceof Promise ? await credentials : credentials;
      }
      try {
        return await getFrom(bound, { ...NO_CALL_OPTIONS, signal, claims });
      } finally {
        release();
      }
    },
  };
}

type Provider = DriverProvider<AzureCredentials, AzureRequest>;

/** The caller is usually an Azure client: it receives one type of error, a FederationError `invalid_request`. */
async function requestError(error: unknown): Promise<unknown> {
  if (!OptionError.isInstance(error)) return error;
  const { invalidRequest } = await import('./classify-azure-error.js');
  return invalidRequest(error.message);
}

function proofOfPossession(): OptionError {
  const option = 'proofOfPossessionOptions';
  return new OptionError(
    'invalid_option',
    option,
    undefined,
    `Only bearer tokens are issued. Remove \`${option}\`.`,
  );
}

/** How many bound providers are remembered. They hold no credential, so that dropping them costs only time. */
const MAX_BOUND = 1_024;

/**
 * The provider for the request of a call, without its claims. An Azure client passes the same request in every call, so
 * that a request that was seen before is not validated again.
 */
function boundProviders(
  provider: Provider,
  configuration: AzureConfiguration,
): (call: PartialAzureRequest) => Provider {
  const known = new Map<string, Provider>();
  /** The most recent request: finding it builds no key. */
  let last: { scope: unknown; tenantId: unknown; enableCae: unknown; bound: Provider } | undefined;

  function find(call: PartialAzureRequest, scope: string | undefined): Provider {
    const key = scope === undefined ? undefined : keyOf(call, scope);
    const found = key === undefined ? undefined : known.get(key);
    if (found !== undefined) return found;
    const { scopes, tenantId, enableCae } = azureRequest(configuration, call);
    const normal = `${tenantId}\n${enableCae}\n${scopes.join(' ')}`;
    const bound = known.get(normal) ?? provider.bind({ scopes, tenantId, enableCae });
    if (known.size >= MAX_BOUND) known.clear();
    known.set(normal, bound);
    if (key !== undefined) known.set(key, bound);
    return bound;
  }

  return (call) => {
    const { scopes, tenantId, enableCae } = call;
    const scope = singleScope(scopes);
    if (
      scope !== undefined &&
      scope === last?.scope &&
      tenantId === last.tenantId &&
      enableCae === last.enableCae
    )
      return last.bound;
    const bound = find(call, scope);
    last = { scope, tenantId, enableCae, bound };
    return bound;
  };
}

function singleScope(scopes: PartialAzureRequest['scopes']): string | undefined {
  const scope: unknown = Array.isArray(scopes) && scopes.length === 1 ? scopes[0] : scopes;
  return typeof scope === 'string' ? scope : undefined;
}

/**
 * `undefined` for a request that must be checked each time. A valid tenant or scope has no line break, so different requests
 * have different keys.
 */
function keyOf({ tenantId, enableCae = false }: PartialAzureRequest, scope: string): string | undefined {
  const isPlain = tenantId === undefined || (typeof tenantId === 'string' && tenantId !== '');
  return isPlain && typeof enableCae === 'boolean' ? `${tenantId ?? ''}\n${enableCae}\n${scope}` : undefined;
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
