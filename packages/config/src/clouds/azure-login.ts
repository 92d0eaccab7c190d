/** The developer's own Azure credentials, from `az login`. */

import type { Credential } from '@credex/core';
import type { Exchanger } from '@credex/core/internal';
import { importAtRuntime } from '../optional-import.js';
import { loginExchanger, officialPackage } from './local-login.js';

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

export function azureLogin(option: string): Factory {
  return (configuration) => {
    const targetOf = ({ tenantId, scopes }: Partial<TokenRequest>): TokenRequest => ({
      tenantId: tenantId ?? configuration.tenantId,
      scopes: scopes ?? configuration.scopes,
    });
    return loginExchanger({
      provider: 'azure',
      command: '`az login`',
      fields: (request) => ({ ...targetOf(request) }),
      async credential(request, { signal }) {
        const { tenantId, scopes } = targetOf(request);
        const { AzureCliCredential } = await officialPackage<typeof import('@azure/identity')>(
          importAtRuntime('@azure/identity'),
          '@azure/identity',
          option,
        );
        const credential = new AzureCliCredential({ tenantId, processTimeoutInMs: AZ_MS });
        const found = await credential.getToken([...scopes], { abortSignal: signal });
        const { token, expiresOnTimestamp } = found;
        return { token, expiresOnTimestamp, expiresAt: expiresOnTimestamp };
      },
    });
  };
}
