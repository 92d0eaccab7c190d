/** Chains of AWS roles, from the token to the stored object: tags that a session policy needs, three hops, another account. */

import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { AwsAssumeRole, AwsCredentialsProviderOptions } from '@credex/aws';
import { awsCredentialsProvider, getAwsCredentials } from '@credex/aws';
import { clientStsExchanger } from '@credex/aws/client-sts';
import type { CredentialEvent } from '@credex/core';
import { FederationError, OptionError, createCredentialCache } from '@credex/core';
import { vercelTokenSource } from '@credex/vercel';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { setDeployment } from '../support/environment.js';
import { s3Client } from '../support/s3.js';
import { AUDIENCE, AWS, ISSUER, PRODUCTION_SUBJECT, TEAM, trustPolicy } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';

const fixture = useFixture();
beforeEach(() => setDeployment());

const HOME = AWS.accountId;
const TENANT = '999999999999';
const BASE = `arn:aws:iam::${HOME}:role/chain-base`;
const MIDDLE = `arn:aws:iam::${HOME}:role/chain-middle`;
const FAR = `arn:aws:iam::${TENANT}:role/chain-far`;
const LAST = `arn:aws:iam::${TENANT}:role/chain-last`;
const BUCKET = 'tenant-orders';
const ALL = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'];

const allow = (Action: string | string[], Resource: string | string[], Condition?: object) => ({
  Version: '2012-10-17' as const,
  Statement: [
    {
      Effect: 'Allow' as const,
      Action,
      Resource,
      ...(Condition === undefined ? {} : { Condition: Condition as never }),
    },
  ],
});
const trusting = (AWS: string, Action: string | string[] = ALL, Condition?: object) => ({
  Version: '2012-10-17' as const,
  Statement: [
    {
      Effect: 'Allow' as const,
      Principal: { AWS },
      Action,
      ...(Condition === undefined ? {} : { Condition: Condition as never }),
    },
  ],
});

beforeAll(() => {
  const { aws } = fixture.emulator;
  const web = trustPolicy(ISSUER.slice('https://'.length), AUDIENCE, [PRODUCTION_SUBJECT], HOME);
  aws.createRole({ arn: BASE, trustPolicy: web, policies: [allow(ALL, '*')], maxSessionDuration: 7_200 });
  aws.createRole({ arn: MIDDLE, trustPolicy: trusting(BASE), policies: [allow(ALL, [FAR, LAST])] });
  const contract = { StringEquals: { 'sts:ExternalId': 'contract-7' } };
  aws.createRole({
    arn: FAR,
    trustPolicy: {
      Version: '2012-10-17',
      Statement: [
        ...trusting(MIDDLE, 'sts:AssumeRole', contract).Statement,
        ...trusting(MIDDLE, ['sts:TagSession', 'sts:SetSourceIdentity']).Statement,
      ],
    },
    policies: [allow('s3:*', '*'), allow(ALL, LAST)],
  });
  aws.createRole({ arn: LAST, trustPolicy: trusting(FAR), policies: [allow('s3:*', '*')] });
  aws.createBucket({ accountId: TENANT, name: BUCKET, region: AWS.region });
});

const options = (
  assumeRole: readonly AwsAssumeRole[],
  more: AwsCredentialsProviderOptions = {},
): AwsCredentialsProviderOptions => ({
  ...fixture.options.aws,
  roleArn: BASE,
  assumeRole,
  cache: createCredentialCache(),
  random: () => 0.5,
  tokenSource: vercelTokenSource({ clock: fixture.clock }),
  ...more,
});
const request = async <T>(handle: () => Promise<T>): Promise<T> =>
  fixture.inRequest(await fixture.mint(), handle);
const failure = async (given: AwsCredentialsProviderOptions): Promise<unknown> =>
  request(() => getAwsCredentials(given).catch((error: unknown) => error));

/** The actions that STS performed, with the role. */
const requests = (): string[] =>
  fixture.emulator.log
    .entries('aws-sts')
    .map(({ notes }) => `${notes['action']?.replace('AssumeRole', '')} ${notes['role']?.split('/').at(-1)}`);

