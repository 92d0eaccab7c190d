/**
 * Variables and settings that would move an SDK's requests: none of them moves the token. Names are looked up and
 * not found, so that nothing leaves this machine; what was looked up is where the token would have gone.
 */

import dns from 'node:dns';
import net from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fetch } from '@credex/core';
import { createCredentialCache } from '@credex/core';
import { awsCredentialsProvider } from '@credex/aws';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { clearEnvironment, setEnvironment } from '../support/environment.js';
import { EXCHANGERS, WAYS } from '../support/ways.js';
import { startTrap } from './canary.js';
import type { ProviderUnderTest } from './hostile-options.js';
import { PROVIDERS, JWT } from './hostile-options.js';

let trap: Awaited<ReturnType<typeof startTrap>>;
let folder: string;
beforeAll(async () => {
  trap = await startTrap();
  folder = await mkdtemp(join(tmpdir(), 'credex-'));
});
afterAll(async () => {
  await trap.close();
  await rm(folder, { recursive: true });
});

let lookedUp: string[] = [];
beforeEach(() => {
  clearEnvironment();
  lookedUp = [];
  const notFound = (hostname: string, ...rest: unknown[]): void => {
    lookedUp.push(hostname);
    const done = rest.at(-1) as (error: Error) => void;
    process.nextTick(
      done,
      Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' }),
    );
  };
  vi.spyOn(dns, 'lookup').mockImplementation(notFound as never);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  trap.seen.connections = 0;
  trap.seen.bytes = '';
});

interface Moved {
  readonly tested: ProviderUnderTest;
  readonly name: string;
  readonly variables: () => Readonly<Record<string, string>>;
  /** Where the token goes all the same. */
  readonly host: string;
}

const at = (scheme: string): string => `${scheme}://127.0.0.1:${trap.port}`;
const AWS_HOST = 'sts.eu-west-1.amazonaws.com';
const GCP_HOST = 'sts.googleapis.com';
const AZURE_HOST = 'login.microsoftonline.com';

const aws = (name: string, variables: Moved['variables']): Moved => ({
  tested: PROVIDERS.aws,
  name,
  variables,
  host: AWS_HOST,
});
const gcp = (name: string, variables: Moved['variables']): Moved => ({
  tested: PROVIDERS.gcp,
  name,
  variables,
  host: GCP_HOST,
});
const azure = (name: string, variables: Moved['variables']): Moved => ({
  tested: PROVIDERS.azure,
  name,
  variables,
  host: AZURE_HOST,
});

const MOVED: readonly Moved[] = [
  aws('AWS_ENDPOINT_URL', () => ({ AWS_ENDPOINT_URL: at('http') })),
  aws('AWS_ENDPOINT_URL_STS', () => ({ AWS_ENDPOINT_URL_STS: at('http') })),
  aws('AWS_ENDPOINT_URL_STS of another host', () => ({ AWS_ENDPOINT_URL_STS: 'https://sts.evil.example' })),
  aws('the shared files of AWS', () => ({
    AWS_CONFIG_FILE: join(folder, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'config'),
    AWS_PROFILE: 'moved',
    AWS_SDK_LOAD_CONFIG: '1',
  })),
  aws('AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT', () => ({
    AWS_USE_FIPS_ENDPOINT: 'true',
    AWS_USE_DUALSTACK_ENDPOINT: 'true',
    AWS_STS_REGIONAL_ENDPOINTS: 'legacy',
  })),
  aws('static keys and a role of their own', () => ({
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'x'.repeat(40),
    AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, 'config'),
    AWS_CONTAINER_CREDENTIALS_FULL_URI: at('http'),
  })),
  gcp('a universe', () => ({
    GOOGLE_CLOUD_UNIVERSE_DOMAIN: 'evil.example',
    CLOUDSDK_CORE_UNIVERSE_DOMAIN: 'evil.example',
  })),
  gcp('a metadata server', () => ({
    GCE_METADATA_HOST: `127.0.0.1:${trap.port}`,
    GCE_METADATA_IP: `127.0.0.1:${trap.port}`,
  })),
  gcp('a credential file that names URLs', () => ({
    GOOGLE_APPLICATION_CREDENTIALS: join(folder, 'external.json'),
    GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: '1',
    GOOGLE_CLOUD_PROJECT: 'evil',
  })),
  azure('MSAL’s regions', () => ({
    AZURE_REGIONAL_AUTHORITY_NAME: 'evil.example',
    MSAL_FORCE_REGION: 'evil',
    REGION_NAME: 'evil',
  })),
  azure('managed identities and the token file of a cluster', () => ({
    IDENTITY_ENDPOINT: at('http'),
    IDENTITY_HEADER: 'x',
    MSI_ENDPOINT: at('http'),
    AZURE_POD_IDENTITY_AUTHORITY_HOST: at('http'),
    AZURE_FEDERATED_TOKEN_FILE: join(folder, 'config'),
    AZURE_TOKEN_CREDENTIALS: 'prod',
  })),
];

