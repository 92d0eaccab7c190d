/** What a web identity adds to a trust policy and to its session besides its subject and its audience. */

import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { PolicyStatement } from '../cloud.js';
import type { TestAws } from '../aws.fixture.js';
import {
  ACCOUNT,
  PROVIDER,
  ROLE,
  TRUST,
  credentialsIn,
  element,
  refusal,
  testAws,
  trusting,
  webIdentityForm,
} from '../aws.fixture.js';

const ARN = `arn:aws:iam::${ACCOUNT}:oidc-provider/${PROVIDER}`;
const TAGS = 'https://aws.amazon.com/tags';
const ALL_ACTIONS = ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession', 'sts:SetSourceIdentity'];

let aws: TestAws;
beforeEach(() => {
  aws = testAws();
  aws.admin.createOpenIdConnectProvider({
    accountId: ACCOUNT,
    url: `https://${PROVIDER}`,
    clientIds: ['https://vercel.com/acme'],
  });
  aws.admin.createRole({ arn: ROLE, trustPolicy: TRUST });
});

const trust = (condition: PolicyStatement['Condition'], action: string | string[] = ALL_ACTIONS) =>
  aws.admin.updateRole({ arn: ROLE, trustPolicy: trusting(condition, { Action: action }) });
const exchange = async (claims: Record<string, unknown> = {}, request: object = {}) =>
  aws.sts(await webIdentityForm(aws, { claims }), request);

describe('the request', () => {
  it.each<[string, PolicyStatement['Condition']]>([
    ['the account', { StringEquals: { 'aws:PrincipalAccount': ACCOUNT } }],
    ['a user of another place', { StringEquals: { 'aws:PrincipalType': 'User' } }],
    ['the provider for an id', { StringEquals: { 'aws:userid': ARN } }],
    ['the provider', { ArnEquals: { 'aws:FederatedProvider': ARN } }],
    ['no ARN of a caller', { Null: { 'aws:PrincipalArn': 'true' } }],
    ['no service', { Bool: { 'aws:PrincipalIsAWSService': 'false' } }],
    ['no word of roles', { Bool: { 'sts:RoleAuthorizedByIdp': 'false' } }],
    ['the address', { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }],
    ['another address', { NotIpAddress: { 'aws:SourceIp': '198.51.100.0/24' } }],
  ])('has %s', async (_, condition) => {
    trust(condition);
    expect((await exchange({}, { remoteAddress: '203.0.113.7' })).status).toBe(200);
  });

  it('has methods of authentication that only a set operator compares', async () => {
    const claims = { amr: ['authenticated'] };
    trust({ StringEquals: { [`${PROVIDER}:amr`]: 'authenticated' } });
    expect((await exchange(claims)).status).toBe(403);
    trust({ 'ForAnyValue:StringEquals': { [`${PROVIDER}:amr`]: 'authenticated' } });
    expect((await exchange(claims)).status).toBe(200);
  });
});

describe('the roles of a token', () => {
  const ROLES = 'https://aws.amazon.com/roles';

  it.each([[[ROLE, `${ROLE}-2`]], [`${ROLE}-2; ${ROLE}`]])('authorize this one: %j', async (roles) => {
    trust({ Bool: { 'sts:RoleAuthorizedByIdp': 'true' } });
    expect((await exchange({ [ROLES]: roles })).status).toBe(200);
  });

  it('refuse any other before the trust policy is asked', async () => {
    expect((await exchange({ [ROLES]: [`${ROLE}-2`] })).status).toBe(400);
    expect(refusal(await exchange({ [ROLES]: 7 }))[1]).toBe('InvalidIdentityToken');
  });

  it('are no matter for a token without them, unless the policy asks', async () => {
    expect((await exchange()).status).toBe(200);
    trust({ Bool: { 'sts:RoleAuthorizedByIdp': 'true' } });
    expect(refusal(await exchange())[1]).toBe('AccessDenied');
  });
});

