/** The user's factory: Azure credentials for code on Vercel, as a TokenCredential. */

import type { CredentialCall, CredentialProvider } from '@credex/core';
import { optionNames, optionalFunction, ownCopy, ownMembers, providerOptions } from '@credex/core/driver';
import { vercelInvocation, vercelTokenSource } from '@credex/vercel/driver';
import type { AzureCredentialsProviderOptions } from './azure-options.js';
import { azureConfiguration, azureOptions } from './azure-options.js';
import { azureRequest, invalidRequest } from './azure-request.js';
import type { AzureCredentials, AzureRequest } from './azure-types.js';
import type { AzureAbortSignal } from './caller-signal.js';
import { callerSignal } from './caller-signal.js';
import { directExchanger } from './direct-exchange.js';
import { providersByRequest } from './providers-by-request.js';

/** `GetTokenOptions` of `@azure/core-auth`, as far as an application's token goes. */
export interface AzureTokenOptions {
  /** Detaches this caller; others who wait for the same token go on. */
  readonly abortSignal?: AzureAbortSignal | undefined;
  /** `timeout`: how long this caller waits, in milliseconds. */
  readonly requestOptions?: { readonly timeout?: number | undefined } | undefined;
  /** The claims of a challenge: a held token is passed over, and the new one takes its place. */
  readonly claims?: string | undefined;
  /** Ask for a token of continuous access evaluation. The Azure SDKs do. */
  readonly enableCae?: boolean | undefined;
  /** A tenant of `additionallyAllowedTenants`. */
  readonly tenantId?: string | undefined;
  /** Refused: only bearer tokens are issued here. */
  readonly proofOfPossessionOptions?: object | undefined;
  readonly tracingOptions?: object | undefined;
}

/** A TokenCredential for any Azure client, with the methods of every credex provider attached. */
export interface AzureCredentialsProvider extends CredentialProvider<AzureCredentials, AzureRequest> {
  /**
   * What Azure clients call. Cached for each tenant, resource and `enableCae`; one exchange, however many ask.
   * @throws FederationError
   */
  getToken(scopes: string | string[], options?: AzureTokenOptions): Promise<AzureCredentials>;
}

const CALL_NAMES: readonly string[] = optionNames<CredentialCall<AzureRequest>>({
  signal: true,
  forceRefresh: true,
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
 * @throws OptionError where an option is missing, malformed, or would send the token elsewhere
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
  const usual = providers.of(azureRequest(configuration));

  /** Not one await before core is called: the subject is captured in the caller's own request. */
  function ask(
    provider: typeof usual,
    { signal, forceRefresh, claims }: How,
  ): AzureCredentials | Promise<AzureCredentials> {
    // Core's shortest way to what is cached is a call without an argument.
    if (claims === undefined && signal === undefined && forceRefresh !== true) return provider.ask();
    // The token that was challenged is no answer to the challenge.
    const challenge = claims === undefined ? undefined : { request: { claims }, skipHeld: true };
    return provider.ask({ signal, forceRefresh, ...challenge });
  }

  return {
    async getCredentials(asked) {
      if (asked === undefined) {
        const credentials = usual.ask();
        // Awaited here, so that an error's stack leads to the caller.
        return credentials instanceof Promise ? await credentials : credentials;
      }
      const call = ownMembers<CredentialCall<AzureRequest>>('getCredentials', asked, CALL_NAMES, 'call');
      if (call.request === undefined) {
        const credentials = ask(usual, call);
        return credentials instanceof Promise ? await credentials : credentials;
      }
      const request = azureRequest(configuration, call.request);
      return await ask(providers.of(request), Object.assign(call, { claims: request.claims }));
    },
    invalidate(which) {
      // A credential is found wherever it is; a rule is for those that this provider asked for.
      for (const provider of typeof which === 'object' ? [usual] : providers.all())
        provider.invalidate(which);
    },
    status: (call) => providers.of(azureRequest(configuration, ownCopy(call ?? {}).request)).status(),
    async getToken(scopes, given) {
      const asked = given === undefined ? NO_OPTIONS : ownCopy(given);
      const { claims, enableCae, tenantId } = asked;
      if (asked.proofOfPossessionOptions !== undefined)
        throw invalidRequest(
          'A proof-of-possession token was asked for; only bearer tokens are issued here.',
        );
      const provider =
        claims === undefined
          ? providers.asked({ scopes, enableCae, tenantId })
          : providers.of(azureRequest(configuration, { scopes, enableCae, tenantId, claims }));
      const { abortSignal, requestOptions } = asked;
      const timeoutMs = requestOptions === undefined ? undefined : ownCopy(requestOptions).timeout;
      const { signal, release } = callerSignal(abortSignal, timeoutMs);
      if (signal === undefined) {
        const credentials = ask(provider, { claims });
        // Awaited here, so that an error's stack leads to the caller.
        return credentials instanceof Promise ? await credentials : credentials;
      }
      try {
        return await ask(provider, { signal, claims });
      } finally {
        release();
      }
    },
  };
}

const NO_OPTIONS: AzureTokenOptions = Object.freeze(ownCopy({}));

/** What a call says beyond what it wishes for. */
interface How {
  readonly signal?: AbortSignal | undefined;
  readonly forceRefresh?: boolean | undefined;
  readonly claims?: string | undefined;
}

/**
 * An access token, cached for the process: of Azure Resource Manager, unless `scopes` says otherwise.
 *
 * @example
 * const { token } = await getAzureCredentials({ scopes: 'https://vault.azure.net/.default' });
 *
 * @throws OptionError for a wrong option, FederationError where no token could be had
 */
export async function getAzureCredentials(
  options: AzureCredentialsProviderOptions = {},
  call?: CredentialCall<AzureRequest>,
): Promise<AzureCredentials> {
  return await azureCredentialsProvider(options).getCredentials(call);
}
