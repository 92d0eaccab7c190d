import { inspect } from 'node:util';
import { isTokenCredential } from '@azure/core-auth';
import type { Fetch, SubjectTokenSource } from '@credex/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { azureCredentialsProvider, getAzureCredentials } from './azure-credentials-provider.js';
import { azureExchanger } from './azure-exchanger.js';
import type { FakeResponse, Sent } from './azure.fixture.js';
import { CLIENT, GOOD, NOW, TENANT, failure, polyfilledSignal, jwtOf, setUp } from './azure.fixture.js';

const VAULT = 'https://vault.azure.net/.default';
const STORAGE = 'https://storage.azure.com/.default';

afterEach(() => vi.unstubAllEnvs());

describe('azureCredentialsProvider', () => {
  it('is a TokenCredential whose tokens are plain objects', async () => {
    const { provider } = setUp();
    expect(isTokenCredential(provider)).toBe(true);
    const token = await provider.getToken(VAULT);
    expect(token).toEqual({
      token: 'token-1',
      expiresOnTimestamp: NOW + 3_600_000,
      expiresAt: NOW + 3_600_000,
    });
    expect(Object.isFrozen(token)).toBe(false);
  });

  it('makes one exchange for a thousand cold callers', async () => {
    const { provider, sent, options } = setUp();
    const others = azureCredentialsProvider(options);
    const tokens = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) => (index % 2 === 0 ? provider : others).getToken([VAULT])),
    );
    expect(sent).toHaveLength(1);
    expect(new Set(tokens.map(({ token }) => token))).toEqual(new Set(['token-1']));
    await provider.getToken(VAULT);
    expect(sent).toHaveLength(1);
  });

  it('makes one exchange for the configured scopes, whether or not a call names them', async () => {
    const { provider, sent } = setUp(undefined, { scopes: VAULT });
    await Promise.all([
      provider.getCredentials(),
      provider.getCredentials({}),
      provider.getToken(VAULT),
      provider.getToken([VAULT], { tenantId: TENANT.toUpperCase(), enableCae: false }),
    ]);
    expect(sent).toHaveLength(1);
  });

  it('never shares a token between resources, tenants or values of enableCae', async () => {
    const response = ({ url, form }: Sent): FakeResponse => ({
      body: { ...GOOD, access_token: `${url.pathname},${form.get('scope')},${form.has('claims')}` },
    });
    const { provider, sent } = setUp(response, { additionallyAllowedTenants: '*' });
    const requests = [VAULT, STORAGE].flatMap((scope) =>
      [TENANT, 'contoso.com'].flatMap((tenantId) =>
        [true, false].map((enableCae) => ({ scope, tenantId, enableCae })),
      ),
    );
    const getAll = async () =>
      Promise.all(
        Array.from({ length: 10 }, () => requests)
          .flat()
          .map(async ({ scope, ...options }) => {
            const { token } = await provider.getToken(scope, options);
            expect(token).toBe(`/${options.tenantId}/oauth2/v2.0/token,${scope},${options.enableCae}`);
          }),
      );
    await getAll();
    await getAll();
    expect(sent).toHaveLength(8);
  });

  it('requests a new token for a challenge, and caches it', async () => {
    const { provider, sent } = setUp();
    const claims = '{"access_token":{"nbf":{"essential":true,"value":"1800000000"}}}';
    expect((await provider.getToken(VAULT, { enableCae: true })).token).toBe('token-1');
    const challenged = await Promise.all([
      provider.getToken(VAULT, { enableCae: true, claims }),
      provider.getToken(VAULT, { enableCae: true, claims }),
    ]);
    expect(challenged.map(({ token }) => token)).toEqual(['token-2', 'token-2']);
    expect(sent[1]?.form.get('claims')).toContain('1800000000');
    expect((await provider.getToken(VAULT, { enableCae: true })).token).toBe('token-2');
    expect((await provider.getToken(VAULT, { enableCae: true, claims })).token).toBe('token-3');
    expect(sent).toHaveLength(3);
  });

  it('never joins a challenge to an ordinary exchange in flight', async () => {
    const { provider, sent } = setUp();
    const claims = '{"access_token":{"x":null}}';
    const [plain, challenged] = await Promise.all([
      provider.getToken(VAULT),
      provider.getToken(VAULT, { claims }),
    ]);
    expect(sent.map(({ form }) => form.has('claims'))).toEqual(expect.arrayContaining([false, true]));
    expect(sent).toHaveLength(2);
    expect(plain.token).not.toBe(challenged.token);
  });

  it('makes a new exchange for forceRefresh, whatever the library caches', async () => {
    const { provider, sent } = setUp();
    await provider.getCredentials();
    expect((await provider.getCredentials({ forceRefresh: true })).token).toBe('token-2');
    expect(sent).toHaveLength(2);
  });

  it('rejects only the caller that aborts', async () => {
    let release = (_fake: FakeResponse): void => undefined;
    const response = new Promise<FakeResponse>((resolve) => {
      release = resolve;
    });
    const { provider, sent } = setUp(() => response);
    const waiting = provider.getToken(VAULT);
    const controller = new AbortController();
    const native = failure(provider.getToken(VAULT, { abortSignal: controller.signal }));
    const sdkSignal = polyfilledSignal();
    const polyfilled = failure(provider.getToken(VAULT, { abortSignal: sdkSignal }));
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    controller.abort();
    sdkSignal.abort();
    expect([(await native).code, (await polyfilled).code]).toEqual(['aborted', 'aborted']);
    expect(sdkSignal.listeners.size).toBe(0);
    release({});
    expect((await waiting).token).toBe('entra-token');
    expect((await failure(provider.getToken(VAULT, { abortSignal: AbortSignal.abort() }))).code).toBe(
      'aborted',
    );
  });

  it('captures the subject token synchronously, in the caller’s request', () => {
    let captures = 0;
    const source: SubjectTokenSource = {
      capture: () => {
        captures++;
        return { identityKey: undefined, token: () => Promise.reject(new Error('not called')) };
      },
    };
    const { provider } = setUp(undefined, { tokenSource: source });
    const calls = [
      provider.getToken(VAULT),
      provider.getCredentials(),
      provider.getToken(STORAGE, { claims: '{}' }),
    ];
    expect(captures).toBe(3);
    for (const call of calls) call.catch(() => undefined);
  });

  it('replaces a credential that was invalidated after a service rejected it', async () => {
    let now = NOW;
    const { provider, sent } = setUp(undefined, { clock: { now: () => now, monotonic: () => now } });
    const refused = await provider.getToken(VAULT);
    now += 60_000;
    expect(provider.status({ request: { scopes: [VAULT] } }).state).toBe('fresh');
    provider.invalidate(refused);
    expect(provider.status({ request: { scopes: [VAULT] } }).state).toBe('invalidated');
    expect((await provider.getToken(VAULT)).token).toBe('token-2');
    expect(sent).toHaveLength(2);
  });

  it('applies an invalidation predicate to its own credentials, whichever call requested them', async () => {
    let now = NOW;
    const { provider, sent, options } = setUp(undefined, { clock: { now: () => now, monotonic: () => now } });
    const other = azureCredentialsProvider(options);
    await Promise.all([provider.getToken(VAULT), provider.getCredentials(), other.getToken(STORAGE)]);
    now += 60_000;
    provider.invalidate(() => true);
    await Promise.all([provider.getToken(VAULT), provider.getCredentials(), other.getToken(STORAGE)]);
    expect(sent).toHaveLength(5);
  });

  it('serves another spelling of a request from the cache, and reads a list of scopes again after it was changed', async () => {
    const { provider, sent } = setUp(undefined, { additionallyAllowedTenants: '*' });
    const scopes = [VAULT];
    await provider.getToken(scopes);
    await provider.getToken(VAULT, { tenantId: TENANT.toUpperCase(), enableCae: false });
    await provider.getCredentials({ request: { scopes, tenantId: TENANT } });
    expect(sent).toHaveLength(1);
    scopes[0] = STORAGE;
    await provider.getToken(scopes);
    await provider.getToken(VAULT, { enableCae: true });
    await provider.getToken(VAULT, { tenantId: 'contoso.onmicrosoft.com' });
    expect(sent).toHaveLength(4);
    await provider.getToken(VAULT);
    expect(sent).toHaveLength(4);
  });

  it('invalidates the tokens in use, however many resources were requested', async () => {
    let now = NOW;
    let exchanges = 0;
    const { provider } = setUp(undefined, {
      clock: { now: () => now, monotonic: () => now },
      exchanger: (configuration) =>
        azureExchanger(configuration, async () => {
          const expiresAt = now + 3_600_000;
          return { credential: { token: `token-${++exchanges}`, expiresAt, expiresOnTimestamp: expiresAt } };
        }),
    });
    for (const at of [...Array(1_100).keys(), 0]) await provider.getToken(`api://${at}/.default`);
    now += 60_000;
    const before = exchanges;
    provider.invalidate(() => true);
    for (const at of [0, 1_099]) await provider.getToken(`api://${at}/.default`);
    expect(exchanges - before).toBe(2);
  });

  it('gives a hint without secrets when no federated credential matches the subject', async () => {
    const mark = 'TWFya2VkU2lnbmF0dXJl';
    const jwt = jwtOf({ user_id: 'user_marked' }, mark);
    const body = {
      error: 'invalid_client',
      error_description: `AADSTS700213: No matching record for '${jwt}'. Trace ID: 1`,
      error_codes: [700213],
    };
    const { provider } = setUp(() => ({ status: 401, body }), {}, jwt);
    const error = await failure(provider.getToken(VAULT));
    expect(error).toMatchObject({
      code: 'subject_not_allowed',
      status: 401,
      serverCode: 'AADSTS700213',
      retryable: false,
    });
    expect(error.hint).toContain(`az ad app federated-credential create --id ${CLIENT}`);
    const shown = [
      error.message,
      error.stack,
      JSON.stringify(error),
      inspect(error, { depth: Infinity, showHidden: true }),
    ];
    for (const text of shown) {
      expect(text).not.toContain(mark);
      expect(text).not.toContain(jwt.split('.')[1]);
      expect(text).not.toContain('user_marked');
    }
  });
});

