/**
 * One core provider for each tenant, resource and kind of token, over one cache. Core's shortest way to what is
 * held is a call without an argument, and an Azure client names its scopes in every call.
 */

import type { CredentialProviderOptions, DriverProvider, Exchanger } from '@credex/core/driver';
import { createCredentialProvider, ownCopy } from '@credex/core/driver';
import type { AskedRequest } from './azure-request.js';
import { azureRequest } from './azure-request.js';
import { azureCredentialsOf } from './parse-entra-response.js';
import type { AzureConfiguration, AzureCredentials, AzureRequest } from './azure-types.js';

type AzureExchanger = Exchanger<AzureCredentials, AzureRequest>;
type Provider = DriverProvider<AzureCredentials, AzureRequest>;

export interface ProvidersByRequest {
  /** The provider of this very wish; claims are left to the call. */
  of(request: AzureRequest): Provider;
  /**
   * The same for what an Azure client asked, without reading it again where it was read before.
   * @throws FederationError `invalid_request`
   */
  asked(asked: AskedRequest): Provider;
  all(): Iterable<Provider>;
}

/** As many as core remembers keys for a provider. The credentials are in the cache, not in here. */
const MAX_PROVIDERS = 1_024;

export function providersByRequest(
  configuration: AzureConfiguration,
  exchanger: AzureExchanger,
  options: CredentialProviderOptions,
): ProvidersByRequest {
  const providers = new Map<string, Provider>();
  /** What was asked for last. */
  let last: { scope: string; tenantId: unknown; enableCae: unknown; provider: Provider } | undefined;

  function of({ tenantId, enableCae, scopes }: AzureRequest): Provider {
    const name = nameOf(tenantId, enableCae, scopes.join(' '));
    const held = providers.get(name);
    if (held !== undefined) return held;
    const made = createCredentialProvider(
      boundTo(exchanger, { tenantId, enableCae, scopes }),
      options,
      azureCredentialsOf,
    );
    keep(name, made);
    return made;
  }

  function keep(name: string, provider: Provider): void {
    if (providers.size >= MAX_PROVIDERS) {
      providers.delete(providers.keys().next().value as string);
      // It may be the one that went: what is handed out is among `all`.
      last = undefined;
    }
    providers.set(name, provider);
  }

  return {
    of,
    asked(asked) {
      const scope = plainScope(asked.scopes);
      // An Azure client asks for the same again and again: no name is put together for that.
      if (
        last !== undefined &&
        scope === last.scope &&
        asked.tenantId === last.tenantId &&
        asked.enableCae === last.enableCae
      )
        return last.provider;
      const provider = lookedUp(asked);
      if (scope !== undefined)
        last = { scope, tenantId: asked.tenantId, enableCae: asked.enableCae, provider };
      return provider;
    },
    all: () => new Set(providers.values()),
  };

  function lookedUp(asked: AskedRequest): Provider {
    const name = plainName(asked);
    const held = name === undefined ? undefined : providers.get(name);
    if (held !== undefined) return held;
    const provider = of(azureRequest(configuration, asked));
    if (name !== undefined && !providers.has(name)) keep(name, provider);
    return provider;
  }
}

function plainScope(scopes: AskedRequest['scopes']): string | undefined {
  if (typeof scopes === 'string') return scopes;
  return Array.isArray(scopes) && scopes.length === 1 && typeof scopes[0] === 'string'
    ? scopes[0]
    : undefined;
}

/** The name of what is written as it is most often; nothing here is trusted until `azureRequest` has read it once. */
function plainName({ tenantId = '', enableCae = false, scopes }: AskedRequest): string | undefined {
  const scope = plainScope(scopes);
  if (scope === undefined || typeof tenantId !== 'string' || typeof enableCae !== 'boolean') return undefined;
  return nameOf(tenantId, enableCae, scope);
}

/** No tenant or scope that was let in holds a line break: no two wishes have one name. */
function nameOf(tenantId: string, enableCae: boolean, scope: string): string {
  return `${tenantId}\n${enableCae}\n${scope}`;
}

/** What core hands on is at most the claims of one call. */
function boundTo(exchanger: AzureExchanger, wish: AzureRequest): AzureExchanger {
  return {
    ...exchanger,
    target: () => exchanger.target(wish),
    exchange: (asked, context) => exchanger.exchange(ownCopy({ ...wish, ...asked }), context),
  };
}
