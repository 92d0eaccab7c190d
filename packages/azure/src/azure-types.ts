/** What the parts of this room hand each other. Types only. */

import type { Credential, Fetch } from '@credex/core';
import type { Exchanger } from '@credex/core/driver';

/** An Entra access token. An `AccessToken` of `@azure/core-auth` as it is: a plain object of the caller's own. */
export interface AzureCredentials extends Credential {
  /** The access token, for `authorization: Bearer …`. */
  readonly token: string;
  /** The same moment as `expiresAt`, by the name that the Azure SDKs use. Epoch milliseconds. */
  readonly expiresOnTimestamp: number;
  /** When Entra would like it to be refreshed, where Entra said so. Epoch milliseconds. */
  readonly refreshAfterTimestamp?: number;
}

/** What one call may ask for beyond the options. */
export interface AzureRequest {
  /** Scopes of one resource: `https://vault.azure.net/.default`. */
  readonly scopes: readonly string[];
  /** Another tenant than the configured one, where `additionallyAllowedTenants` names it. */
  readonly tenantId: string;
  /** Ask for a token of continuous access evaluation: it lives longer and may be challenged. */
  readonly enableCae: boolean;
  /** The claims of a challenge, as JSON text. Never answered from the cache; the answer is kept. */
  readonly claims?: string | undefined;
}

/** The options of a provider, asserted and with their defaults: what an exchanger is made with. */
export interface AzureConfiguration {
  readonly tenantId: string;
  readonly clientId: string;
  /** An origin without a slash at its end, such as `https://login.microsoftonline.com`. */
  readonly authorityHost: string;
  readonly scopes: readonly string[];
  readonly additionallyAllowedTenants: '*' | readonly string[];
  /** The user's own fetch; `undefined` where none was given. */
  readonly fetch: Fetch | undefined;
  /** Epoch milliseconds. */
  now(): number;
}

/** Makes the exchanger of one provider. `azureIdentityExchanger()` of `@credex/azure/identity` returns one. */
export type AzureExchangerFactory = (
  configuration: AzureConfiguration,
) => Exchanger<AzureCredentials, AzureRequest>;
