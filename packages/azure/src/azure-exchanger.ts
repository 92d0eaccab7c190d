/** The parts of the driver that are the same whichever way the exchange is made. */

import type { Exchanger } from '@credex/core/internal';
import type { AzureConfiguration, AzureCredentials, AzureRequest } from './types.js';
import { parseStoredAzureCredentials } from './parse-entra-response.js';

type AzureExchanger = Exchanger<AzureCredentials, AzureRequest>;

/** Makes the exchange. It neither retries nor caches, and throws errors unchanged. */
export type AzureExchange = AzureExchanger['exchange'];

export function azureExchanger(configuration: AzureConfiguration, exchange: AzureExchange): AzureExchanger {
  return {
    specificationVersion: 'v1',
    provider: 'azure',
    // Claims are not in the key: the token for a challenge replaces the token that was challenged.
    cacheKeyFields: ({ scopes, tenantId, enableCae }) => ({
      authorityHost: configuration.authorityHost,
      tenantId,
      clientId: configuration.clientId,
      scopes,
      enableCae,
    }),
    exchange,
    parseStored: parseStoredAzureCredentials,
    // The classifier is loaded with the first failure.
    async classify(error, presented) {
      const { classifyAzureError } = await import('./classify-azure-error.js');
      return classifyAzureError(error, presented, configuration);
    },
  };
}
