/** Requests of two environments in one process, interleaved: neither is ever handed what is the other's. */

import { PutObjectCommand } from '@aws-sdk/client-s3';
import { awsCredentialsProvider, getAwsCredentials } from '@credex/aws';
import { azureCredentialsProvider, getAzureCredentials } from '@credex/azure';
import { createCredentialCache } from '@credex/core';
import { getGcpCredentials } from '@credex/gcp';
import { googleAuthClient } from '@credex/gcp/google-auth-library';
import type { ServiceName } from '@credex/testing/emulator';
import { Storage } from '@google-cloud/storage';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { storageOptions } from '../support/cloud-storage.js';
import { setDeployment } from '../support/environment.js';
import { s3Client } from '../support/s3.js';
import { AUDIENCE, AWS, AZURE, GCP, ISSUER, principalOf, trustPolicy } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';

const fixture = useFixture();
const ENVIRONMENTS = ['production', 'preview'] as const;
type Environment = (typeof ENVIRONMENTS)[number];
const subjectOf = (environment: Environment) => `owner:acme:project:shop:environment:${environment}`;
const subjects = ENVIRONMENTS.map(subjectOf);

const ROLE = `arn:aws:iam::${AWS.accountId}:role/shop-both`;
const BUCKET = 'shop-both';
const PROVIDER = 'vercel-both';
const CLIENT = '2c0f5a3e-9d61-4b7a-8f10-5e6d7c8b9a01';

// Each cloud trusts both, under one role or application: only the subject tells them apart.
beforeAll(() => {
  const { aws, gcp, azure } = fixture.emulator;
  const host = ISSUER.slice('https://'.length);
  aws.createRole({
    arn: ROLE,
    trustPolicy: trustPolicy(host, AUDIENCE, subjects, AWS.accountId),
    policies: [
      {
        Version: '2012-10-17',
        Statement: ENVIRONMENTS.map((environment) => ({
          Effect: 'Allow',
          Action: 's3:PutObject',
          Resource: `arn:aws:s3:::${BUCKET}/${environment}/*`,
          Condition: { StringEquals: { [`${host}:sub`]: subjectOf(environment) } },
        })),
      },
    ],
  });
  aws.createBucket({ name: BUCKET, accountId: AWS.accountId, region: AWS.region });
  gcp.createProvider({
    projectNumber: GCP.projectNumber,
    poolId: GCP.workloadIdentityPoolId,
    providerId: PROVIDER,
    issuerUri: ISSUER,
    allowedAudiences: [AUDIENCE],
    attributeMapping: { 'google.subject': 'assertion.sub' },
  });
  gcp.createBucket({
    name: BUCKET,
    bindings: [{ role: 'roles/storage.objectUser', members: subjects.map(principalOf) }],
  });
  azure.createApplication({
    tenantId: AZURE.tenantId,
    clientId: CLIENT,
    federatedCredentials: ENVIRONMENTS.map((environment) => ({
      name: environment,
      issuer: ISSUER,
      subject: subjectOf(environment),
      audience: AUDIENCE,
    })),
  });
});

const subjectsSeen = (service: ServiceName) =>
  fixture.emulator.log.entries(service).map(({ notes }) => notes['subject'] ?? notes['principal']);

type Tokens = Readonly<Record<Environment, string>>;
const tokensOfBoth = async (): Promise<Tokens> => ({
  production: await fixture.mint(),
  preview: await fixture.mint({ environment: 'preview' }),
});

const REQUESTS = 24;

/** Requests at once, every other one of the other environment; each stops over where others may run. */
async function interleaved<T>(
  tokens: Tokens,
  handle: (environment: Environment, index: number) => Promise<T>,
): Promise<Record<Environment, T[]>> {
  const answers: Record<Environment, T[]> = { production: [], preview: [] };
  await Promise.all(
    Array.from({ length: REQUESTS }, (_, index) => {
      const environment = ENVIRONMENTS[index % 2] as Environment;
      return fixture.inRequest(tokens[environment], async () => {
        for (let stops = index % 3; stops > 0; stops -= 1) await new Promise((go) => setImmediate(go));
        answers[environment].push(await handle(environment, index));
      });
    }),
  );
  return answers;
}

function expectOneEach(answers: Readonly<Record<Environment, readonly string[]>>): void {
  const [production, preview] = [new Set(answers.production), new Set(answers.preview)];
  expect([production.size, preview.size]).toEqual([1, 1]);
  expect(production).not.toEqual(preview);
}

