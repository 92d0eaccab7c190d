/** The exchange by Microsoft's own library. Needs `@azure/identity`. */

import type { ClientAssertionCredentialOptions } from '@azure/identity';
import { ClientAssertionCredential } from '@azure/identity';
import { OptionError } from '@credex/core';
import { invalidOption, optionNames, ownOptions } from '@credex/core/driver';
import { azureExchanger } from './azure-exchanger.js';
import type { AzureConfiguration, AzureExchangerFactory } from './azure-types.js';
import { entraWire } from './identity/entra-wire.js';
import { parseEntraResponse } from './parse-entra-response.js';

/** How the library reaches Entra. Where it goes, its caches and its retries are not among them. */
export type AzureIdentityClientOptions = Pick<
  ClientAssertionCredentialOptions,
  'additionalPolicies' | 'agent' | 'httpClient' | 'proxyOptions' | 'tlsOptions' | 'userAgentOptions'
>;

export interface AzureIdentityExchangerOptions {
  /**
   * Passed to ClientAssertionCredential: `tlsOptions: { ca }` for a private CA, `proxyOptions` for a proxy,
   * `httpClient` for a client of your own. Default: the library's own client.
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

/** Those that have no meaning for a fetch of the user's own. */
const TRANSPORT = ['agent', 'httpClient', 'proxyOptions', 'tlsOptions'] as const;

/**
 * Makes the exchange with ClientAssertionCredential: a new one each time, so that nothing but credex caches. One
 * attempt, no redirect. Environment variables of the library and of MSAL don't move the request.
 *
 * @example
 * azureCredentialsProvider({ exchanger: azureIdentityExchanger({ clientOptions: { tlsOptions: { ca } } }) });
 *
 * @throws OptionError for an unknown option; from the factory also for `http:`, which the library refuses, and for
 *   `fetch` beside options of the library's own HTTP client
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
      // Read before the library is called: it asks twice, and turns what a callback throws into an error of its own.
      const { jwt } = await context.subject();
      const { tenantId, scopes, enableCae, claims } = request;
      const byFetch = configuration.fetch !== undefined;
      return context.step(new URL(authorityHost).host, async (signal) => {
        const wire = entraWire({ authorityHost, tenantId, context, signal, byFetch });
        const credential = new ClientAssertionCredential(tenantId, clientId, async () => jwt, {
          ...clientOptions,
          authorityHost,
          disableInstanceDiscovery: true,
          retryOptions: { maxRetries: 0 },
          redirectOptions: { maxRetries: 0 },
          additionalPolicies: [
            ...(clientOptions.additionalPolicies ?? []),
            { policy: wire.policy, position: 'perRetry' },
          ],
        });
        const askedAt = configuration.now();
        const ended = await credential
          .getToken([...scopes], { enableCae, ...(claims === undefined ? {} : { claims }) })
          .then(
            () => undefined,
            (error: unknown) => ({ error }),
          );
        // The wire is what is believed: the library's own errors keep an answer's words and lose the rest.
        if ('failure' in wire.seen) throw wire.seen.failure as Error;
        if (wire.seen.answer !== undefined) return parseEntraResponse(wire.seen.answer, askedAt);
        throw (ended?.error ?? answeredElsewhere()) as Error;
      });
    });
  };
}

function answeredElsewhere(): OptionError {
  return new OptionError(
    'invalid_option',
    'clientOptions',
    undefined,
    'A policy of `clientOptions.additionalPolicies` answered in place of Entra: let it call `next`.',
  );
}

function assertTransport(configuration: AzureConfiguration, clientOptions: AzureIdentityClientOptions): void {
  if (configuration.authorityHost.startsWith('http:')) {
    throw new OptionError(
      'unsafe_url',
      'authorityHost',
      'AZURE_AUTHORITY_HOST',
      '`authorityHost` is http, which @azure/identity refuses even on loopback: use https there.',
    );
  }
  const clashing = TRANSPORT.find((name) => clientOptions[name] !== undefined);
  if (configuration.fetch !== undefined && clashing !== undefined) {
    throw new OptionError(
      'conflicting_options',
      'fetch',
      undefined,
      `\`fetch\` and \`clientOptions.${clashing}\` are two ways to reach Entra: pass one of them.`,
    );
  }
}
