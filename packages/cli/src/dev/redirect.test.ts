/** Where the connections of the program go, and what its environment says. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { authorities, childEnvironment } from './child-environment.js';
import { cloudsOf, redirect, routesTo } from './redirect.js';

const folder = mkdtempSync(join(tmpdir(), 'credex-dev-redirect-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Of a cloud, and the service of the emulator that stands for it. */
const HOSTS: readonly (readonly [string, string])[] = [
  ['oidc.vercel.com', 'issuer'],
  ['sts.amazonaws.com', 'aws-sts'],
  ['sts.eu-west-1.amazonaws.com', 'aws-sts'],
  ['sts-fips.us-gov-west-1.amazonaws.com', 'aws-sts'],
  ['sts.cn-north-1.amazonaws.com.cn', 'aws-sts'],
  ['sts.eu-west-1.api.aws', 'aws-sts'],
  ['s3.eu-west-1.amazonaws.com', 'aws-s3'],
  ['my.bucket.s3.eu-west-1.amazonaws.com', 'aws-s3'],
  ['bucket.s3.dualstack.eu-west-1.amazonaws.com', 'aws-s3'],
  ['STS.googleapis.com', 'gcp-sts'],
  ['iamcredentials.googleapis.com', 'gcp-iam-credentials'],
  ['storage.googleapis.com', 'gcp-storage'],
  ['login.microsoftonline.com', 'entra'],
  ['shoporders.blob.core.windows.net', 'azure-blob'],
  ['s3.cn-north-1.amazonaws.com.cn', 'aws-s3'],
  ['s3.eusc-de-east-1.amazonaws.eu', 'aws-s3'],
  ['login.microsoftonline.us', 'entra'],
  ['login.partner.microsoftonline.cn', 'entra'],
  ['login.microsoft.com', 'entra'],
  ['shoporders.blob.core.usgovcloudapi.net', 'azure-blob'],
  ['shoporders.blob.core.chinacloudapi.cn', 'azure-blob'],
];

describe('the redirection of a program', () => {
  /** Where a connection goes. */
  async function goes(...given: unknown[]): Promise<unknown[]> {
    const clouds = await cloudsOf({
      aws: { roles: [{ arn: 'x', trustPolicy: { Statement: [] }, policies: [] }] },
      gcp: { pools: [{ projectNumber: '1', poolId: 'vercel' }] },
      azure: { tenants: [{ tenantId: 'x' }] },
    });
    const ports = new Map<string, number>();
    const routes = routesTo(clouds, (service) => {
      const port = 9_000 + ports.size;
      ports.set(service, port);
      return port;
    });
    let went: unknown[] = [];
    const sockets = { connect: (...all: unknown[]) => (went = all) };
    redirect(sockets, routes, '127.0.0.1');
    sockets.connect(...given);
    const [first] = (Array.isArray(went[0]) ? went[0] : went) as [{ port?: number; host?: string }];
    const service = Array.from(ports).find(([, port]) => port === first.port)?.[0];
    return [service ?? 'as it was', first.host];
  }

  test.each<readonly [string, string]>([
    ...HOSTS,
    ['sts.amazonaws.com.evil.example', 'as it was'],
    ['sqs.eu-west-1.amazonaws.com', 'as it was'],
    ['bigquery.googleapis.com', 'as it was'],
    ['api.vercel.com', 'as it was'],
  ])('%s is answered by %s', async (host, service) => {
    expect((await goes({ host, port: 443 }))[0]).toBe(service);
    // The forms of `net.connect`, whose arguments arrive as a list.
    expect((await goes([{ host, port: '443' }, null]))[0]).toBe(service);
    expect((await goes(443, host, () => {}))[0]).toBe(service === 'as it was' ? 'as it was' : service);
  });

  test('another port, a socket file, and a connection without a host stay', async () => {
    for (const given of [{ host: 'sts.amazonaws.com', port: 80 }, { path: '/run/x' }, { port: 443 }])
      expect((await goes(given))[0]).toBe('as it was');
  });

  test('the options of the caller are not changed, because TLS compares its host with the certificate', async () => {
    const options = Object.freeze({ host: 'sts.amazonaws.com', port: 443, servername: 'sts.amazonaws.com' });
    expect(await goes(options)).toEqual(['aws-sts', '127.0.0.1']);
  });

  test('a cloud that the seed does not have stays', async () => {
    expect(await cloudsOf({ aws: { roles: [] }, gcp: {} })).toEqual([]);
  });
});

