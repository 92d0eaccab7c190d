/** The direct exchange compared with Microsoft's own credential: the same on the wire, case by case. */

import type { ClientAssertionCredentialOptions } from '@azure/identity';
import { ClientAssertionCredential } from '@azure/identity';
import type { AzureCredentialsProviderOptions, AzureTokenOptions } from '@credex/azure';
import { azureCredentialsProvider } from '@credex/azure';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { directAzure } from '../support/direct.js';
import { clearEnvironment } from '../support/environment.js';
import { AZURE_DEPARTURES, oracle } from './differences.js';
import type { SentRequest } from './request-parts.js';
import { alone, capture, jwtOf, overSocket, wireOf } from './request-parts.js';

beforeEach(() => clearEnvironment());
afterEach(() => void vi.unstubAllEnvs());

type Call = Pick<AzureTokenOptions, 'claims' | 'enableCae' | 'tenantId'>;

interface Asked extends Call {
  readonly name: string;
  readonly scopes?: string | string[];
  readonly tenant?: string;
  readonly clientId?: string;
  readonly authorityHost?: string;
  /** Microsoft doesn't know the authority: the library asks it, unless told not to. */
  readonly unlisted?: boolean;
}

const TENANT = '6c1b7f5e-2a4d-4f7e-9a55-3c1d6b3f0a11';
const OTHER_TENANT = '11111111-2222-4333-8444-555555555555';
const CLIENT = 'f3d2a9c4-8e17-4b0a-b6de-51c0a7e94d22';
const VAULT = 'https://vault.azure.net/.default';
const JWT = jwtOf();

const CHALLENGES: Readonly<Record<string, string>> = {
  'of a revoked session':
    '{"access_token":{"nbf":{"essential":true,"value":"1604106651"},"xms_rp_ipaddr":{"value":"203.0.113.1"}}}',
  'with a capability of another': '{"access_token":{"xms_cc":{"values":["cp2","x"]},"acrs":{"value":"c1"}}}',
  'without an access token': '{"userinfo":{"name":null}}',
  'with an ID token': '{"id_token":{"auth_time":{"essential":true},"login_hint":{"essential":true}}}',
  'of nothing': '{}',
  'with white space': ' {\n "access_token" :\t{ "a" : [ 1 , 2.50, 1e3 ] } }',
  'of nested members': '{"access_token":{"a":{"b":{"c":[{"d":null},true,"e"]}}},"z":{"y":{}}}',
  'of odd characters': `{"access_token":{"é\\"\\\\/&=+%?#'()*!~ 😀":"\\u0000\\ud83d\\ude00\\n"}}`,
  'of numbers for names': '{"2":{},"10":{},"1":{},"access_token":{"3":1,"1":2}}',
};

/** The library's own table of clouds, former and second names included. */
const MICROSOFTS: readonly string[] = [
  'login.microsoftonline.com',
  'login.windows.net',
  'login.microsoft.com',
  'sts.windows.net',
  'login.microsoftonline.us',
  'login.usgovcloudapi.net',
  'login.partner.microsoftonline.cn',
  'login.chinacloudapi.cn',
  'login.sovcloud-identity.fr',
  'login.sovcloud-identity.de',
  'login.sovcloud-identity.sg',
];

const CASES: readonly Asked[] = [
  { name: 'nothing but what is required' },
  { name: 'a tenant named by its domain', tenant: 'contoso.onmicrosoft.com' },
  { name: 'a tenant in capitals', tenant: TENANT.toUpperCase() },
  { name: 'a client in capitals', clientId: CLIENT.toUpperCase() },
  ...MICROSOFTS.map((host) => ({ name: `the cloud of ${host}`, authorityHost: `https://${host}` })),
  { name: 'an authority of one’s own', authorityHost: 'https://login.example.com:8443', unlisted: true },
  { name: 'another tenant for one call', tenantId: OTHER_TENANT },
  { name: 'Resource Manager', scopes: 'https://management.azure.com/.default' },
  { name: 'a resource that ends in a slash', scopes: 'https://database.windows.net//.default' },
  { name: 'a resource in capitals', scopes: 'https://Vault.Azure.NET/.default' },
  { name: 'an application', scopes: `api://${CLIENT}/.default` },
  { name: 'a resource by id', scopes: `${CLIENT}/.default` },
  { name: 'a resource of odd characters', scopes: `https://x.example/a!$'()*+,;=:@~-_%7E?b&c#d/.default` },
  { name: 'a scope in a list', scopes: [VAULT] },
  { name: 'a scope twice', scopes: [VAULT, VAULT] },
  { name: 'continuous access evaluation', enableCae: true },
  { name: 'none', enableCae: false },
  ...Object.entries(CHALLENGES).flatMap(([what, claims]): Asked[] => [
    { name: `a challenge ${what}`, claims },
    { name: `a challenge ${what}, with continuous access evaluation`, claims, enableCae: true },
  ]),
  {
    name: 'everything at once',
    tenantId: OTHER_TENANT,
    authorityHost: 'https://login.microsoftonline.us',
    scopes: ['https://management.usgovcloudapi.net/.default'],
    claims: '{"access_token":{"nbf":{"essential":true}}}',
    enableCae: true,
  },
];

