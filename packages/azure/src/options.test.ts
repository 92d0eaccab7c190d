import { OptionError } from '@credex/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tokenEndpoint } from './authority.js';
import { azureCredentialsProvider } from './azure-credentials-provider.js';
import type { AzureCredentialsProviderOptions } from './options.js';
import { azureConfiguration } from './options.js';

const TENANT = '11111111-2222-3333-4444-555555555555';
const CLIENT = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';
const GOOD = { tenantId: TENANT, clientId: CLIENT };

beforeEach(() => {
  for (const name of ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_AUTHORITY_HOST'])
    vi.stubEnv(name, undefined);
});
afterEach(() => vi.unstubAllEnvs());

describe('azureConfiguration', () => {
  it('reads tenantId and clientId from the options or the environment', () => {
    expect(() => azureCredentialsProvider()).toThrow(/`tenantId` is missing.*AZURE_TENANT_ID/);
    expect(() => azureCredentialsProvider({ tenantId: TENANT })).toThrow(
      /`clientId` is missing.*AZURE_CLIENT_ID/,
    );
    vi.stubEnv('AZURE_TENANT_ID', TENANT);
    vi.stubEnv('AZURE_CLIENT_ID', CLIENT.toUpperCase());
    expect(azureConfiguration({})).toMatchObject({
      tenantId: TENANT,
      clientId: CLIENT,
      authorityHost: 'https://login.microsoftonline.com',
      scopes: ['https://management.azure.com/.default'],
      additionallyAllowedTenants: [],
    });
  });

  it.each<[keyof AzureCredentialsProviderOptions, unknown]>([
    ['tenantId', 'evil.com/#'],
    ['tenantId', '../'],
    ['tenantId', '..'],
    ['tenantId', 'common'],
    ['tenantId', `${TENANT}/oauth2/v2.0/token?`],
    ['tenantId', 'evil.com@login'],
    ['tenantId', ''],
    ['tenantId', 42],
    ['clientId', 'my-app'],
    ['clientId', `${CLIENT}&scope=x`],
    ['clientId', `${CLIENT}\n`],
    ['scopes', []],
    ['scopes', ''],
    ['scopes', 'https://vault.azure.net'],
    ['scopes', '/.default'],
    ['scopes', 'https://vault.azure.net/.default openid'],
    ['scopes', 'https://graph.microsoft.com/User.Read'],
    ['scopes', ['https://vault.azure.net/.default', 'https://storage.azure.com/.default']],
    ['scopes', ['https://vault.azure.net/.default\u0000']],
    ['additionallyAllowedTenants', 'contoso.com'],
    ['additionallyAllowedTenants', ['contoso.com/#']],
    ['additionallyAllowedTenants', [7]],
    ['authorityHost', 'evil.com'],
    ['authorityHost', 'https://user@evil.com'],
    ['authorityHost', 'https://login.microsoftonline.com@evil.com'],
    ['authorityHost', 'https://evil.com\\@login.microsoftonline.com'],
    ['authorityHost', 'https://login.microsoftonline.com/evil'],
    ['authorityHost', 'https://login.microsoftonline.com?x=1'],
    ['authorityHost', 'https://login.microsoftonline.com#x'],
    ['authorityHost', 'http://login.microsoftonline.com'],
    ['authorityHost', 'http://127.0.0.1:8080'],
    ['authorityHost', 'javascript:alert(1)'],
    ['authorityHost', ' https://login.microsoftonline.com'],
    ['authorityHost', 'https://'],
    ['allowLoopbackHttp', 'yes'],
    ['fetch', 'fetch'],
  ])('refuses %s %j before anything is sent', (option, value) => {
    const options = { ...GOOD, [option]: value } as AzureCredentialsProviderOptions;
    const thrown = ((): unknown => {
      try {
        return azureCredentialsProvider(options);
      } catch (error) {
        return error;
      }
    })();
    expect(OptionError.isInstance(thrown) && thrown.option).toBe(option);
  });

  it('refuses an unknown option', () => {
    const options = { ...GOOD, tenant: TENANT } as AzureCredentialsProviderOptions;
    expect(() => azureCredentialsProvider(options)).toThrow(/knows no option `tenant`/);
  });

  it('normalises the case of tenants and clients', () => {
    const options = {
      tenantId: 'Contoso.COM',
      clientId: CLIENT.toUpperCase(),
      additionallyAllowedTenants: ['Fabrikam.com'],
    };
    expect(azureConfiguration(options)).toMatchObject({
      tenantId: 'contoso.com',
      clientId: CLIENT,
      additionallyAllowedTenants: ['fabrikam.com'],
    });
    expect(
      azureConfiguration({ ...GOOD, additionallyAllowedTenants: ['a.com', '*'] }).additionallyAllowedTenants,
    ).toBe('*');
  });

  it('keeps a trailing slash of a resource, and removes duplicate scopes', () => {
    const scope = 'https://management.core.windows.net//.default';
    expect(azureConfiguration({ ...GOOD, scopes: [scope, scope] }).scopes).toEqual([scope]);
    expect(azureConfiguration({ ...GOOD, scopes: 'api://my-api/.default' }).scopes).toEqual([
      'api://my-api/.default',
    ]);
  });
});

describe('AZURE_AUTHORITY_HOST', () => {
  it.each([
    ['https://login.microsoftonline.us', 'https://login.microsoftonline.us'],
    ['https://login.microsoftonline.us/', 'https://login.microsoftonline.us'],
    ['login.microsoftonline.us', 'https://login.microsoftonline.us'],
    ['https://login.chinacloudapi.cn', 'https://login.partner.microsoftonline.cn'],
  ])('accepts %s, a host of Microsoft', (value, origin) => {
    vi.stubEnv('AZURE_AUTHORITY_HOST', value);
    expect(azureConfiguration(GOOD).authorityHost).toBe(origin);
  });

  it.each([
    'https://evil.example',
    'https://login.microsoftonline.com.evil.example',
    'https://login.microsoftonline.com.',
    'https://login.microsoftonline.com:8443',
    'http://login.microsoftonline.com',
    'http://127.0.0.1:8080',
    'https://login.microsoftonline.com@evil.example',
  ])('refuses %s, whatever the options allow', (value) => {
    vi.stubEnv('AZURE_AUTHORITY_HOST', value);
    expect(() => azureConfiguration({ ...GOOD, allowLoopbackHttp: true })).toThrow(
      expect.objectContaining({
        code: 'unsafe_url',
        option: 'authorityHost',
        environmentVariable: 'AZURE_AUTHORITY_HOST',
      }),
    );
  });

  it('is overridden by the option, which accepts any https host', () => {
    vi.stubEnv('AZURE_AUTHORITY_HOST', 'https://evil.example');
    expect(azureConfiguration({ ...GOOD, authorityHost: 'https://entra.example:8443' }).authorityHost).toBe(
      'https://entra.example:8443',
    );
  });

  it.each([
    ['https://login.windows.net', 'https://login.microsoftonline.com'],
    ['https://constructor', 'https://constructor'],
  ])('maps the option %s to %s', (authorityHost, origin) => {
    expect(azureConfiguration({ ...GOOD, authorityHost }).authorityHost).toBe(origin);
  });
});

describe('tokenEndpoint', () => {
  it.each([
    ['https://login.microsoftonline.com', `https://login.microsoftonline.com/${TENANT}/oauth2/v2.0/token`],
    ['https://entra.example:8443', `https://entra.example:8443/${TENANT}/oauth2/v2.0/token`],
    ['http://127.0.0.1:8080', `http://127.0.0.1:8080/${TENANT}/oauth2/v2.0/token`],
    ['http://[::1]:8080', `http://[::1]:8080/${TENANT}/oauth2/v2.0/token`],
    ['http://localhost', `http://localhost/${TENANT}/oauth2/v2.0/token`],
  ])('of %s', (authorityHost, url) => {
    expect(tokenEndpoint(authorityHost, TENANT).href).toBe(url);
  });
});
