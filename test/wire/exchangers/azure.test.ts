import type { AzureCredentialsProviderOptions, AzureExchangerFactory, AzureRequest } from '@credex/azure';
import { azureCredentialsProvider } from '@credex/azure';
import { exchangerConformance } from '@credex/testing/conformance';
import { describe, it } from 'vitest';
import { AZURE } from '../../support/trust.js';
import { useFixture } from '../../support/use-fixture.js';
import { by } from '../../support/ways.js';
import type { Way } from '../../support/ways.js';
import type { Cloud } from './emulated-harness.js';
import { emulated, exchangerOf } from './emulated-harness.js';

const fixture = useFixture();

const ENTRA: Cloud = {
  service: 'entra',
  field: 'access_token',
  otherIdentity: { environment: 'preview' },
  said: (words, how) => ({
    status: how === 'refuse' ? 400 : 503,
    body: JSON.stringify(
      how === 'refuse'
        ? { error: 'unauthorized_client', error_description: `AADSTS700016: ${words}`, error_codes: [700016] }
        : { error: 'temporarily_unavailable', error_description: words },
    ),
  }),
};

const usual: AzureRequest = {
  scopes: ['https://storage.azure.com/.default'],
  tenantId: AZURE.tenantId,
  enableCae: false,
};

const askedOf =
  (way: Way) =>
  (more: AzureCredentialsProviderOptions = {}, wish: Partial<AzureRequest> = {}) => {
    const options: AzureCredentialsProviderOptions = {
      ...fixture.options.azure,
      ...by(way, 'azure', fixture.emulator),
      ...more,
    };
    const factory = options.exchanger as AzureExchangerFactory;
    return {
      exchanger: exchangerOf(factory, (exchanger) => azureCredentialsProvider({ ...options, exchanger })),
      request: { ...usual, ...wish },
    };
  };

const another = '11111111-2222-4333-8444-555555555555';

const harness = (way: Way) => () => {
  const asked = askedOf(way);
  return emulated(fixture, ENTRA, {
    ...asked(),
    equal: asked({ clientId: AZURE.clientId.toUpperCase() }, { claims: '{"access_token":{}}' }),
    different: {
      client: asked({ clientId: another }),
      authority: asked({ authorityHost: 'https://login.microsoftonline.us' }),
      tenant: asked({}, { tenantId: another }),
      scopes: asked({}, { scopes: ['https://vault.azure.net/.default'] }),
      'continuous access evaluation': asked({}, { enableCae: true }),
    },
  });
};

const optionalFields = ['refreshAfterTimestamp'];
exchangerConformance({ describe, it }, harness('sdk'), { name: 'Azure by @azure/identity', optionalFields });
exchangerConformance({ describe, it }, harness('direct'), {
  name: 'Azure by a request of our own',
  optionalFields,
});
