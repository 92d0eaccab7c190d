// Longer than 300 lines: all outcomes of one exchange by the library.
import type { Fetch } from '@credex/core';
import { FederationError, OptionError } from '@credex/core';
import type { ExchangeContext, ExchangeResult } from '@credex/core/internal';
import { transportOf } from '@credex/core/internal';
import { readSubjectToken } from '@credex/core/on-demand';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AzureCredentialsProviderOptions } from './options.js';
import { azureConfiguration } from './options.js';
import { azureRequest } from './request.js';
import type { PartialAzureRequest } from './request.js';
import type { AzureCredentials } from './types.js';
import type { Sent } from './azure.fixture.js';
import { CLIENT, GOOD, NOW, TENANT, jwtOf, recorder } from './azure.fixture.js';
import type { AzureIdentityClientOptions } from './identity.js';
import { azureIdentityExchanger } from './identity.js';

const JWT = jwtOf();

function context(fetch: Fetch, signal: AbortSignal): ExchangeContext & { reads: number } {
  const made = {
    reads: 0,
    signal,
    async subject() {
      made.reads++;
      return readSubjectToken(JWT);
    },
    step: <T>(_host: string, run: (own: AbortSignal) => Promise<T>) => run(signal),
    post: (
      url: URL,
      init: { headers: Readonly<Record<string, string>>; body: string; signal?: AbortSignal },
    ) => transportOf(fetch)('azure', url, { signal, ...init }),
  };
  return made;
}

interface Run {
  readonly options?: Partial<AzureCredentialsProviderOptions>;
  readonly clientOptions?: AzureIdentityClientOptions;
  readonly request?: PartialAzureRequest;
  readonly signal?: AbortSignal;
}

async function exchange({
  options,
  clientOptions,
  request: partial,
  signal,
}: Run): Promise<ExchangeResult<AzureCredentials>> {
  const configuration = azureConfiguration({
    tenantId: TENANT,
    clientId: CLIENT,
    clock: { now: () => NOW, monotonic: () => 0 },
    ...options,
  });
  const never: Fetch = () => Promise.reject(new Error('fetch was not given'));
  const made = context(configuration.fetch ?? never, signal ?? new AbortController().signal);
  const request = azureRequest(configuration, partial);
  const issued = await azureIdentityExchanger({ clientOptions })(configuration).exchange(request, made);
  expect(made.reads).toBe(1);
  return issued;
}

const ENDPOINT = `https://login.microsoftonline.com/${TENANT}/oauth2/v2.0/token`;

afterEach(() => vi.unstubAllEnvs());

describe('the request of @azure/identity', () => {
  it('is one POST of the assertion to the tenant’s token endpoint, without a lookup before it', async () => {
    const { sent, httpClient } = recorder();
    const { credential, refreshAt, maxLifetimeMs } = await exchange({ clientOptions: { httpClient } });
    expect(sent.map(({ method, url }) => `${method} ${url.href}`)).toEqual([`POST ${ENDPOINT}`]);
    expect(Object.fromEntries(sent[0]?.form ?? [])).toMatchObject({
      client_id: CLIENT,
      grant_type: 'client_credentials',
      client_assertion: JWT,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });
    expect(sent[0]?.form.get('scope')).toBe('https://management.azure.com/.default');
    expect(sent[0]?.form.has('claims')).toBe(false);
    expect(credential).toEqual({
      token: 'entra-token',
      expiresOnTimestamp: NOW + 3_600_000,
      expiresAt: NOW + 3_600_000,
    });
    expect(Object.isFrozen(credential)).toBe(true);
    expect([refreshAt, maxLifetimeMs]).toEqual([undefined, 28 * 3_600_000]);
  });

  it('returns the refresh time that Entra advises', async () => {
    const { httpClient } = recorder(() => ({ body: { ...GOOD, expires_in: 86_400, refresh_in: 43_200 } }));
    const { credential, refreshAt } = await exchange({ clientOptions: { httpClient } });
    expect(refreshAt).toBe(NOW + 43_200_000);
    expect(credential.refreshAfterTimestamp).toBe(NOW + 43_200_000);
  });

  it('is sent for each exchange: MSAL caches nothing', async () => {
    let count = 0;
    const { sent, httpClient } = recorder(() => ({ body: { ...GOOD, access_token: `token-${++count}` } }));
    const tokens = [
      await exchange({ clientOptions: { httpClient } }),
      await exchange({ clientOptions: { httpClient } }),
    ];
    expect(sent).toHaveLength(2);
    expect(tokens.map(({ credential }) => credential.token)).toEqual(['token-1', 'token-2']);
  });

  it('sends enableCae as the client capability cp1, merged with the claims of a challenge', async () => {
    const { sent, httpClient } = recorder();
    const cp1 = { xms_cc: { values: ['cp1'] } };
    await exchange({ clientOptions: { httpClient }, request: { enableCae: true } });
    const claimsOf = (one: Sent | undefined): unknown => JSON.parse(one?.form.get('claims') ?? '');
    expect(claimsOf(sent[0])).toHaveProperty('access_token', cp1);
    const nbf = { essential: true, value: '1800000000' };
    const claims = JSON.stringify({ access_token: { nbf } });
    await exchange({ clientOptions: { httpClient }, request: { enableCae: true, claims } });
    expect(claimsOf(sent[1])).toHaveProperty('access_token', { nbf, ...cp1 });
  });

  it('goes to another tenant if the call names one', async () => {
    const { sent, httpClient } = recorder();
    // With this variable, the library would silently return a token of the configured tenant.
    vi.stubEnv('AZURE_IDENTITY_DISABLE_MULTITENANTAUTH', '1');
    await exchange({
      options: { additionallyAllowedTenants: ['contoso.com'] },
      clientOptions: { httpClient },
      request: { tenantId: 'Contoso.com' },
    });
    expect(sent[0]?.url.pathname).toBe('/contoso.com/oauth2/v2.0/token');
  });
});

