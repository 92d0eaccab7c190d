/** Which token service a role's credential is asked of, by the name in the Host header as it arrived. */

import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import { awsCredentialsProvider, getAwsCredentials } from '@credex/aws';
import type { AwsCredentialsProviderOptions } from '@credex/aws';
import { clientStsExchanger } from '@credex/aws/client-sts';
import { createCredentialCache } from '@credex/core';
import type { CredentialEvent, Fetch } from '@credex/core';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { setDeployment, setEnvironment } from '../support/environment.js';
import { routedAgent, routedFetch } from '../support/routed.js';
import { s3Client } from '../support/s3.js';
import { AUDIENCE, ISSUER, PRODUCTION_SUBJECT, trustPolicy } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';

/** One account in each AWS partition, as a company that uses all of them has. */
const PARTITIONS = {
  aws: { accountId: '111111111111', region: 'eu-west-1', bucket: 'ireland' },
  'aws-cn': { accountId: '222222222222', region: 'cn-north-1', bucket: 'beijing' },
  'aws-us-gov': { accountId: '333333333333', region: 'us-gov-east-1', bucket: 'ohio' },
} as const;
type PartitionName = keyof typeof PARTITIONS;
const roleIn = (partition: PartitionName) =>
  `arn:${partition}:iam::${PARTITIONS[partition].accountId}:role/shop`;

const fixture = useFixture();
let production: string;
let names: string[];
let fetch: Fetch;
beforeAll(async () => {
  production = await fixture.mint();
  for (const [partition, { accountId, region, bucket }] of Object.entries(PARTITIONS))
    setUp(partition, accountId, region, bucket);
  const routed = routedFetch(fixture.emulator, 'aws-sts');
  fetch = (input, init) => {
    names.push(new URL(input).host);
    return routed(input, init);
  };
});
beforeEach(() => {
  setDeployment();
  names = [];
});

function setUp(partition: string, accountId: string, region: string, bucket: string): void {
  const { aws } = fixture.emulator;
  aws.createOpenIdConnectProvider({ accountId, url: ISSUER, clientIds: [AUDIENCE] });
  const host = ISSUER.slice('https://'.length);
  aws.createRole({
    arn: `arn:${partition}:iam::${accountId}:role/shop`,
    trustPolicy: trustPolicy(host, AUDIENCE, [PRODUCTION_SUBJECT], accountId, partition),
    policies: [
      {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 's3:*Object', Resource: `arn:${partition}:s3:::${bucket}/*` }],
      },
    ],
  });
  aws.createBucket({ name: bucket, accountId, region });
}

/** Cold, with the real names of AWS, which lead to the emulator. */
const cold = (
  partition: PartitionName,
  more: AwsCredentialsProviderOptions = {},
): AwsCredentialsProviderOptions => ({
  roleArn: roleIn(partition),
  cache: createCredentialCache(),
  clock: fixture.clock,
  fetch,
  ...more,
});
/** By what the emulator made of the Host header. */
const regionsAsked = () => fixture.emulator.log.entries('aws-sts').map(({ notes }) => notes['region']);

test.each([
  ['aws', 'sts.eu-west-1.amazonaws.com'],
  ['aws-cn', 'sts.cn-north-1.amazonaws.com.cn'],
  ['aws-us-gov', 'sts.us-gov-east-1.amazonaws.com'],
] as const)('without AWS_REGION, a client in a region of %s asks %s', async (partition, host) => {
  const { region, bucket, accountId } = PARTITIONS[partition];
  const events: CredentialEvent[] = [];
  const credentials = awsCredentialsProvider(cold(partition, { onEvent: (event) => events.push(event) }));
  const s3 = s3Client(fixture.emulator, { region, credentials });
  const object = { Bucket: bucket, Key: 'a.txt' };
  const read = await fixture.inRequest(production, async () => {
    await s3.send(new PutObjectCommand({ ...object, Body: 'a' }));
    return (await s3.send(new GetObjectCommand(object))).Body?.transformToString();
  });
  s3.destroy();

  expect(read).toBe('a');
  expect(names).toEqual([host]);
  expect(regionsAsked()).toEqual([region]);
  expect(fixture.emulator.log.entries('aws-s3').map(({ notes }) => notes['caller'])).toEqual(
    Array(2).fill(`arn:${partition}:sts::${accountId}:assumed-role/shop/credex-prj_shop-production`),
  );
  expect(events.map(({ type }) => type)).not.toContain('warning');
});

