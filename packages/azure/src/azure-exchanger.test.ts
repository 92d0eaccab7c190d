/** Which options are part of the cache key. An option that this table does not list is a compile error. */

import { createCredentialCache } from '@credex/core';
import type { SubjectTokenSource } from '@credex/core';
import { readSubjectToken } from '@credex/core/on-demand';
import { describe, expect, it } from 'vitest';
import type { AzureCredentialsProviderOptions } from './options.js';
import { azureCredentialsProvider } from './azure-credentials-provider.js';
import { azureExchanger } from './azure-exchanger.js';
import type { AzureRequest } from './types.js';
import { CLIENT, NOW, TENANT, jwtOf } from './azure.fixture.js';

type Options = AzureCredentialsProviderOptions;
type Row<K extends keyof Options> = readonly ['in-key' | 'not-in-key', Options[K], Options[K]];

/** Every source returns the same token: only the identity key differs. */
const sourceOf = (identityKey: string): SubjectTokenSource => ({
  capture: () => ({
    identityKey,
    token: async () => readSubjectToken(jwtOf({ exp: Date.now() / 1000 + 3600 })),
  }),
});

let exchanges = 0;
const counting = (): NonNullable<Options['exchanger']> => (configuration) =>
  azureExchanger(configuration, async () => {
    const expiresAt = Date.now() + 3_600_000;
    return { credential: { token: `token-${++exchanges}`, expiresAt, expiresOnTimestamp: expiresAt } };
  });
const exchanger = counting();
const cache = createCredentialCache();
const clock = { now: () => Date.now(), monotonic: () => performance.now() };

const OPTIONS: { readonly [K in keyof Required<Options>]: Row<K> } = {
  tenantId: ['in-key', TENANT, 'contoso.com'],
  clientId: ['in-key', CLIENT, '00000000-bbbb-cccc-dddd-eeeeeeeeeeee'],
  scopes: ['in-key', 'https://vault.azure.net/.default', 'https://storage.azure.com/.default'],
  authorityHost: ['in-key', 'https://login.microsoftonline.com', 'https://login.microsoftonline.us'],
  audience: ['in-key', undefined, 'api://AzureADTokenExchange'],
  expect: ['in-key', undefined, { environment: 'production' }],
  tokenSource: ['in-key', sourceOf('prj_1:production'), sourceOf('prj_1:preview')],
  // The tenant in use is in the key; the other allowed tenants are not.
  additionallyAllowedTenants: ['not-in-key', [], '*'],
  allowLoopbackHttp: ['not-in-key', false, true],
  exchanger: ['not-in-key', exchanger, counting()],
  // Another cache is another store, not another key.
  cache: ['not-in-key', cache, cache],
  store: ['not-in-key', undefined, undefined],
  timeoutMs: ['not-in-key', 8_000, 9_000],
  minValidityMs: ['not-in-key', undefined, 60_000],
  fetch: ['not-in-key', undefined, () => Promise.reject(new Error('not called'))],
  clock: ['not-in-key', undefined, clock],
  random: ['not-in-key', undefined, () => 0.5],
  onEvent: ['not-in-key', undefined, () => undefined],
  invocation: ['not-in-key', undefined, () => undefined],
};

const REQUEST: {
  readonly [K in keyof Required<AzureRequest>]: readonly [
    'in-key' | 'not-in-key',
    AzureRequest[K],
    AzureRequest[K],
  ];
} = {
  scopes: ['in-key', ['https://vault.azure.net/.default'], ['https://storage.azure.com/.default']],
  tenantId: ['in-key', TENANT, 'fabrikam.com'],
  enableCae: ['in-key', false, true],
  // A call with claims always requests a new token, which is then cached: see azure-credentials-provider.test.ts.
  claims: ['not-in-key', '{"access_token":{"a":1}}', '{"access_token":{"a":2}}'],
};

const first = <T extends object>(table: T): Record<string, unknown> =>
  Object.fromEntries(Object.entries(table).map(([name, row]) => [name, (row as readonly unknown[])[1]]));
const BASE = first(OPTIONS) as Options;

async function exchangesFor(options: Options): Promise<number> {
  const before = exchanges;
  await azureCredentialsProvider(options).getCredentials();
  return exchanges - before;
}

describe('the cache key of a credential', () => {
  it.each(Object.entries(OPTIONS))('option %s', async (name, [where, , other]) => {
    const own = { ...BASE, cache: createCredentialCache() };
    expect(await exchangesFor(own)).toBe(1);
    expect(await exchangesFor(own)).toBe(0);
    const changed = name === 'cache' ? own : { ...own, [name]: other };
    expect(await exchangesFor(changed)).toBe(where === 'in-key' ? 1 : 0);
    expect(await exchangesFor(own), 'the first credential is still cached').toBe(0);
  });

  it.each(Object.entries(REQUEST))('request member %s', (name, [where, one, other]) => {
    const configuration = {
      tenantId: TENANT,
      clientId: CLIENT,
      authorityHost: 'https://login.microsoftonline.com',
    };
    const { cacheKeyFields } = exchanger({
      ...configuration,
      scopes: [],
      additionallyAllowedTenants: '*',
      fetch: undefined,
      now: () => NOW,
    });
    const base = first(REQUEST) as unknown as AzureRequest;
    const [a, b] = [one, other].map((value) =>
      JSON.stringify(cacheKeyFields({ ...base, [name]: value } as AzureRequest)),
    );
    expect(a === b).toBe(where === 'not-in-key');
  });

  it('is the same for two spellings of one request', async () => {
    const own = { ...BASE, cache: createCredentialCache() };
    expect(
      await exchangesFor({
        ...own,
        tenantId: 'Contoso.com',
        authorityHost: 'https://login.chinacloudapi.cn',
      }),
    ).toBe(1);
    expect(
      await exchangesFor({
        ...own,
        tenantId: 'contoso.COM',
        clientId: CLIENT.toUpperCase(),
        authorityHost: 'https://login.partner.microsoftonline.cn/',
        scopes: ['https://vault.azure.net/.default', 'https://vault.azure.net/.default'],
      }),
    ).toBe(0);
  });
});