const WAYS: readonly (readonly [string, AwsCredentialsProviderOptions])[] = [
  ['by our own request', {}],
  ['by @aws-sdk/client-sts', { exchanger: clientStsExchanger() }],
];

describe.each(WAYS)('%s', (_way, way) => {
  test('three hops, two of them in another account, with tags that a session policy needs', async () => {
    const shopOnly = allow('s3:*', '*', {
      StringEquals: {
        'aws:PrincipalTag/Project': TEAM.projectId,
        'aws:PrincipalTag/tier': 'gold',
        'aws:SourceIdentity': 'shop-app',
      },
    });
    const chain: readonly AwsAssumeRole[] = [
      {
        roleArn: MIDDLE,
        tagsFromClaims: { Project: 'project_id', Environment: 'environment' },
        transitiveTagKeys: ['Project'],
        sourceIdentity: 'shop-app',
      },
      { roleArn: FAR, externalId: 'contract-7', tags: { tier: 'silver' } },
      { roleArn: LAST, tags: { tier: 'gold' }, policy: shopOnly, durationSeconds: 1_800 },
    ];
    const provider = awsCredentialsProvider(options(chain, way));
    const s3 = s3Client(fixture.emulator, { credentials: provider });
    await request(() => s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'order', Body: 'paid' })));
    const { Body } = await request(() => s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'order' })));
    expect(await Body?.transformToString()).toBe('paid');
    expect(requests()).toEqual(['WithWebIdentity chain-base', ' chain-middle', ' chain-far', ' chain-last']);
    const credential = await request(() => provider.getCredentials());
    expect(credential.accountId).toBe(TENANT);
    expect(credential.expiresAt - fixture.clock.now()).toBeLessThanOrEqual(1_800_000);

    // Another value of a tag: the same chain, and S3 refuses it.
    const silver = [...chain.slice(0, 2), { ...chain[2], roleArn: LAST, tags: { tier: 'silver' } }];
    const refused = s3Client(fixture.emulator, { credentials: awsCredentialsProvider(options(silver, way)) });
    await expect(
      request(() => refused.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'order' }))),
    ).rejects.toMatchObject({ Code: 'AccessDenied' });
  });

  test('names the role and the statement that is missing', async () => {
    const { aws } = fixture.emulator;
    const stranger = `arn:aws:iam::${TENANT}:role/chain-stranger-${WAYS.findIndex(([name]) => name === _way)}`;
    aws.createRole({ arn: stranger, trustPolicy: trusting(MIDDLE, 'sts:AssumeRole') });
    aws.updateRole({ arn: MIDDLE, policies: [allow(ALL, [FAR, LAST])] });
    const chain = (hop: Partial<AwsAssumeRole>) => [{ roleArn: MIDDLE }, { roleArn: stranger, ...hop }];
    const denied = (await failure(options(chain({}), way))) as FederationError;
    expect(denied).toMatchObject({ code: 'access_denied', serverCode: 'AccessDenied', status: 403 });
    expect(denied.hint).toMatch(/^Role 2 of `assumeRole` \(.*chain-stranger-\d\) either does not exist/);
    expect(denied.hint).toContain(`a policy of ${MIDDLE} must allow sts:AssumeRole on ${stranger}`);

    aws.updateRole({ arn: MIDDLE, policies: [allow(ALL, '*')] });
    const untagged = (await failure(options(chain({ tags: { tier: 'gold' } }), way))) as FederationError;
    expect(untagged.hint).toMatch(/^Role 2 of `assumeRole` .* is assumed with session tags/);
    expect(untagged.hint).toContain(`trust policy of ${stranger} must allow sts:TagSession to the principal`);

    const named = [{ roleArn: MIDDLE, sourceIdentity: 'shop-app' }, { roleArn: stranger }];
    const unnamed = (await failure(options(named, way))) as FederationError;
    expect(unnamed.hint).toContain(`must allow sts:SetSourceIdentity to the principal ${MIDDLE}`);
  });
});

test('20 callers cost one exchange for each session, and the first one is that of a plain provider', async () => {
  const cache = createCredentialCache();
  const chain = [{ roleArn: MIDDLE }];
  await request(async () => {
    await getAwsCredentials({ ...options(chain, { cache }), assumeRole: undefined });
    await Promise.all(Array.from({ length: 20 }, () => getAwsCredentials(options(chain, { cache }))));
    await getAwsCredentials(options([...chain, { roleArn: FAR, externalId: 'contract-7' }], { cache }));
  });
  expect(requests()).toEqual(['WithWebIdentity chain-base', ' chain-middle', ' chain-far']);
});