beforeAll(async () => {
  const moved = at('http');
  await writeFile(
    join(folder, 'config'),
    `[profile moved]\nendpoint_url = ${moved}\nregion = cn-north-1\nservices = s\nuse_fips_endpoint = true\n[services s]\nsts =\n  endpoint_url = ${moved}\n`,
  );
  const file = { type: 'external_account', token_url: moved, service_account_impersonation_url: moved };
  await writeFile(join(folder, 'external.json'), JSON.stringify(file));
});

const MOVED_EITHER_WAY = WAYS.flatMap((way) => MOVED.map((moved) => ({ ...moved, way })));

describe.each(MOVED_EITHER_WAY)('$tested.name, $way: $name', ({ tested, way, variables, host }) => {
  const ask = (more: object): Promise<unknown> =>
    tested.get({
      ...tested.good,
      ...EXCHANGERS[way][tested.name],
      tokenSource: () => JWT,
      cache: createCredentialCache(),
      random: () => 0,
      ...more,
    });

  test('asks for the host that the options name', async () => {
    setEnvironment(variables());
    await expect(ask({})).rejects.toMatchObject({ code: 'network', retryable: true });
    expect(new Set(lookedUp)).toEqual(new Set([host]));
    expect(trap.seen).toEqual({ connections: 0, bytes: '' });
  });

  test('and so does a fetch of the user’s', async () => {
    setEnvironment(variables());
    const asked: URL[] = [];
    const fetch: Fetch = (url) => {
      asked.push(new URL(url));
      return Promise.reject(new TypeError('fetch failed'));
    };
    await expect(ask({ fetch })).rejects.toMatchObject({ code: 'network' });
    expect(new Set(asked.map(({ origin }) => origin))).toEqual(new Set([`https://${host}`]));
    expect(lookedUp).toEqual([]);
    expect(trap.seen).toEqual({ connections: 0, bytes: '' });
  });
});

test.each(['evil.com/#', 'EVIL', 'evil.com', '', 42])(
  'a calling client of the region %o moves nothing',
  async (region) => {
    const provider = awsCredentialsProvider({
      ...PROVIDERS.aws.good,
      tokenSource: () => JWT,
      cache: createCredentialCache(),
      random: () => 0,
    });
    const callerClientConfig = { region: async () => region };
    await expect(provider({ callerClientConfig })).rejects.toMatchObject({ code: 'network' });
    expect(new Set(lookedUp)).toEqual(new Set([AWS_HOST]));
  },
);

const VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY'] as const;

/** Every pair of a cloud, a way and a variable, in half of all combinations. */
const BEHIND_A_PROXY = VARIABLES.flatMap((variable, row) =>
  Object.values(PROVIDERS).map((tested, column) => ({
    ...tested,
    variable,
    way: WAYS[(row + column) % WAYS.length] ?? WAYS[0],
  })),
);

describe('behind a proxy', () => {
  test.each(BEHIND_A_PROXY)('$name, $way: $variable sees a host name at most', async (tested) => {
    const { variable } = tested;
    setEnvironment({ [variable]: at('http'), HTTP_PROXY: at('http'), http_proxy: at('http') });
    const connect = vi.spyOn(net.Socket.prototype, 'connect');
    const asked = tested.get({
      ...tested.good,
      ...EXCHANGERS[tested.way][tested.name],
      tokenSource: () => JWT,
      cache: createCredentialCache(),
      random: () => 0,
      timeoutMs: 300,
    });
    await expect(asked).rejects.toMatchObject({ name: 'FederationError', retryable: true });
    expect(connect.mock.calls.length).toBeGreaterThan(0);
    for (const line of trap.seen.bytes.split('\r\n').filter((text) => text !== ''))
      expect(line).toMatch(/^CONNECT [\w.-]+:443 HTTP\/1\.1$|^[\w-]+: [\w.:/ -]*$/);
    expect(trap.seen.bytes).not.toContain(JWT.slice(20, 60));
  });
});
