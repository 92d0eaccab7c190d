import type { CredentialProviderOptions } from '@credex/core/driver';
import { expect, it } from 'vitest';
import { azureConfiguration } from './azure-options.js';
import type { AskedRequest } from './azure-request.js';
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
        throw new Error('Nobody asks for a token here.');
      },
    },
  };
  return providersByRequest(configuration, directExchanger(configuration), options);
}

const ASKED: readonly AskedRequest[] = [
  { scopes: VAULT },
  { scopes: STORAGE },
  { scopes: VAULT, enableCae: true },
  { scopes: VAULT, tenantId: 'contoso.onmicrosoft.com' },
];

it('one wish, one provider, whatever was asked for before it', () => {
  const { asked } = providers();
  for (const first of ASKED)
    for (const second of ASKED) {
      const [one, other, again] = [asked(first), asked(second), asked(second)];
      expect(again).toBe(other);
      expect(one === other).toBe(first === second);
      expect(asked(first)).toBe(one);
    }
});

it('one wish in other words is the same', () => {
  const { asked, of } = providers();
  const provider = asked({ scopes: VAULT });
  expect(asked({ scopes: [VAULT] })).toBe(provider);
  expect(asked({ scopes: VAULT, tenantId, enableCae: false })).toBe(provider);
  expect(of({ scopes: [VAULT], tenantId, enableCae: false })).toBe(provider);
});

it('a list that was changed in place is read anew', () => {
  const { asked } = providers();
  const scopes = [VAULT];
  const provider = asked({ scopes });
  scopes[0] = STORAGE;
  expect(asked({ scopes })).not.toBe(provider);
});

it('what is handed out can be invalidated, however many there are', () => {
  const { asked, all } = providers();
  const scopes = (at: number): string => `api://${at}/.default`;
  // The first is asked for again when it has had to go.
  for (const at of [...Array(1_100).keys(), 0]) {
    const provider = asked({ scopes: scopes(at) });
    expect([...all()].includes(provider)).toBe(true);
  }
});
