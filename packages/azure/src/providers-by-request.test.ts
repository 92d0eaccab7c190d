import type { CredentialProviderOptions } from '@credex/core/internal';
import { expect, it } from 'vitest';
import { azureConfiguration } from './options.js';
import type { PartialAzureRequest } from './request.js';
import { directExchanger } from './direct-exchange.js';
import { providersByRequest } from './providers-by-request.js';

const VAULT = 'https://vault.azure.net/.default';
const STORAGE = 'https://storage.azure.com/.default';
const tenantId = '6c1b7f5e-2a4d-4f7e-9a55-3c1d6b3f0a11';

function providers(): ReturnType<typeof providersByRequest> {
  const configuration = azureConfiguration({
    tenantId,
    clientId: 'f3d2a9c4-8e17-4b0a-b6de-51c0a7e94d22',
    additionallyAllowedTenants: '*',
  });
  const options: CredentialProviderOptions = {
    source: {
      capture() {
        throw new Error('This test requests no token.');
      },
    },
  };
  return providersByRequest(configuration, directExchanger(configuration), options);
}

const ASKED: readonly PartialAzureRequest[] = [
  { scopes: VAULT },
  { scopes: STORAGE },
  { scopes: VAULT, enableCae: true },
  { scopes: VAULT, tenantId: 'contoso.onmicrosoft.com' },
];

it('returns one provider per request, whatever was requested before', () => {
  const { forCall } = providers();
  for (const first of ASKED)
    for (const second of ASKED) {
      const [one, other, again] = [forCall(first), forCall(second), forCall(second)];
      expect(again).toBe(other);
      expect(one === other).toBe(first === second);
      expect(forCall(first)).toBe(one);
    }
});

it('returns the same provider for another spelling of a request', () => {
  const { forCall, forRequest: of } = providers();
  const provider = forCall({ scopes: VAULT });
  expect(forCall({ scopes: [VAULT] })).toBe(provider);
  expect(forCall({ scopes: VAULT, tenantId, enableCae: false })).toBe(provider);
  expect(of({ scopes: [VAULT], tenantId, enableCae: false })).toBe(provider);
});

it('reads a list of scopes again after it was changed in place', () => {
  const { forCall } = providers();
  const scopes = [VAULT];
  const provider = forCall({ scopes });
  scopes[0] = STORAGE;
  expect(forCall({ scopes })).not.toBe(provider);
});

it('includes every provider in use among those to invalidate, however many there are', () => {
  const { forCall, all } = providers();
  const scopes = (at: number): string => `api://${at}/.default`;
  // The first request is repeated after its provider was removed.
  for (const at of [...Array(1_100).keys(), 0]) {
    const provider = forCall({ scopes: scopes(at) });
    expect([...all()].includes(provider)).toBe(true);
  }
});