describe('without an exchanger', () => {
  it('makes the exchange directly, with the user’s fetch', async () => {
    const urls: string[] = [];
    const fetch: Fetch = async (url) => {
      urls.push(String(url));
      return Response.json(GOOD);
    };
    const { provider } = setUp(undefined, { exchanger: undefined, fetch });
    const calls = [provider.getToken(VAULT), provider.getToken(VAULT)];
    expect((await Promise.all(calls)).map(({ token }) => token)).toEqual(['entra-token', 'entra-token']);
    expect(urls).toEqual([`https://login.microsoftonline.com/${TENANT}/oauth2/v2.0/token`]);
  });
});

describe('getAzureCredentials', () => {
  it('requests a token for Azure Resource Manager and shares the cache', async () => {
    const { sent, options } = setUp();
    const { token, expiresAt, expiresOnTimestamp } = await getAzureCredentials(options);
    await getAzureCredentials(options, { request: { scopes: ['https://management.azure.com/.default'] } });
    expect(sent.map(({ form }) => form.get('scope'))).toEqual(['https://management.azure.com/.default']);
    expect([token, expiresAt]).toEqual(['token-1', expiresOnTimestamp]);
  });

  it('rejects, and does not throw, for a missing option', async () => {
    vi.stubEnv('AZURE_TENANT_ID', undefined);
    await expect(getAzureCredentials({ clientId: CLIENT })).rejects.toMatchObject({
      code: 'missing_option',
      option: 'tenantId',
    });
  });
});
