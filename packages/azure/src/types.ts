/** The public types, apart from the options. */

import type { Credential, CredentialProvider, Fetch } from '@credex/core';
import type { Exchanger } from '@credex/core/driver';

/** An Entra access token: an `AccessToken` of `@azure/core-auth`. Each caller receives its own plain object. */
export interface AzureCredentials extends Credential {
  /** The access token, for `authorization: Bearer …`. */
  readonly token: string;
  /** The same time as `expiresAt`, under the name that the Azure SDKs use. Epoch milliseconds. */
  readonly expiresOnTimestamp: number;
  /** The time from which Entra advises a refresh (`refresh_in`), if Entra sent one. Epoch milliseconds. */
  readonly refreshAfterTimestamp?: number;
}

/** The request of one call. */
export interface AzureRequest {
  /** Scopes of one resource: `https://vault.azure.net/.default`. */
  readonly scopes: readonly string[];
  /** The tenant: the configured one, or one that `additionallyAllowedTenants` allows. */
  readonly tenantId: string;
  /** Request a token for continuous access evaluation: it is valid for longer and may be challenged. */
  readonly enableCae: boolean;
  /** The claims of a challenge, as JSON text. A new token is always requested, and it is then cached. */
  readonly claims?: string | undefined;
}

/** The validated options of a provider, with defaults. The `exchanger` factory receives them. */
export interface AzureConfiguration {
  readonly tenantId: string;
  readonly clientId: string;
  /** An origin without a trailing slash, such as `https://login.microsoftonline.com`. */
  readonly authorityHost: string;
  readonly scopes: readonly string[];
  readonly additionallyAllowedTenants: '*' | readonly string[];
  /** The option `fetch`; `undefined` if it was not given. */
  readonly fetch: Fetch | undefined;
  /** Epoch milliseconds. */
  now(): number;
}

/** Creates the exchanger of one provider. `azureIdentityExchanger()` from `@credex/azure/identity` returns such a factory. */
export type AzureExchangerFactory = (
  configuration: AzureConfiguration,
) => Exchanger<AzureCredentials, AzureRequest>;

/** The `GetTokenOptions` of `@azure/core-auth` that apply to an application's token. */
export interface AzureTokenOptions {
  /** Aborts this call only. Other callers that wait for the same token continue to wait. */
  readonly abortSignal?: AzureAbortSignal | undefined;
  /** `timeout`: the maximum time that this call waits, in milliseconds. */
  readonly requestOptions?: { readonly timeout?: number | undefined } | undefined;
  /** The claims of a challenge. A new token is requested and replaces the cached one. */
  readonly claims?: string | undefined;
  /** Request a token for continuous access evaluation (CAE). The Azure SDKs set it. */
  readonly enableCae?: boolean | undefined;
  /** A tenant of `additionallyAllowedTenants`. */
  readonly tenantId?: string | undefined;
  /** Not supported: a call with it throws `invalid_request`, because only bearer tokens are issued. */
  readonly proofOfPossessionOptions?: object | undefined;
  readonly tracingOptions?: object | undefined;
}

/** A TokenCredential for any Azure client, with the methods of every credex provider attached. */
export interface AzureCredentialsProvider extends CredentialProvider<AzureCredentials, AzureRequest> {
  /**
   * Called by Azure clients. Tokens are cached per tenant, resource and `enableCae`; concurrent callers share one
   * exchange.
   * @throws FederationError
   */
  getToken(scopes: string | string[], options?: AzureTokenOptions): Promise<AzureCredentials>;
}

/** `AbortSignalLike` of `@azure/abort-controller`; an AbortSignal is one. */
export interface AzureAbortSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}