describe('session tags', () => {
  const tagged = { [TAGS]: { principal_tags: { team: ['data'] }, transitive_tag_keys: ['team'] } };
  const flat = { [`${TAGS}/principal_tags/team`]: 'data', [`${TAGS}/transitive_tag_keys`]: ['team'] };

  it.each([tagged, flat])('reach the trust policy: %j', async (claims) => {
    trust({
      StringEquals: { 'aws:RequestTag/team': 'data' },
      'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'], 'sts:TransitiveTagKeys': ['team'] },
    });
    const answer = await exchange(claims);
    expect(answer.status).toBe(200);
    expect(Number(element(answer, 'PackedPolicySize'))).toBeGreaterThan(0);
  });

  it('need sts:TagSession', async () => {
    trust({}, 'sts:AssumeRoleWithWebIdentity');
    expect(refusal(await exchange(tagged))).toEqual([
      403,
      'AccessDenied',
      'Not authorized to perform sts:TagSession',
    ]);
    expect((await exchange()).status).toBe(200);
  });

  it('stay with the session', async () => {
    aws.admin.createBucket({ accountId: ACCOUNT, name: 'tagged-bucket', region: 'us-east-1' });
    trust({});
    aws.admin.updateRole({
      arn: ROLE,
      policies: [
        {
          Version: '2012-10-17',
          Statement: {
            Effect: 'Allow',
            Action: 's3:*',
            Resource: '*',
            Condition: { StringEquals: { 'aws:PrincipalTag/team': 'data' } },
          },
        },
      ],
    });
    const list = async (claims: Record<string, unknown>) =>
      aws.s3(
        { method: 'GET', path: '/tagged-bucket', query: { 'list-type': '2' } },
        credentialsIn(await exchange(claims)),
      );
    expect((await list(tagged)).status).toBe(200);
    expect((await list({})).status).toBe(403);
  });

  it.each<[string, Record<string, unknown>]>([
    ['text for the whole', { [TAGS]: 'team=data' }],
    ['no list', { [TAGS]: { principal_tags: { team: 'data' } } }],
    ['two values', { [TAGS]: { principal_tags: { team: ['a', 'b'] } } }],
    ['a name of AWS', { [TAGS]: { principal_tags: { 'aws:team': ['a'] } } }],
    ['one name twice', { [TAGS]: { principal_tags: { team: ['a'], Team: ['b'] } } }],
    ['a bad character', { [TAGS]: { principal_tags: { team: ['a;b'] } } }],
    ['a transitive key without tag', { [TAGS]: { transitive_tag_keys: ['team'] } }],
    [
      '51 of them',
      {
        [TAGS]: {
          principal_tags: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`t${n}`, ['v']])),
        },
      },
    ],
  ])('are refused: %s', async (_, claims) => {
    trust({});
    expect(refusal(await exchange(claims)).slice(0, 2)).toEqual([400, 'InvalidIdentityToken']);
  });

  it('that are too large once packed are refused', async () => {
    trust({});
    // What hardly compresses.
    const value = (n: number) => createHash('sha512').update(String(n)).digest('base64');
    const principal_tags = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`t${n}`, [value(n)]]));
    const [status, code, message] = refusal(await exchange({ [TAGS]: { principal_tags } }));
    expect([status, code]).toEqual([400, 'PackedPolicyTooLarge']);
    expect(message).toMatch(/^Packed size of session tags consumes \d+% of allotted space\.$/);
  });
});

describe('a source identity', () => {
  const claims = { 'https://aws.amazon.com/source_identity': 'alice@example.com' };

  it('reaches the trust policy and the answer', async () => {
    trust({ StringLike: { 'sts:SourceIdentity': '*@example.com' } });
    expect(element(await exchange(claims), 'SourceIdentity')).toBe('alice@example.com');
  });

  it('needs sts:SetSourceIdentity', async () => {
    trust({}, ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession']);
    expect(refusal(await exchange(claims))[2]).toBe('Not authorized to perform sts:SetSourceIdentity');
  });

  it.each(['a', 'aws:root', 'with space', 7])('is refused: %j', async (value) => {
    trust({});
    const wrong = { 'https://aws.amazon.com/source_identity': value };
    expect(refusal(await exchange(wrong)).slice(0, 2)).toEqual([400, 'InvalidIdentityToken']);
  });
});
