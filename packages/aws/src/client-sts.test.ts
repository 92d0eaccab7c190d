import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OptionError, createCredentialCache } from '@credex/core';
import { describe, expect, it, vi } from 'vitest';
import { awsCredentialsProvider, getAwsCredentials } from './aws-credentials-provider.js';
import type { AwsCredentialsProviderOptions } from './options.js';
import { awsConfiguration } from './options.js';
import {
  NOW,
  ROLE,
  isolated,
  issuedXml,
  recordingFetch,
  recordingHandler,
  rejection,
  stubbedClient,
  subjectJwt,
  thrownBy,
  withoutPlatform,
} from './aws.fixture.js';
import { clientStsExchanger } from './client-sts.js';
import { stsClient, stsEndpointOf } from './client-sts/sts-client.js';

withoutPlatform();

const neverPost = (): never => {
  throw new Error('Nothing was to be posted by fetch.');
};

/** The host that the SDK's own HTTP handler is asked to reach. */
async function hostBySocket(options: AwsCredentialsProviderOptions, region = 'eu-west-1'): Promise<string> {
  const configuration = awsConfiguration({ roleArn: ROLE, ...options });
  const client = stsClient(configuration, stsEndpointOf(configuration, region), neverPost);
  const { sent, handler } = recordingHandler();
  Object.assign(client.config, { requestHandler: handler });
  const { AssumeRoleWithWebIdentityCommand } = await import('@aws-sdk/client-sts');
  await client.send(
    new AssumeRoleWithWebIdentityCommand({ RoleArn: ROLE, RoleSessionName: 'credex', WebIdentityToken: 't' }),
  );
  return sent.map(({ url }) => url.origin).join();
}

const CN = 'arn:aws-cn:iam::123456789012:role/app';
const GOV = 'arn:aws-us-gov:iam::123456789012:role/app';
const EUSC = 'arn:aws-eusc:iam::123456789012:role/app';
const both = { useFipsEndpoint: true, useDualstackEndpoint: true };