describe('the endpoint of the request', () => {
  it.each([
    ['AZURE_REGIONAL_AUTHORITY_NAME', 'westus2'],
    ['AZURE_REGIONAL_AUTHORITY_NAME', 'evil.example/#'],
    ['AZURE_REGIONAL_AUTHORITY_NAME', 'AutoDiscoverRegion'],
    ['MSAL_FORCE_REGION', 'westus2'],
    ['AZURE_AUTHORITY_HOST', 'https://login.microsoftonline.us'],
    ['AZURE_AUTHORITY_HOST', 'http://evil.example'],
  ])('is not changed by the environment variable %s=%s', async (variable, value) => {
    vi.stubEnv(variable, value);
    const { sent, httpClient } = recorder();
    const options = { authorityHost: 'https://login.microsoftonline.com' };
    await exchange({ options, clientOptions: { httpClient } });
    expect(sent.map(({ method, url }) => `${method} ${url.href}`)).toEqual([`POST ${ENDPOINT}`]);
  });

  it.each([
    ['https://login.microsoftonline.us', 'login.microsoftonline.us'],
    ['https://login.partner.microsoftonline.cn/', 'login.partner.microsoftonline.cn'],
    ['https://login.chinacloudapi.cn', 'login.partner.microsoftonline.cn'],
    ['https://entra.internal.example:8443', 'entra.internal.example:8443'],
    ['https://acme.ciamlogin.com', 'acme.ciamlogin.com'],
  ])('is on %s, without discovery', async (authorityHost, host) => {
    const { sent, httpClient } = recorder();
    await exchange({ options: { authorityHost }, clientOptions: { httpClient } });
    expect(sent.map(({ method, url }) => `${method} ${url.href}`)).toEqual([
      `POST https://${host}/${TENANT}/oauth2/v2.0/token`,
    ]);
  });

  it('sends to the right tenant if the host name ends with the tenant name', async () => {
    const { sent, httpClient } = recorder();
    await exchange({ options: { tenantId: 'microsoftonline.com' }, clientOptions: { httpClient } });
    expect(sent[0]?.url.pathname).toBe('/microsoftonline.com/oauth2/v2.0/token');
  });

  it.each([
    [307, 'https://evil.example/token'],
    [307, `/other/oauth2/v2.0/token`],
    [303, 'https://evil.example/token'],
    [300, '/other'],
  ])('does not follow a redirect (%i to %s)', async (status, location) => {
    const { sent, httpClient } = recorder(() => ({ status, headers: { location }, body: '' }));
    const error = await exchange({ clientOptions: { httpClient } }).catch((thrown: unknown) => thrown);
    expect(sent).toHaveLength(1);
    expect(await azureIdentityExchanger()(configured()).classify(error, undefined)).toMatchObject({
      code: 'redirect_refused',
      retry: 'never',
      status,
    });
  });
});

function configured(options: Partial<AzureCredentialsProviderOptions> = {}) {
  return azureConfiguration({ tenantId: TENANT, clientId: CLIENT, ...options });
}