test('a session that STS no longer accepts is replaced once', async () => {
  const { aws } = fixture.emulator;
  const role = `arn:aws:iam::${HOME}:role/chain-again`;
  const web = trustPolicy(ISSUER.slice('https://'.length), AUDIENCE, [PRODUCTION_SUBJECT], HOME);
  const input = { arn: role, trustPolicy: web, policies: [allow(ALL, '*')] };
  aws.createRole(input);
  const target = `arn:aws:iam::${HOME}:role/chain-target`;
  aws.createRole({ arn: target, trustPolicy: trusting(`arn:aws:iam::${HOME}:root`) });
  const cache = createCredentialCache();
  const ask = () =>
    request(() =>
      getAwsCredentials(options([{ roleArn: target }], { cache, roleArn: role }), { forceRefresh: true }),
    );
  await ask();
  aws.deleteRole(role);
  aws.createRole(input);
  fixture.emulator.clock.advance(11_000);
  await ask();
  expect(requests()).toEqual([
    'WithWebIdentity chain-again',
    ' chain-target',
    ' chain-target',
    'WithWebIdentity chain-again',
    ' chain-target',
  ]);
});

test('an option that STS would refuse is refused before any request', async () => {
  const error = await failure(options([{ roleArn: MIDDLE, durationSeconds: 3_601 }]));
  expect(OptionError.isInstance(error)).toBe(true);
  expect(error).toMatchObject({ option: 'assumeRole[0].durationSeconds' });
  expect(requests()).toEqual([]);
});

test('a forged token never becomes the value of a tag', async () => {
  const cache = createCredentialCache();
  const chain = [{ roleArn: MIDDLE, tagsFromClaims: { Owner: 'owner' } }];
  const events: CredentialEvent[] = [];
  const given = options(chain, { cache, onEvent: (event) => void events.push(event) });
  await request(() => getAwsCredentials(given));
  const token = await fixture.mint();
  const [header = '', payload = '', signature = ''] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
  const forged = Buffer.from(JSON.stringify({ ...claims, owner: 'evil' })).toString('base64url');
  fixture.emulator.log.clear();
  const error = await fixture.inRequest(`${header}.${forged}.${signature}`, () =>
    getAwsCredentials(given, { forceRefresh: true }).catch((thrown: unknown) => thrown),
  );
  expect(FederationError.isInstance(error)).toBe(true);
  expect(requests()).toEqual(['WithWebIdentity chain-base']);
  // The identity is not at fault.
  expect((await request(() => getAwsCredentials(given, { forceRefresh: true }))).accountId).toBe(HOME);
});

test('a token of another project finds nothing of the deployment, and leaves nothing for it', async () => {
  const { aws } = fixture.emulator;
  const [both, target] = ['chain-both', 'chain-both-target'].map(
    (name) => `arn:aws:iam::${HOME}:role/${name}`,
  );
  const subjects = [PRODUCTION_SUBJECT, PRODUCTION_SUBJECT.replace('project:shop', 'project:other')];
  const web = trustPolicy(ISSUER.slice('https://'.length), AUDIENCE, subjects, HOME);
  aws.createRole({ arn: both as string, trustPolicy: web });
  aws.createRole({ arn: target as string, trustPolicy: trusting(both as string) });
  const given = options([{ roleArn: target as string }], { roleArn: both as string });
  const other = await fixture.mint({ project: 'other', projectId: 'prj_other' });
  const get = () => getAwsCredentials(given);
  const foreign = await fixture.inRequest(other, get);
  const own = await request(get);
  expect(own.accessKeyId).not.toBe(foreign.accessKeyId);
  expect((await fixture.inRequest(other, get)).accessKeyId).toBe(foreign.accessKeyId);
  expect((await request(get)).accessKeyId).toBe(own.accessKeyId);
  const sessions = ['WithWebIdentity chain-both', ' chain-both-target'];
  expect(requests()).toEqual([...sessions, ...sessions]);
});
