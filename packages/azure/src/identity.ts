/** The exchange by Microsoft's library. It needs `@azure/identity`. */

import type { ClientAssertionCredentialOptions } from '@azure/identity';
import { ClientAssertionCredential } from '@azure/identity';
import { OptionError } from '@credex/core';
import { invalidOption, optionNames, ownOptions } from '@credex/core/internal';
import { azureExchanger } from './azure-exchanger.js';
import type { AzureConfiguration, AzureExchangerFactory } from './types.js';
import { entraTransport } from './identity/entra-transport.js';
import { parseEntraResponse } from './parse-entra-response.js';

/** How the library reaches Entra. The endpoint, the caches and the retries are set by credex. */
export type AzureIdentityClientOptions = Pick<
  ClientAssertionCredentialOptions,
  'additionalPolicies' | 'agent' | 'httpClient' | 'proxyOptions' | 'tlsOptions' | 'userAgentOptions'
>;

export interface AzureIdentityExchangerOptions {
  /**
   * Passed to ClientAssertionCredential: `tlsOptions: { ca }` for a private CA, `proxyOptions` for a proxy,
   * `httpClient` for your own HTTP client. Default: the library's client.
   */
  readonly clientOptions?: AzureIdentityClientOptions | undefined;
}

const CLIENT_OPTION_NAMES: readonly string[] = optionNames<AzureIdentityClientOptions>({
  additionalPolicies: true,
  agent: true,
  httpClient: true,
  proxyOptions: true,
  tlsOptions: true,
  userAgentOptions: true,
});

/** The options that cannot be combined with the option `fetch`. */
const TRANSPORT = ['agent', 'httpClient', 'proxyOptions', 'tlsOptions'] as const;

/**
 * Makes the exchange with ClientAssertionCredential. Each exchange creates a new credential, so that only credex
 * caches. Each exchange is one attempt and follows no redirect. Environment variables of the library and of MSAL do not
 * change where the request goes.
 *
 * @example
 * azureCredentialsProvider({ exchanger: azureIdentityExchanger({ clientOptions: { tlsOptions: { ca } } }) });
 *
 * @throws OptionError for an unknown option. The factory also throws it for `http:`, which the library rejects, and for
 *   `fetch` together with options of the library's HTTP client
 */
export function azureIdentityExchanger(given: AzureIdentityExchangerOptions = {}): AzureExchangerFactory {
  const options = ownOptions(
    'azureIdentityExchanger',
    given,
    optionNames<AzureIdentityExchangerOptions>({ clientOptions: true }),
  );
  if (typeof (options.clientOptions ?? {}) !== 'object')
    throw invalidOption({ option: 'clientOptions' }, 'an object', options.clientOptions);
  const clientOptions = ownOptions(
    'azureIdentityExchanger `clientOptions`',
    options.clientOptions ?? {},
    CLIENT_OPTION_NAMES,
  );

  return (configuration) => {
    assertTransport(configuration, clientOptions);
    const { clientId, authorityHost } = configuration;

    return azureExchanger(configuration, async (request, context) => {
      // Read before the library is called: the library calls the callback twice and wraps what it throws.
      const { jwt } = await context.subject();
      const { tenantId, scopes, enableCae, claims } = request;
      const useFetch = configuration.fetch !== undefined;
      return context.step(new URL(authorityHost).host, async (signal) => {
        const transport = entraTransport({ authorityHost, tenantId, context, signal, useFetch });
        const credential = new ClientAssertionCredential(tenantId, clientId, async () => jwt, {
          ...clientOptions,
          authorityHost,
          disableInstanceDiscovery: true,
          retryOptions: { maxRetries: 0 },
          redirectOptions: { maxRetries: 0 },
          additionalPolicies: [
            ...(clientOptions.additionalPolicies ?? []),
            { policy: transport.policy, position: 'perRetry' },
          ],
        });
        const requestedAt = configuration.now();
        const ended = await credential
          .getToken([...scopes], { enableCae, ...(claims === undefined ? {} : { claims }) })
          .then(
            () => undefined,
            (error: unknown) => ({ error }),
          );
        // The library's errors keep only the message of a response, so the recorded response is used.
        if ('failure' in transport.seen) throw transport.seen.failure as Error;
        if (transport.seen.response !== undefined)
          return parseEntraResponse(transport.seen.response, requestedAt);
        throw (ended?.error ?? policyAnsweredInstead()) as Error;
      });
    });
  };
}

function policyAnsweredInstead(): OptionError {
  return new OptionError(
    'invalid_option',
    'clientOptions',
    undefined,
    'A policy in `clientOptions.additionalPolicies` returned a response itself, so the request did not reach Entra. ' +
      'Make the policy call `next`.',
  );
}

function assertTransport(configuration: AzureConfiguration, clientOptions: AzureIdentityClientOptions): void {
  if (configuration.authorityHost.startsWith('http:')) {
    throw new OptionError(
      'unsafe_url',
      'authorityHost',
      'AZURE_AUTHORITY_HOST',
      '`authorityHost` is http, which @azure/identity rejects even on loopback. Use an https origin.',
    );
  }
  const clashing = TRANSPORT.find((name) => clientOptions[name] !== undefined);
  if (configuration.fetch !== undefined && clashing !== undefined) {
    throw new OptionError(
      'conflicting_options',
      'fetch',
      undefined,
      `\`fetch\` and \`clientOptions.${clashing}\` cannot be combined: each of them sends the request. Pass one of them.`,
    );
  }
}