describe('a failed exchange', () => {
  const classified = async (respond: Parameters<typeof recorder>[0]) => {
    const { sent, httpClient } = recorder(respond);
    const error = await exchange({ clientOptions: { httpClient } }).catch((thrown: unknown) => thrown);
    expect(sent, 'one attempt: credex makes the retries').toHaveLength(1);
    return azureIdentityExchanger()(configured()).classify(error, undefined);
  };

  it('reports the status, the AADSTS numbers and Retry-After, which the library drops', async () => {
    const body = {
      error: 'invalid_client',
      error_description: 'AADSTS700213: No match.',
      error_codes: [700213],
    };
    expect(await classified(() => ({ status: 401, body }))).toMatchObject({
      code: 'subject_not_allowed',
      status: 401,
      serverCode: 'AADSTS700213',
    });
    expect(
      await classified(() => ({ status: 429, body: {}, headers: { 'retry-after': '17' } })),
    ).toMatchObject({ code: 'throttled', retry: 'now', throttled: true, retryAfterMs: 17_000 });
    expect(await classified(() => ({ status: 503, body: '<html>' }))).toMatchObject({
      code: 'unavailable',
      retry: 'now',
      status: 503,
    });
    expect(await classified(() => ({ body: '<html>' }))).toMatchObject({
      code: 'invalid_response',
      retry: 'now',
      retriesAtMost: 1,
    });
    expect(await classified(() => ({ body: { ...GOOD, expires_in: undefined } }))).toMatchObject({
      code: 'invalid_response',
    });
    expect(await classified(() => ({ body: `{"x":"${'x'.repeat(300_000)}"}` }))).toMatchObject({
      code: 'invalid_response',
    });
    expect(
      await classified(() => Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })),
    ).toMatchObject({ code: 'network', retry: 'now' });
  });

  it('reads the response from an error that an HTTP client throws for a status', async () => {
    const response = {
      status: 429,
      headers: { toJSON: () => ({ 'retry-after': '3' }) },
      bodyAsText: '{"error":"slow_down"}',
    };
    const thrown = Object.assign(new Error('429'), { name: 'RestError', response });
    expect(await classified(() => thrown)).toMatchObject({
      code: 'throttled',
      retryAfterMs: 3_000,
      status: 429,
      serverCode: 'slow_down',
    });
    const broken = { ...response, status: 200 };
    const cut = Object.assign(new Error('aborted'), { code: 'ECONNRESET', response: broken });
    expect(await classified(() => cut)).toMatchObject({ code: 'network', retry: 'now' });
  });

  it('passes the step’s signal to the HTTP client', async () => {
    const { sent, httpClient } = recorder();
    const { signal } = new AbortController();
    await exchange({ clientOptions: { httpClient }, signal });
    expect(sent[0]?.signal).toBe(signal);
  });

  it('throws an OptionError if a policy of the user returns a response itself', async () => {
    const policy: NonNullable<AzureIdentityClientOptions['additionalPolicies']>[number]['policy'] = {
      name: 'stub',
      sendRequest: async (request) => ({
        request,
        status: 200,
        headers: request.headers,
        bodyAsText: JSON.stringify(GOOD),
      }),
    };
    const failed = exchange({ clientOptions: { additionalPolicies: [{ policy, position: 'perCall' }] } });
    await expect(failed).rejects.toSatisfy(OptionError.isInstance);
  });
});

describe('the option fetch', () => {
  it('sends the POST, without following redirects', async () => {
    const seen: { url: string; init: RequestInit | undefined }[] = [];
    const fetch: Fetch = async (url, init) => {
      seen.push({ url: String(url), init });
      return Response.json(GOOD);
    };
    const { credential } = await exchange({ options: { fetch, authorityHost: 'https://entra.example' } });
    expect(credential.token).toBe('entra-token');
    expect(seen.map(({ url }) => url)).toEqual([`https://entra.example/${TENANT}/oauth2/v2.0/token`]);
    expect(seen[0]?.init).toMatchObject({ method: 'POST', redirect: 'manual' });
    expect(new URLSearchParams(String(seen[0]?.init?.body)).get('client_assertion')).toBe(JWT);
  });

  it('keeps core’s error for a refused redirect', async () => {
    const fetch: Fetch = async () =>
      new Response(null, { status: 307, headers: { location: 'https://evil.example' } });
    const error = await exchange({ options: { fetch } }).catch((thrown: unknown) => thrown);
    expect(FederationError.isInstance(error) && error.code).toBe('redirect_refused');
  });
});

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