describe('where the token goes', () => {
  const places: [AwsCredentialsProviderOptions, string, string][] = [
    [{}, 'eu-west-1', 'sts.eu-west-1.amazonaws.com'],
    [{}, 'us-east-1', 'sts.us-east-1.amazonaws.com'],
    [{ useFipsEndpoint: true }, 'us-east-2', 'sts-fips.us-east-2.amazonaws.com'],
    [{ useDualstackEndpoint: true }, 'eu-west-1', 'sts.eu-west-1.api.aws'],
    [both, 'us-west-2', 'sts-fips.us-west-2.api.aws'],
    [{ roleArn: CN }, 'cn-north-1', 'sts.cn-north-1.amazonaws.com.cn'],
    [
      { roleArn: CN, useDualstackEndpoint: true },
      'cn-north-1',
      'sts.cn-north-1.api.amazonwebservices.com.cn',
    ],
    [{ roleArn: GOV }, 'us-gov-east-1', 'sts.us-gov-east-1.amazonaws.com'],
    [{ roleArn: GOV, useFipsEndpoint: true }, 'us-gov-west-1', 'sts.us-gov-west-1.amazonaws.com'],
    [{ roleArn: GOV, ...both }, 'us-gov-west-1', 'sts-fips.us-gov-west-1.api.aws'],
    [{ roleArn: EUSC }, 'eusc-de-east-1', 'sts.eusc-de-east-1.amazonaws.eu'],
  ];

  it.each(places)('%j in %s: %s, by socket and by fetch', async (options, region, host) => {
    expect(await hostBySocket(options, region)).toBe(`https://${host}`);
    const { sent, fetch } = recordingFetch();
    await awsCredentialsProvider(isolated({ ...options, region, fetch }))();
    expect(sent.map(({ url }) => url.href)).toEqual([`https://${host}/`]);
  });

  it('is not changed by the environment or the shared files', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'credex-aws-'));
    const config = join(folder, 'config');
    // Not only an endpoint: a section that isn't there makes the SDK throw, if it reads the file.
    writeFileSync(
      config,
      '[default]\nservices = missing\nregion = us-west-1\nendpoint_url = https://evil.example\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\nsts_regional_endpoints = legacy\n',
    );
    const hostile = {
      AWS_CONFIG_FILE: config,
      AWS_SHARED_CREDENTIALS_FILE: config,
      AWS_ENDPOINT_URL: 'https://evil.example',
      AWS_ENDPOINT_URL_STS: 'https://evil.example',
      AWS_USE_FIPS_ENDPOINT: 'true',
      AWS_USE_DUALSTACK_ENDPOINT: 'true',
      AWS_STS_REGIONAL_ENDPOINTS: 'legacy',
      AWS_DEFAULTS_MODE: 'broken',
      AWS_MAX_ATTEMPTS: '9',
      AWS_RETRY_MODE: 'broken',
      AWS_PROFILE: 'missing',
    };
    for (const [name, value] of Object.entries(hostile)) vi.stubEnv(name, value);
    expect(await hostBySocket({})).toBe('https://sts.eu-west-1.amazonaws.com');
    expect(await hostBySocket({ endpoint: 'https://sts.example.com' })).toBe('https://sts.example.com');
    const { sent, fetch } = recordingFetch(() => ({ status: 500, body: '' }));
    await rejection(awsCredentialsProvider(isolated({ region: 'eu-west-1', fetch }))());
    expect(new Set(sent.map(({ url }) => url.host))).toEqual(new Set(['sts.eu-west-1.amazonaws.com']));
    // Core's attempts: one and its two retries. The SDK adds none.
    expect(sent).toHaveLength(3);
  });

  it('agrees with our own table of partitions', () => {
    const configuration = awsConfiguration({ roleArn: CN });
    expect(thrownBy(() => stsEndpointOf(configuration, 'eu-west-1'))).toMatchObject({
      code: 'unsafe_url',
      option: 'region',
    });
  });

  it('over a socket: a loopback endpoint is asked as it is named, and answers with its own clock', async () => {
    const seen: { body: string; headers: object }[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        seen.push({ body, headers: request.headers });
        response.end(issuedXml());
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      vi.stubEnv('AWS_ENDPOINT_URL_STS', 'https://evil.example');
      const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const credentials = await getAwsCredentials(isolated({ endpoint, allowLoopbackHttp: true }));
      expect(credentials.accessKeyId).toBe('ASIAEXAMPLE1');
      expect(seen).toHaveLength(1);
      expect(seen[0]?.body).toContain('Action=AssumeRoleWithWebIdentity');
      expect(seen[0]?.headers).not.toHaveProperty('authorization');
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

describe('what is sent', () => {
  const policy = { Version: '2012-10-17', Statement: [] };
  const full: AwsCredentialsProviderOptions = {
    roleSessionName: 'session',
    durationSeconds: 900,
    policy,
    policyArns: ['arn:aws:iam::aws:policy/B', 'arn:aws:iam::aws:policy/A'],
  };

  it('is the form of STS, in its order', async () => {
    const { sent, client } = stubbedClient();
    await getAwsCredentials(isolated({ ...full, exchanger: clientStsExchanger({ client }) }));
    expect([...new URLSearchParams(sent[0]?.body)]).toEqual([
      ['Action', 'AssumeRoleWithWebIdentity'],
      ['Version', '2011-06-15'],
      ['RoleArn', ROLE],
      ['RoleSessionName', 'session'],
      ['WebIdentityToken', subjectJwt()],
      ['PolicyArns.member.1.arn', 'arn:aws:iam::aws:policy/A'],
      ['PolicyArns.member.2.arn', 'arn:aws:iam::aws:policy/B'],
      ['Policy', JSON.stringify({ Statement: [], Version: '2012-10-17' })],
      ['DurationSeconds', '900'],
    ]);
    expect(sent[0]?.headers).not.toHaveProperty('authorization');
  });

  it('leaves out what is not set, and is the same by fetch', async () => {
    const { sent, client } = stubbedClient();
    await getAwsCredentials(isolated({ exchanger: clientStsExchanger({ client }) }));
    const byFetch = recordingFetch();
    await getAwsCredentials(isolated({ fetch: byFetch.fetch, region: 'eu-west-1' }));
    expect([...new URLSearchParams(sent[0]?.body).keys()]).toEqual([
      'Action',
      'Version',
      'RoleArn',
      'RoleSessionName',
      'WebIdentityToken',
    ]);
    expect(byFetch.sent[0]?.body).toBe(sent[0]?.body);
    expect(byFetch.sent[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded');
  });
});

describe('what comes back', () => {
  it('is refused about another role than was requested, unless code allows it', async () => {
    const other = issuedXml({ role: 'arn:aws:iam::210987654321:role/app' });
    const { client } = stubbedClient(() => ({ body: other }));
    const byFetch = { fetch: recordingFetch(() => ({ body: other })).fetch };
    for (const way of [{ exchanger: clientStsExchanger({ client }) }, byFetch]) {
      await expect(getAwsCredentials(isolated(way))).rejects.toMatchObject({ code: 'invalid_response' });
      const allowed = await getAwsCredentials(isolated({ ...way, allowUnboundResponse: true }));
      expect(allowed.accountId).toBe('210987654321');
    }
  });

  it('is a credential with the account of the role that was assumed', async () => {
    const roleArn = 'arn:aws:iam::210987654321:role/app';
    const { client } = stubbedClient(() => ({ body: issuedXml({ role: roleArn }) }));
    const exchanger = clientStsExchanger({ client });
    const credentials = await getAwsCredentials(isolated({ roleArn, exchanger }));
    expect(credentials).toEqual({
      accessKeyId: 'ASIAEXAMPLE1',
      secretAccessKey: 'secret/+1',
      sessionToken: 'session==1',
      accountId: '210987654321',
      expiresAt: NOW + 3_600_000,
      expiration: new Date(NOW + 3_600_000),
    });
  });

  const exchangeBy = async (headers: Record<string, string>, options: AwsCredentialsProviderOptions = {}) => {
    const { client } = stubbedClient(() => ({ headers, body: issuedXml() }));
    const configuration = awsConfiguration({ roleArn: ROLE, ...options });
    const jwt = subjectJwt();
    return clientStsExchanger({ client })(configuration).exchange(
      { region: 'eu-west-1' },
      {
        signal: new AbortController().signal,
        subject: async () => ({ jwt, claims: {}, expiresAt: NOW }),
        step: (_host, run) => run(new AbortController().signal),
        post: neverPost,
      },
    );
  };

  it("carries the server's clock and the longest lifetime to plan by", async () => {
    const date = 'Sun, 22 Nov 2026 10:00:07 GMT';
    expect(await exchangeBy({ Date: date })).toMatchObject({
      serverDate: NOW + 7_000,
      maxLifetimeMs: 3_600_000,
    });
    expect(await exchangeBy({ date }, { durationSeconds: 900 })).toMatchObject({ maxLifetimeMs: 900_000 });
    expect((await exchangeBy({ date, age: '5' })).serverDate).toBeUndefined();
    expect((await exchangeBy({ date: 'yesterday' })).serverDate).toBeUndefined();
  });

  it('is refused where it is longer than any answer of STS', async () => {
    const { client } = stubbedClient(() => ({ body: ' '.repeat(300_000) }));
    await expect(
      getAwsCredentials(isolated({ exchanger: clientStsExchanger({ client }) })),
    ).rejects.toMatchObject({ code: 'invalid_response' });
  });
});

describe("a client of the user's own", () => {
  it.each<[string, AwsCredentialsProviderOptions]>([
    ['region', { region: 'eu-west-1' }],
    ['endpoint', { endpoint: 'https://sts.example.com' }],
    ['useFipsEndpoint', { useFipsEndpoint: true }],
    ['useDualstackEndpoint', { useDualstackEndpoint: true }],
    ['fetch', { fetch: recordingFetch().fetch }],
  ])('makes %s an error: it would have no effect', (option, options) => {
    const { client } = stubbedClient();
    const error = thrownBy(() =>
      awsCredentialsProvider(isolated({ ...options, exchanger: clientStsExchanger({ client }) })),
    );
    expect(OptionError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ code: 'conflicting_options', option });
  });

  it('brings its own region: none is looked for, none is warned of, and it is not destroyed or changed', async () => {
    const { sent, client } = stubbedClient();
    const destroy = vi.spyOn(client, 'destroy');
    const onEvent = vi.fn();
    const provider = awsCredentialsProvider(isolated({ onEvent, exchanger: clientStsExchanger({ client }) }));
    const before = client.middlewareStack.identify().length;
    await provider({ callerClientConfig: { region: 'cn-north-1' } });
    expect(sent[0]?.url.host).toBe('sts.eu-west-1.amazonaws.com');
    expect(onEvent.mock.calls.map(([event]) => (event as { type: string }).type)).not.toContain('warning');
    expect(destroy).not.toHaveBeenCalled();
    expect(client.middlewareStack.identify()).toHaveLength(before);
  });

  it('is cached apart from others, and together with itself', async () => {
    const cache = createCredentialCache();
    const [a, b] = [stubbedClient(), stubbedClient()];
    const plain = recordingFetch();
    const get = (more: AwsCredentialsProviderOptions) => getAwsCredentials(isolated({ cache, ...more }));
    for (const { client } of [a, b, a]) await get({ exchanger: clientStsExchanger({ client }) });
    await get({ fetch: plain.fetch, region: 'eu-west-1' });
    expect([a.sent, b.sent, plain.sent].map(({ length }) => length)).toEqual([1, 1, 1]);
  });

  it('must be one', () => {
    expect(thrownBy(() => clientStsExchanger({ client: {} as never }))).toMatchObject({ option: 'client' });
    expect(thrownBy(() => clientStsExchanger({ Client: 1 } as never))).toMatchObject({ option: 'Client' });
  });
});
