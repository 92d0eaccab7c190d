/** The developer's own Azure credentials, from `az login`. */

import type { Credential, Json } from '@credex/core';
import type { Exchanger } from '@credex/core/driver';
import { importAtRuntime, importFailure } from './optional-import.js';
import { localFailure } from './local-failure.js';

const LOGIN = '`az login`';

/** `az` can be slow to start. */
const AZ_MS = 25_000;

interface Token extends Credential {
  readonly token: string;
  readonly expiresOnTimestamp: number;
}

/** The tenant and the scopes of a provider or of one call. */
interface TokenRequest {
  readonly tenantId: string;
  readonly scopes: readonly string[];
}

type Factory = (configuration: TokenRequest) => Exchanger<Token, Partial<TokenRequest>>;

/** @param option The configuration key that requests the local profile, for errors. */
export function localAzureExchanger(option: string): Factory {
  return (configuration) => ({
    specificationVersion: 'v1',
    provider: 'azure',
    cacheKeyFields: (request): Readonly<Record<string, Json>> => ({
      local: 'profile',
      tenantId: request.tenantId ?? configuration.tenantId,
      scopes: request.scopes ?? configuration.scopes,
    }),
    async exchange(request, { signal }) {
      const { AzureCliCredential } = await officialPackage(option);
      const credential = new AzureCliCredential({
        tenantId: request.tenantId ?? configuration.tenantId,
        processTimeoutInMs: AZ_MS,
      });
      const scopes = [...(request.scopes ?? configuration.scopes)];
      const { token, expiresOnTimestamp } = await credential.getToken(scopes, { abortSignal: signal });
      return { credential: Object.freeze({ token, expiresOnTimestamp, expiresAt: expiresOnTimestamp }) };
    },
    parseStored: (record) => record as Token,
    classify: (error) => localFailure(error, LOGIN),
  });
}

const officialPackage = (option: string): Promise<typeof import('@azure/identity')> =>
  importAtRuntime('@azure/identity').then(
    (module) => module as typeof import('@azure/identity'),
    (error: unknown) => importFailure(error, '@azure/identity', option),
  );