test.each([
  ['aws', 'us-east-1', 'sts.us-east-1.amazonaws.com'],
  ['aws-cn', 'cn-northwest-1', 'sts.cn-northwest-1.amazonaws.com.cn'],
  ['aws-us-gov', 'us-gov-west-1', 'sts.us-gov-west-1.amazonaws.com'],
] as const)(
  'with no region at all, a role of %s is asked for in %s, and a warning says so',
  async (partition, region, host) => {
    const warnings: string[] = [];
    const onEvent = (event: CredentialEvent) => {
      if (event.type === 'warning') warnings.push(event.message);
    };
    await fixture.inRequest(production, () => getAwsCredentials(cold(partition, { onEvent })));
    expect(names).toEqual([host]);
    expect(regionsAsked()).toEqual([region]);
    expect(warnings).toEqual([expect.stringContaining(region)]);
  },
);

test('the calling client comes before `region`, and `region` before AWS_REGION', async () => {
  setEnvironment({ AWS_REGION: 'ap-southeast-2', AWS_DEFAULT_REGION: 'ap-south-1' });
  await fixture.inRequest(production, async () => {
    await getAwsCredentials(cold('aws'));
    await getAwsCredentials(cold('aws', { region: 'eu-central-1' }));
    const credentials = awsCredentialsProvider(cold('aws', { region: 'eu-central-1' }));
    const s3 = s3Client(fixture.emulator, { region: 'eu-west-1', credentials });
    await s3.send(new PutObjectCommand({ Bucket: 'ireland', Key: 'b.txt', Body: 'b' }));
    s3.destroy();
  });
  expect(regionsAsked()).toEqual(['ap-southeast-2', 'eu-central-1', 'eu-west-1']);
});

test('FIPS and dual-stack names are asked where they are wanted', async () => {
  const region = 'us-east-2';
  await fixture.inRequest(production, async () => {
    await getAwsCredentials(cold('aws', { region, useFipsEndpoint: true }));
    await getAwsCredentials(cold('aws', { region, useDualstackEndpoint: true }));
    await getAwsCredentials(cold('aws-cn', { region: 'cn-north-1', useDualstackEndpoint: true }));
  });
  expect(names).toEqual([
    'sts-fips.us-east-2.amazonaws.com',
    'sts.us-east-2.api.aws',
    'sts.cn-north-1.api.amazonwebservices.com.cn',
  ]);
  expect(regionsAsked()).toEqual([region, region, 'cn-north-1']);
});

test("a region of another partition than the role's is refused, and no token leaves", async () => {
  expect(() => awsCredentialsProvider(cold('aws-cn', { region: 'eu-west-1' }))).toThrow(
    expect.objectContaining({ code: 'conflicting_options', option: 'region' }),
  );
  const s3 = s3Client(fixture.emulator, {
    region: 'us-gov-west-1',
    credentials: awsCredentialsProvider(cold('aws')),
  });
  await fixture.inRequest(production, async () => {
    await expect(s3.send(new GetObjectCommand({ Bucket: 'ireland', Key: 'a.txt' }))).rejects.toMatchObject({
      code: 'conflicting_options',
    });
    setEnvironment({ AWS_REGION: 'us-east-1' });
    await expect(getAwsCredentials(cold('aws-cn'))).rejects.toMatchObject({
      code: 'conflicting_options',
      environmentVariable: 'AWS_REGION',
    });
  });
  s3.destroy();
  expect(names).toEqual([]);
  expect(fixture.emulator.log.entries()).toEqual([]);
});

test("a client of the user's own asks where it was made to ask, over TLS by that name", async () => {
  const agent = routedAgent(fixture.emulator, 'aws-sts');
  const client = new STSClient({
    region: 'cn-north-1',
    maxAttempts: 1,
    requestHandler: { httpsAgent: agent },
  });
  const { accountId } = await fixture.inRequest(production, () =>
    getAwsCredentials({
      roleArn: roleIn('aws-cn'),
      cache: createCredentialCache(),
      clock: fixture.clock,
      exchanger: clientStsExchanger({ client }),
    }),
  );
  client.destroy();
  expect(accountId).toBe(PARTITIONS['aws-cn'].accountId);
  expect(regionsAsked()).toEqual(['cn-north-1']);
  expect(fixture.emulator.log.entries('aws-sts').map(({ secure }) => secure)).toEqual([true]);
});
