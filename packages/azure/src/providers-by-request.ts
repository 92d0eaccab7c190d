/**
 * One core provider per tenant, resource and `enableCae`, over one cache. An Azure client passes its scopes in every
 * call, and core is fastest when it is called without an argument.
 */

import type { CredentialProviderOptions, DriverProvider, Exchanger } from '@credex/core/internal';
import { createCredentialProvider, ownCopy } from '@credex/core/internal';
import type { PartialAzureRequest } from './request.js';
import { azureRequest } from './request.js';
import { azureCredentialsOf } from './parse-entra-response.js';
import type { AzureConfiguration, AzureCredentials, AzureRequest } from './types.js';

type AzureExchanger = Exchanger<AzureCredentials, AzureRequest>;
type Provider = DriverProvider<AzureCredentials, AzureRequest>;

export interface ProvidersByRequest {
  /** The provider for this request. Claims are passed with the call instead. */
  forRequest(request: AzureRequest): Provider;
  /**
   * The provider for the arguments of an Azure client. Arguments that were seen before are not validated again.
   * @throws FederationError `invalid_request`
   */
  forCall(call: PartialAzureRequest): Provider;
  all(): Iterable<Provider>;
}

/** The same as core's limit of remembered keys per provider. The credentials are in the cache, not here. */
const MAX_PROVIDERS = 1_024;

export function providersByRequest(
  configuration: AzureConfiguration,
  exchanger: AzureExchanger,
  options: CredentialProviderOptions,
): ProvidersByRequest {
  const providers = new Map<string, Provider>();
  /** The most recent request and its provider. */
  let last: { scope: string; tenantId: unknown; enableCae: unknown; provider: Provider } | undefined;

  function forRequest({ tenantId, enableCae, scopes }: AzureRequest): Provider {
    const key = keyOf(tenantId, enableCae, scopes.join(' '));
    const existing = providers.get(key);
    if (existing !== undefined) return existing;
    const created = createCredentialProvider(
      boundTo(exchanger, { tenantId, enableCae, scopes }),
      options,
      azureCredentialsOf,
    );
    keep(key, created);
    return created;
  }

  function keep(key: string, provider: Provider): void {
    if (providers.size >= MAX_PROVIDERS) {
      providers.delete(providers.keys().next().value as string);
      // `last` may be the provider that was removed, and `all` must include every provider that is in use.
      last = undefined;
    }
    providers.set(key, provider);
  }

  return {
    forRequest,
    forCall(call) {
      const scope = singleScope(call.scopes);
      // An Azure client repeats the same request: this path builds no key.
      if (
        last !== undefined &&
        scope === last.scope &&
        call.tenantId === last.tenantId &&
        call.enableCae === last.enableCae
      )
        return last.provider;
      const provider = findOrCreate(call);
      if (scope !== undefined) last = { scope, tenantId: call.tenantId, enableCae: call.enableCae, provider };
      return provider;
    },
    all: () => new Set(providers.values()),
  };

  function findOrCreate(call: PartialAzureRequest): Provider {
    const key = usualKey(call);
    const existing = key === undefined ? undefined : providers.get(key);
    if (existing !== undefined) return existing;
    const provider = forRequest(azureRequest(configuration, call));
    if (key !== undefined && !providers.has(key)) keep(key, provider);
    return provider;
  }
}

function singleScope(scopes: PartialAzureRequest['scopes']): string | undefined {
  if (typeof scopes === 'string') return scopes;
  return Array.isArray(scopes) && scopes.length === 1 && typeof scopes[0] === 'string'
    ? scopes[0]
    : undefined;
}

/** The key of a request in its usual form. `azureRequest` validates a request before its key is stored. */
function usualKey({ tenantId = '', enableCae = false, scopes }: PartialAzureRequest): string | undefined {
  const scope = singleScope(scopes);
  if (scope === undefined || typeof tenantId !== 'string' || typeof enableCae !== 'boolean') return undefined;
  return keyOf(tenantId, enableCae, scope);
}

/** A valid tenant or scope contains no line break, so different requests have different keys. */
function keyOf(tenantId: string, enableCae: boolean, scope: string): string {
  return `${tenantId}\n${enableCae}\n${scope}`;
}

/** The exchanger for one request. Core passes at most the claims of a call. */
function boundTo(exchanger: AzureExchanger, request: AzureRequest): AzureExchanger {
  return {
    ...exchanger,
    cacheKeyFields: () => exchanger.cacheKeyFields(request),
    exchange: (call, context) => exchanger.exchange(ownCopy({ ...request, ...call }), context),
  };
}