describe('the environment of the program', () => {
  const made = async (env: Readonly<Record<string, string>>) =>
    childEnvironment(
      { env, cwd: '/shop' },
      {
        folder: '/made/a b',
        clouds: await cloudsOf({ aws: { roles: [{}] } } as never),
        variables: { AWS_ROLE_ARN: 'from a file', AWS_REGION: 'from a file' },
        url: (service) => `http://127.0.0.1/${service}`,
      },
    );

  test('has the token file, the authority, the endpoints and the options; the caller’s own variables stay', async () => {
    expect(
      await made({ AWS_REGION: 'mine', AWS_ROLE_ARN: '', PATH: '/bin', NODE_OPTIONS: '--no-warnings' }),
    ).toEqual({
      AWS_ROLE_ARN: 'from a file',
      AWS_REGION: 'mine',
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1/aws-s3',
      AWS_ENDPOINT_URL_STS: 'http://127.0.0.1/aws-sts',
      CREDEX_DEV_FOLDER: '/made/a b',
      NODE_EXTRA_CA_CERTS: '/made/a b/ca.pem',
      NODE_OPTIONS: '--no-warnings --require "/made/a b/redirect.cjs"',
      PATH: '/shop/node_modules/.bin:/bin',
      VERCEL_OIDC_TOKEN: '',
      VERCEL_OIDC_TOKEN_FILE: '/made/a b/token',
    });
  });

  test('a proxy is not asked for the hosts of the emulator', async () => {
    const { NO_PROXY } = await made({ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: '', no_proxy: 'intranet' });
    expect(NO_PROXY).toMatch(/^intranet,localhost,127\.0\.0\.1,.*\.amazonaws\.com/);
    // A cloud that is not emulated is reached as before.
    expect(NO_PROXY).not.toContain('googleapis');
  });

  test('each host that is redirected is in a domain that no proxy is asked for', async () => {
    const clouds = await cloudsOf({
      aws: { roles: [{}] },
      gcp: { pools: [{}] },
      azure: { tenants: [{}] },
    } as never);
    const domains = ['oidc.vercel.com', ...clouds.flatMap((cloud) => cloud.domains)];
    const left = HOSTS.filter(
      ([host]) =>
        !domains.some((one) => (one.startsWith('.') ? host.toLowerCase().endsWith(one) : host === one)),
    );
    expect(left).toEqual([]);
  });

  test('a database of AWS is in the region of either variable', async () => {
    const [aws] = await cloudsOf({ aws: { roles: [{}] } } as never);
    for (const variables of [
      { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'us-east-1' },
      { AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-west-1' },
    ])
      for (const login of [aws?.databases.postgres, aws?.databases.redis])
        expect(login?.(variables)?.check).toMatchObject({ region: 'eu-west-1' });
  });

  test('the user’s own certificate authorities come first', async () => {
    writeFileSync(join(folder, 'own.pem'), 'OWN\n');
    const io = { env: { NODE_EXTRA_CA_CERTS: 'own.pem' }, cwd: folder };
    expect(await authorities(io, 'CA')).toBe('OWN\nCA');
    await expect(authorities({ ...io, cwd: '/nowhere' }, 'CA')).rejects.toMatchObject({
      code: 'unreadable_file',
    });
  });
});