describe.each([
  ['in a production deployment', () => setDeployment('production')],
  ['in a preview deployment', () => setDeployment('preview')],
  ['where only the token says whose it is', () => undefined],
])('%s', (_, set) => {
  beforeEach(() => set());

  test('one S3 client serves both, each with its own credential', async () => {
    const options = { ...fixture.options.aws, roleArn: ROLE, cache: createCredentialCache() };
    const tokens = await tokensOfBoth();
    const s3 = s3Client(fixture.emulator, { credentials: awsCredentialsProvider(options) });
    // S3 refuses a key under the other's prefix.
    await interleaved(tokens, (environment, index) =>
      s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: `${environment}/${index}`, Body: 'x' })),
    );
    s3.destroy();
    expect(subjectsSeen('aws-sts').sort()).toEqual([...subjects].sort());

    expectOneEach(await interleaved(tokens, async () => (await getAwsCredentials(options)).accessKeyId));
    expect(fixture.emulator.log.count('aws-sts')).toBe(2);
  });

  test('one Storage client serves both, each as its own principal', async () => {
    const options = {
      ...fixture.options.gcpFederated,
      workloadIdentityPoolProviderId: PROVIDER,
      cache: createCredentialCache(),
    };
    const tokens = await tokensOfBoth();
    const storage = new Storage({
      ...storageOptions(fixture.emulator),
      authClient: googleAuthClient(options),
    });
    await interleaved(tokens, (environment, index) =>
      storage.bucket(BUCKET).file(`${environment}/${index}`).save('x', { resumable: false }),
    );
    const written = fixture.emulator.log.entries('gcp-storage');
    expect(written).toHaveLength(REQUESTS);
    for (const { status, notes } of written) {
      const environment = notes['object']?.split('/')[0] as Environment;
      expect([status, notes['principal']]).toEqual([200, principalOf(subjectOf(environment))]);
    }
    expect(subjectsSeen('gcp-sts').sort()).toEqual(subjects.map(principalOf).sort());

    expectOneEach(await interleaved(tokens, async () => (await getGcpCredentials(options)).accessToken));
    expect(fixture.emulator.log.count('gcp-sts')).toBe(2);
  });

  test('one TokenCredential serves both, each with its own token', async () => {
    const options = { ...fixture.options.azure, clientId: CLIENT, cache: createCredentialCache() };
    const tokens = await tokensOfBoth();
    const credential = azureCredentialsProvider(options);
    const first = await interleaved(
      tokens,
      async () => (await credential.getToken('https://storage.azure.com/.default')).token,
    );
    expectOneEach(first);
    const again = await interleaved(tokens, async () => (await getAzureCredentials(options)).token);
    expect(again).toEqual(first);
    expect(subjectsSeen('entra').sort()).toEqual([...subjects].sort());
  });

  test('what is refused to preview is not refused to production, whoever came first', async () => {
    const options = { ...fixture.options.aws, cache: createCredentialCache() };
    const answers = await interleaved(await tokensOfBoth(), (environment) =>
      getAwsCredentials(options).then(
        ({ accountId }) => accountId,
        (error: { code?: string }) => `${environment}: ${String(error.code)}`,
      ),
    );
    expect(new Set(answers.production)).toEqual(new Set([AWS.accountId]));
    expect(new Set(answers.preview)).toEqual(new Set(['preview: access_denied']));
  });
});

test.each([
  ['signed with an unpublished key', { signWith: 'unpublished' }],
  ['changed after it was signed', { tamper: true }],
] as const)('a token %s finds nothing of the real one', async (_, wrong) => {
  const options = { ...fixture.options.aws, cache: createCredentialCache() };
  await fixture.inRequest(await fixture.mint(), () => getAwsCredentials(options));
  const forged = await fixture.mint(wrong);
  await fixture.inRequest(forged, () =>
    expect(getAwsCredentials(options)).rejects.toMatchObject({
      provider: 'aws',
      serverCode: 'InvalidIdentityToken',
    }),
  );
});

test('in a deployment each request has another token, and all share one exchange', async () => {
  setDeployment('production', 'prj_many');
  const now = Math.floor(fixture.emulator.clock.now() / 1_000);
  const tokens = await Promise.all(
    Array.from({ length: 20 }, (_, index) => fixture.mint({ projectId: 'prj_many', issuedAt: now - index })),
  );
  expect(new Set(tokens).size).toBe(20);
  await Promise.all(
    tokens.map((token) => fixture.inRequest(token, () => getGcpCredentials(fixture.options.gcp))),
  );
  expect(fixture.emulator.log.entries().map(({ service }) => service)).toEqual([
    'gcp-sts',
    'gcp-iam-credentials',
  ]);
});

test('outside a request, and without a token, nothing of another request is used', async () => {
  await fixture.inRequest(await fixture.mint(), () => getAwsCredentials(fixture.options.aws));
  await expect(getAwsCredentials(fixture.options.aws)).rejects.toMatchObject({ code: 'no_subject_token' });
  await fixture.inRequest(undefined, () =>
    expect(getAwsCredentials(fixture.options.aws)).rejects.toMatchObject({ code: 'no_subject_token' }),
  );
});
