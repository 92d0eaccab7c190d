import { OptionError } from '@credex/core';
import type { ExchangeContext } from '@credex/core/driver';
import { describe, expect, it } from 'vitest';
import { azureConfiguration } from './azure-options.js';
import type { AzureRequest } from './azure-types.js';
import { identityOnFirstUse } from './default-exchanger.js';

const configuration = azureConfiguration({
  tenantId: 'contoso.com',
  clientId: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
});

const REQUEST: AzureRequest = { scopes: configuration.scopes, tenantId: 'contoso.com', enableCae: false };

const failing = (message: string, code: string) => {
  const load = () => Promise.reject(Object.assign(new Error(message), { code }));
  const exchanger = identityOnFirstUse(configuration, load);
  // Nothing of the context is touched before the library is there.
  return exchanger.exchange(REQUEST, {} as ExchangeContext).catch((thrown: unknown) => thrown);
};

describe('the default exchanger', () => {
  it('loads nothing before the first miss', () => {
    let loads = 0;
    const load = () => Promise.reject(new Error(`loaded ${++loads} times`));
    identityOnFirstUse(configuration, load).target(REQUEST);
    expect(loads).toBe(0);
  });

  it('names the package to install', async () => {
    const message = "Cannot find package '@azure/identity' imported from /app/x.js";
    const thrown = await failing(message, 'ERR_MODULE_NOT_FOUND');
    expect(OptionError.isInstance(thrown) && [thrown.code, thrown.message]).toEqual([
      'missing_package',
      expect.stringContaining('npm install @azure/identity'),
    ]);
  });

  it('lets a user see what is missing through classify as well', async () => {
    const thrown = await failing(
      "Cannot find package '@azure/identity' imported from /app/x.js",
      'ERR_MODULE_NOT_FOUND',
    );
    expect(identityOnFirstUse(configuration).classify(thrown, undefined)).toEqual({
      code: 'invalid_request',
      retry: 'never',
      hint: expect.stringContaining('npm install @azure/identity'),
    });
  });
});
