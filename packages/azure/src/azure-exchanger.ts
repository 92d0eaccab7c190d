/** The driver: everything but the exchange is the same for every way to make it. */

import type { Exchanger } from '@credex/core/driver';
import type { AzureConfiguration, AzureCredentials, AzureRequest } from './azure-types.js';
import { reviveAzureCredentials } from './parse-entra-response.js';

type AzureExchanger = Exchanger<AzureCredentials, AzureRequest>;

export function azureExchanger(
  configuration: AzureConfiguration,
  exchange: AzureExchanger['exchange'],
): AzureExchanger {
  return {
    specificationVersion: 'v1',
    provider: 'azure',
    // Claims are left out: the answer to a challenge takes the place of the token that was challenged.
    target: ({ scopes, tenantId, enableCae }) => ({
      authorityHost: configuration.authorityHost,
      tenantId,
      clientId: configuration.clientId,
      scopes,
      enableCae,
    }),
    exchange,
    revive: reviveAzureCredentials,
    // Loaded with the first failure.
    async classify(error, presented) {
      const { classifyAzureError } = await import('./classify-azure-error.js');
      return classifyAzureError(error, presented, configuration);
    },
  };
}
