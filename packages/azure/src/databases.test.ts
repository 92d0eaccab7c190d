import type { TokenCredential } from '@azure/core-auth';
import { isTokenCredential } from '@azure/core-auth';
import { OptionError } from '@credex/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AzureCredentialsProviderOptions } from './options.js';
import type { AzureDatabaseOptions } from './databases.js';
import { azureDatabasePassword, azureRedisPassword, azureSqlCredential } from './databases.js';
import type { FakeResponse, Sent } from './azure.fixture.js';
import { CLIENT, GOOD, NOW, TENANT, failure, jwtOf, setUp } from './azure.fixture.js';

const OID = '0f0f0f0f-1111-2222-3333-444444444444';
const scopes = (sent: readonly Sent[]): (string | null)[] => sent.map(({ form }) => form.get('scope'));
const HOSTS = [
  ['https://login.microsoftonline.com', 'windows.net'],
  ['https://login.microsoftonline.us', 'usgovcloudapi.net'],
  ['https://login.partner.microsoftonline.cn', 'chinacloudapi.cn'],
  ['https://login.chinacloudapi.cn', 'chinacloudapi.cn'],
  ['https://entra.example.com', 'windows.net'],
] as const;

afterEach(() => vi.unstubAllEnvs());

describe('azureDatabasePassword', () => {
  it('returns a function that ignores its arguments and shares one exchange', async () => {
    const { options, sent } = setUp();
    const password = azureDatabasePassword(options);
    expect(password).toHaveLength(0);
    const ignoring = password as (argument: unknown) => Promise<string>;
    const all = await Promise.all(
      Array.from({ length: 20 }, () => ignoring({ scopes: 'https://vault.azure.net/.default' })),
    );
    expect(new Set(all)).toEqual(new Set(['token-1']));
    expect(scopes(sent)).toEqual(['https://ossrdbms-aad.database.windows.net/.default']);
    expect(await password.withExpiry()).toEqual({ password: 'token-1', expiresAt: NOW + 3_600_000 });
  });

  it.each(HOSTS)('requests the resource of the cloud of %s', async (authorityHost, suffix) => {
    const { options, sent } = setUp(undefined, { authorityHost });
    await azureDatabasePassword(options)();
    await azureSqlCredential(options).getToken();
    expect(scopes(sent)).toEqual([
      `https://ossrdbms-aad.database.${suffix}/.default`,
      `https://database.${suffix}/.default`,
    ]);
  });

  it('rejects with the FederationError of the exchange', async () => {
    const body = { error: 'invalid_client', error_description: 'AADSTS700213: No matching …' };
    const { options } = setUp(() => ({ status: 401, body }));
    expect(await failure(azureDatabasePassword(options)())).toMatchObject({ code: 'subject_not_allowed' });
  });
});

describe('azureRedisPassword', () => {
  const token = (claims: object): (() => FakeResponse) => {
    return () => ({ body: { ...GOOD, access_token: jwtOf({ ...claims }) } });
  };

  it('returns the token as the password and its object id as the user, from one exchange', async () => {
    const { options, sent } = setUp(token({ oid: OID, appid: CLIENT }));
    const password = azureRedisPassword(options);
    const [user, secret] = await Promise.all([password.username(), password()]);
    expect(user).toBe(OID);
    expect(secret).toBe(jwtOf({ oid: OID, appid: CLIENT }));
    expect(scopes(sent)).toEqual(['https://redis.azure.com/.default']);
  });

  it.each([
    ['no oid', token({})],
    ['an oid that is not a GUID', token({ oid: 'default' })],
    ['a token that is not a JWT', () => ({})],
  ])('refuses to name a user for %s', async (_case, respond) => {
    const { options } = setUp(respond);
    const error = await failure(azureRedisPassword(options).username());
    expect(error).toMatchObject({ code: 'invalid_response', provider: 'azure' });
    expect(error.message).toContain('`oid`');
    await expect(azureRedisPassword(options)()).resolves.toMatch(/./);
  });
});

describe('azureSqlCredential', () => {
  it('is a TokenCredential that requests the scope of Azure SQL, whatever the server names', async () => {
    const { options, sent } = setUp();
    const credential = azureSqlCredential(options);
    expect(isTokenCredential(credential)).toBe(true);
    await credential.getToken('https://vault.azure.net/.default');
    await credential.getToken(['https://database.windows.net//.default'], {
      requestOptions: { timeout: 5_000 },
    });
    await credential.getToken();
    expect(scopes(sent)).toEqual(['https://database.windows.net/.default']);
  });

  it('passes the abort signal of the call on', async () => {
    const { options } = setUp();
    const abortSignal = AbortSignal.abort();
    expect(await failure(azureSqlCredential(options).getToken('', { abortSignal }))).toMatchObject({
      code: 'aborted',
    });
  });
});

describe.each([azureDatabasePassword, azureRedisPassword, azureSqlCredential].map((create) => ({ create })))(
  '$create.name',
  ({ create }) => {
    const refused = (options: AzureCredentialsProviderOptions & { credentials?: object }): OptionError => {
      try {
        create(options as AzureDatabaseOptions);
      } catch (error) {
        if (OptionError.isInstance(error)) return error;
      }
      throw new Error('an OptionError was expected');
    };

    it('refuses scopes, unknown options and missing ones before anything is sent', () => {
      const good = { tenantId: TENANT, clientId: CLIENT };
      expect(refused({ ...good, scopes: 'https://vault.azure.net/.default' }).message).toBe(
        `${create.name} knows no option \`scopes\`. Remove it: ${create.name} requests the one scope that the database accepts. ` +
          'It knows tokenSource, audience, expect, cache, store, timeoutMs, minValidityMs, fetch, clock, random, onEvent, invocation, ' +
          'tenantId, clientId, authorityHost, additionallyAllowedTenants, allowLoopbackHttp, exchanger, credentials.',
      );
      expect(refused({ ...good, tenant: TENANT } as object).message).toContain('Did you mean `tenantId`?');
      vi.stubEnv('AZURE_TENANT_ID', undefined);
      expect(refused({ clientId: CLIENT }).message).toContain('AZURE_TENANT_ID');
    });

    it('takes a provider or a TokenCredential, and the cloud of the database with it', async () => {
      const { provider, sent } = setUp();
      const asked: unknown[] = [];
      const credential: TokenCredential = {
        async getToken(scope) {
          asked.push(scope);
          return { token: 'theirs', expiresOnTimestamp: 7 };
        },
      };
      const authorityHost = 'https://login.microsoftonline.us';
      for (const credentials of [provider, credential]) {
        const made = create({ credentials, authorityHost });
        const found = await (typeof made === 'function' ? made.withExpiry() : made.getToken());
        expect(found.expiresAt).toBe(credentials === provider ? NOW + 3_600_000 : 7);
      }
      expect(scopes(sent)).toEqual(asked);
      expect(asked).toEqual([expect.stringMatching(/(?:usgovcloudapi\.net|redis\.azure\.com)\/\.default$/)]);
      expect(refused({ credentials: provider, tenantId: TENANT })).toMatchObject({
        code: 'conflicting_options',
        option: 'tenantId',
      });
      expect(refused({ credentials: { get: () => '' } })).toMatchObject({ option: 'credentials' });
    });

    it('refuses a TokenCredential that returns null, which it may', async () => {
      const credential: TokenCredential = { getToken: async () => null };
      const made = create({ credentials: credential });
      await expect(typeof made === 'function' ? made() : made.getToken()).rejects.toMatchObject({
        code: 'invalid_option',
        option: 'credentials',
      });
    });
  },
);
