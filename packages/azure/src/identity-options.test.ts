import { describe, expect, it } from 'vitest';
import type { AzureCredentialsProviderOptions } from './options.js';
import { azureConfiguration } from './options.js';
import { CLIENT, TENANT, recorder } from './azure.fixture.js';
import { azureIdentityExchanger } from './identity.js';

function configured(options: Partial<AzureCredentialsProviderOptions>) {
  return azureConfiguration({ tenantId: TENANT, clientId: CLIENT, ...options });
}

describe('azureIdentityExchanger refuses', () => {
  it('http, with a clearer message than the library’s', () => {
    const configuration = configured({ authorityHost: 'http://127.0.0.1:8080', allowLoopbackHttp: true });
    expect(() => azureIdentityExchanger()(configuration)).toThrow(/http, which @azure\/identity rejects/);
  });

  it('fetch together with an HTTP client', () => {
    const { httpClient } = recorder();
    const configuration = configured({ fetch: globalThis.fetch });
    expect(() => azureIdentityExchanger({ clientOptions: { httpClient } })(configuration)).toThrow(
      expect.objectContaining({ code: 'conflicting_options', option: 'fetch' }),
    );
  });

  it.each([
    'authorityHost',
    'tokenCachePersistenceOptions',
    'retryOptions',
    'redirectOptions',
    'disableInstanceDiscovery',
    'loggingOptions',
  ])('clientOptions.%s', (name) => {
    expect(() => azureIdentityExchanger({ clientOptions: { [name]: {} } })).toThrow(
      expect.objectContaining({ code: 'invalid_option', option: name }),
    );
  });
});