const ANSWER = JSON.stringify({
  token_type: 'Bearer',
  expires_in: 3_599,
  ext_expires_in: 3_599,
  access_token: 'entra-token',
});

type HttpClient = NonNullable<ClientAssertionCredentialOptions['httpClient']>;

/** The library's own seam. What it looks up before (for an authority of one's own) is answered, and isn't the exchange. */
function recording(sent: SentRequest[]): HttpClient {
  return {
    async sendRequest(request) {
      const { method, url, body } = request;
      if (method === 'POST')
        sent.push({ method, url, headers: request.headers.toJSON(), body: String(body) });
      const tenant = url.replace(/\/v2\.0\/.*$/, '');
      const document = {
        issuer: `${tenant}/v2.0`,
        token_endpoint: `${tenant}/oauth2/v2.0/token`,
        authorization_endpoint: `${tenant}/oauth2/v2.0/authorize`,
        jwks_uri: `${tenant}/discovery/v2.0/keys`,
      };
      const headers = request.headers;
      return {
        request,
        status: 200,
        headers,
        bodyAsText: method === 'POST' ? ANSWER : JSON.stringify(document),
      };
    },
  };
}

const callOf = ({ claims, enableCae, tenantId }: Asked): Call => ({
  ...(claims === undefined ? {} : { claims }),
  ...(enableCae === undefined ? {} : { enableCae }),
  ...(tenantId === undefined ? {} : { tenantId }),
});

async function byLibrary(asked: Asked): Promise<SentRequest[]> {
  const sent: SentRequest[] = [];
  const { tenant = TENANT, clientId = CLIENT, scopes = VAULT, authorityHost } = asked;
  const credential = new ClientAssertionCredential(tenant, clientId, async () => JWT, {
    httpClient: recording(sent),
    additionallyAllowedTenants: ['*'],
    retryOptions: { maxRetries: 0 },
    ...(authorityHost === undefined ? {} : { authorityHost }),
    disableInstanceDiscovery: asked.unlisted ?? false,
  });
  await credential.getToken(scopes, callOf(asked) as Parameters<typeof credential.getToken>[1]);
  return sent;
}

async function direct(asked: Asked): Promise<SentRequest[]> {
  const { sent, fetch } = capture(() => ANSWER);
  const { tenant = TENANT, clientId = CLIENT, scopes = VAULT, authorityHost } = asked;
  const options: AzureCredentialsProviderOptions = { tenantId: tenant, clientId, authorityHost };
  const provider = azureCredentialsProvider({
    ...options,
    additionallyAllowedTenants: '*',
    ...alone(JWT, fetch),
    exchanger: directAzure,
  });
  await provider.getToken(scopes, callOf(asked));
  return sent;
}

const { expectSame, testThatEachIsMet } = oracle(AZURE_DEPARTURES);

describe('compared with @azure/identity', () => {
  test.each(CASES)('$name', async (asked) => {
    const official = (await byLibrary(asked)).map(wireOf);
    expect(official).toHaveLength(1);
    expectSame(official, (await direct(asked)).map(wireOf));
  });
});

test('over a socket, as it leaves to its users; the library takes no http', () =>
  overSocket(
    () => ANSWER,
    async (origin, sent) => {
      const asked: Asked = {
        name: '',
        claims: CHALLENGES['of a revoked session'] as string,
        enableCae: true,
      };
      const options = { tenantId: TENANT, clientId: CLIENT, authorityHost: origin, allowLoopbackHttp: true };
      await azureCredentialsProvider({ ...options, ...alone(JWT) }).getToken(VAULT, callOf(asked));
      const official = (await byLibrary(asked)).map(wireOf).map((wire) => ({ ...wire, origin }));
      expectSame(official, sent.map(wireOf));
    },
  ));

describe('what the library fails at, or drops the capability for, we refuse', () => {
  test.each(['null', '"text"', '7', '[1]'])('claims of an access token that are %s', async (own) => {
    const asked: Asked = { name: '', claims: `{"access_token":${own}}`, enableCae: true };
    const official = await byLibrary(asked).then(
      (sent) => sent.map(({ body }) => new URLSearchParams(body).get('claims')),
      () => [],
    );
    expect(official.filter((claims) => claims?.includes('cp1'))).toEqual([]);
    await expect(direct(asked)).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

testThatEachIsMet();
