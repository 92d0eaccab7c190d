/** The developer's own Azure credentials: those of `az login`. */

import type { Json } from '@credex/core';
import { optionalPackage } from '@credex/core/driver';
import { localFailure } from './local-failure.js';

const LOGIN = '`az login`';

/** `az` itself may take long to start. */
const AZ_MS = 25_000;

type Factory = import('@credex/azure').AzureExchangerFactory;
type Token = ReturnType<ReturnType<Factory>['revive']>;

export function localAzureExchanger(): Factory {
  const identity = optionalPackage('@azure/identity', () => import('@azure/identity'));
  return (configuration) => ({
    specificationVersion: 'v1',
    provider: 'azure',
    target: (request): Readonly<Record<string, Json>> => ({
      local: 'profile',
      tenantId: request.tenantId ?? configuration.tenantId,
      scopes: request.scopes ?? configuration.scopes,
    }),
    async exchange(request, { signal }) {
      const { AzureCliCredential } = await identity.load();
      const credential = new AzureCliCredential({
        tenantId: request.tenantId ?? configuration.tenantId,
        processTimeoutInMs: AZ_MS,
      });
      const scopes = [...(request.scopes ?? configuration.scopes)];
      const { token, expiresOnTimestamp } = await credential.getToken(scopes, { abortSignal: signal });
      return { credential: Object.freeze({ token, expiresOnTimestamp, expiresAt: expiresOnTimestamp }) };
    },
    revive: (record) => record as Token,
    classify: (error) => localFailure(error, LOGIN),
  });
}
