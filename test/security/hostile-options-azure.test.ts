import { azureCredentialsProvider } from '@credex/azure';
import { azureIdentityExchanger } from '@credex/azure/identity';
import { FederationError, OptionError } from '@credex/core';
import { describe, expect, test, vi } from 'vitest';
import type { Case } from './hostile-options.js';
import {
  PROVIDERS,
  JWT,
  NO_ENDPOINTS,
  NO_LOOPBACK,
  each,
  testOptions,
  watchNetwork,
} from './hostile-options.js';

const network = watchNetwork();
const azure = PROVIDERS.azure;

const TENANTS = [
  'evil.com/#',
  '../common',
  'common@evil',
  'common@evil.com',
  'common',
  'organizations',
  'consumers',
  '%2e%2e',
  'contoso%2fx.com',
  'contoso.com?x=1',
  'contoso.com\\x',
  'contoso.com\n',
  'contoso.com/oauth2/v2.0/token',
  'cоntoso.com',
  '6c1b7f5e-2a4d-4f7e-9a55-3c1d6b3f0a1',
  '{6c1b7f5e-2a4d-4f7e-9a55-3c1d6b3f0a11}',
  '.',
  '..',
  '',
  42,
  JWT,
];
const CLIENTS = [
  'garbage',
  '6c1b7f5e',
  '6c1b7f5e-2a4d-4f7e-9a55-3c1d6b3f0a11\n',
  'api://shop',
  'https://evil.com',
  '',
  42,
  null,
  JWT,
];
const SCOPES = [
  [],
  '',
  'https://vault.azure.net',
  'https://vault.azure.net/.default offline_access',
  'https://vault.azure.net/.default\n',
  ['https://vault.azure.net/ .default'],
  ['https://vault.azure.net/.default', 'https://storage.azure.com/.default'],
  ['openid'],
  [42],
  42,
  JWT,
];

/** The environment may name Microsoft's hosts, and no other. */
const PLANTED = [
  'http://127.0.0.1',
  'http://127.0.0.1:8080',
  'http://localhost:8080',
  'https://evil.example',
  'https://login.microsoftonline.com.evil.example',
  'https://evil-login.microsoftonline.com',
  'https://login.microsoftonline.com:8443',
  'https://login.microsoftonline.com@evil.example',
  'https://login.microsoftonline.com/evil',
  'http://login.microsoftonline.com',
  'evil.example',
  'https://sts.windows.net',
  JWT,
];

const planted = PLANTED.flatMap((value) =>
  [undefined, true].map((allowLoopbackHttp): Case => [
    `AZURE_AUTHORITY_HOST=${value === JWT ? 'a JWT' : value}${allowLoopbackHttp === true ? ', http on loopback allowed' : ''}`,
    {
      options: { allowLoopbackHttp },
      variables: { AZURE_AUTHORITY_HOST: value },
      option: 'authorityHost',
      code: 'unsafe_url',
      variable: 'AZURE_AUTHORITY_HOST',
    },
  ]),
);

const named = (
  [
    ['tenantId', 'AZURE_TENANT_ID', TENANTS],
    ['clientId', 'AZURE_CLIENT_ID', CLIENTS],
  ] as const
).flatMap(([option, variable, values]): Case[] => [
  ...each(option, 'missing_option', [undefined], variable),
  ...each(option, 'invalid_option', values, variable),
  ...values
    .filter((value) => typeof value === 'string' && value !== '')
    .map((value): Case => [
      `${variable}=${value === JWT ? 'a JWT' : value}`,
      {
        options: { [option]: undefined },
        variables: { [variable]: value as string },
        option,
        code: 'invalid_option',
        variable,
      },
    ]),
]);

testOptions(
  azure,
  [
    ...named,
    ...planted,
    ...each('authorityHost', 'unsafe_url', NO_ENDPOINTS, 'AZURE_AUTHORITY_HOST'),
    ...each('authorityHost', 'invalid_option', ['', 42, {}], 'AZURE_AUTHORITY_HOST'),
    ...NO_LOOPBACK.map((authorityHost): Case => [
      `allowLoopbackHttp and ${authorityHost}`,
      {
        options: { authorityHost, allowLoopbackHttp: true },
        option: 'authorityHost',
        code: 'unsafe_url',
        variable: 'AZURE_AUTHORITY_HOST',
      },
    ]),
    ...each('allowLoopbackHttp', 'invalid_option', ['true', 1]),
    ...each('scopes', 'invalid_option', SCOPES),
    ...each('additionallyAllowedTenants', 'invalid_option', [
      'evil.com',
      ['evil.com/#'],
      ['common@evil'],
      [42],
      42,
      {},
    ]),
    ...each('authority', 'invalid_option', ['https://login.microsoftonline.com']),
    ...each('exchanger', 'invalid_option', ['identity', {}]),
  ],
  network,
);

test('http on loopback, allowed in code: @azure/identity refuses it, and we say so before it is asked', async () => {
  const tokenSource = vi.fn<() => string>(() => JWT);
  const options = {
    ...azure.good,
    authorityHost: 'http://127.0.0.1:1',
    allowLoopbackHttp: true,
    exchanger: azureIdentityExchanger(),
    tokenSource,
  };
  const error: unknown = await azure.get(options).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'OptionError', code: 'unsafe_url', option: 'authorityHost' });
  expect(network()).toEqual([]);
});

/** An Azure client asks: what it meets is one kind of error. */
describe('what a call asks for', () => {
  const tokenSource = vi.fn<() => string>(() => JWT);
  const refused = async (asked: Promise<unknown>, option: string): Promise<void> => {
    const error: unknown = await asked.catch((thrown: unknown) => thrown);
    if (!FederationError.isInstance(error)) throw error;
    expect([error.code, error.retryable]).toEqual(['invalid_request', false]);
    expect(error.message).toContain(option);
    expect(error.message).not.toContain(JWT.slice(-40));
    expect(tokenSource).not.toHaveBeenCalled();
    expect(network()).toEqual([]);
  };
  const provider = () =>
    azureCredentialsProvider({ ...azure.good, additionallyAllowedTenants: '*', tokenSource });

  test.each(SCOPES)('the scopes %o', (scopes) => refused(provider().getToken(scopes as string), 'scopes'));
  test.each(TENANTS)('the tenant %o', (tenantId) =>
    refused(
      provider().getToken('https://vault.azure.net/.default', { tenantId: tenantId as string }),
      'tenant',
    ),
  );
  test('a tenant that is not among the allowed ones', () => {
    const bound = azureCredentialsProvider({ ...azure.good, tokenSource });
    return refused(
      bound.getToken('https://vault.azure.net/.default', { tenantId: 'evil.example' }),
      'evil.example',
    );
  });
  test.each(['{', '[]', '"x"', JWT])('the claims %o', (claims) =>
    refused(provider().getToken('https://vault.azure.net/.default', { claims }), 'claims'),
  );
});

test.each([
  { clientOptions: { authorityHost: 'https://evil.example' } },
  { clientOptions: { additionallyAllowedTenants: ['*'] } },
  { clientOptions: { retryOptions: { maxRetries: 9 } } },
  { clientOptions: 'all' },
  { authorityHost: 'https://evil.example' },
])('azureIdentityExchanger refuses %o', (options) => {
  expect(() => azureIdentityExchanger(options as never)).toThrow(OptionError);
});
