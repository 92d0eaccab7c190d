/** Session tags, transitive tags and the source identity of AssumeRole, and what a chain passes on. */

import { beforeEach, describe, expect, it } from 'vitest';
import {
  ACCOUNT,
  AUDIENCE,
  credentialsIn,
  element,
  ISSUER,
  refusal,
  ROLE,
  testAws,
  TRUST,
  type Credentials,
  type TestAws,
} from '../aws.fixture.js';

const SECOND = `arn:aws:iam::${ACCOUNT}:role/second`;
const THIRD = `arn:aws:iam::${ACCOUNT}:role/third`;
const ALL = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'];

const trust = (AWS: string, Action: string | readonly string[] = ALL, Condition?: object) => ({
  Version: '2012-10-17',
  Statement: {
    Effect: 'Allow',
    Principal: { AWS },
    Action,
    ...(Condition === undefined ? {} : { Condition: Condition as never }),
  },
});

let aws: TestAws;
let first: Credentials;
beforeEach(async () => {
  aws = testAws();
  aws.admin.createOpenIdConnectProvider({ accountId: ACCOUNT, url: ISSUER, clientIds: [AUDIENCE] });
  aws.admin.createRole({ arn: ROLE, trustPolicy: TRUST });
  aws.admin.createRole({ arn: SECOND, trustPolicy: trust(ROLE) });
  aws.admin.createRole({ arn: THIRD, trustPolicy: trust(SECOND) });
  first = await aws.credentials();
});

const assume = (form: Record<string, string>, credentials = first) =>
  aws.signedSts(
    {
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: SECOND,
      RoleSessionName: 'chained',
      ...form,
    },
    credentials,
  );
const tagged = (tags: Record<string, string>, transitive: readonly string[] = []) => ({
  ...Object.fromEntries(
    Object.entries(tags).flatMap(([key, value], at) => [
      [`Tags.member.${at + 1}.Key`, key],
      [`Tags.member.${at + 1}.Value`, value],
    ]),
  ),
  ...Object.fromEntries(transitive.map((key, at) => [`TransitiveTagKeys.member.${at + 1}`, key])),
});
const denied = (action: string, role: string, session: string) => [
  403,
  'AccessDenied',
  `User: arn:aws:sts::${ACCOUNT}:assumed-role/${session} is not authorized to perform: ${action} on resource: ${role}`,
];

describe('session tags', () => {
  it('reach the trust policy', async () => {
    const condition = {
      StringEquals: { 'aws:RequestTag/team': 'data' },
      'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'], 'sts:TransitiveTagKeys': ['team'] },
    };
    aws.admin.updateRole({ arn: SECOND, trustPolicy: trust(ROLE, ALL, condition) });
    expect((await assume(tagged({ team: 'data' }, ['team']))).status).toBe(200);
    expect((await assume(tagged({ team: 'shop' }, ['team']))).status).toBe(403);
    expect((await assume(tagged({ team: 'data', other: 'x' }))).status).toBe(403);
  });

  it('need sts:TagSession, also where an earlier session passes them on', async () => {
    aws.admin.updateRole({ arn: SECOND, trustPolicy: trust(ROLE, 'sts:AssumeRole') });
    expect(refusal(await assume(tagged({ team: 'data' })))).toEqual(
      denied('sts:TagSession', SECOND, 'shop/vercel-shop'),
    );
    expect((await assume({})).status).toBe(200);
    aws.admin.updateRole({ arn: SECOND, trustPolicy: trust(ROLE) });
    aws.admin.updateRole({ arn: THIRD, trustPolicy: trust(SECOND, 'sts:AssumeRole') });
    const passing = credentialsIn(await assume(tagged({ team: 'data' }, ['TEAM'])));
    expect(refusal(await assume({ RoleArn: THIRD }, passing))).toEqual(
      denied('sts:TagSession', THIRD, 'second/chained'),
    );
    const keeping = credentialsIn(await assume(tagged({ team: 'data' })));
    expect((await assume({ RoleArn: THIRD }, keeping)).status).toBe(200);
  });

  it('that are transitive are those of later sessions, and no others are', async () => {
    const isTagged = {
      StringEquals: { 'aws:PrincipalTag/team': 'data' },
      Null: { 'aws:PrincipalTag/tier': 'true' },
    };
    aws.admin.createBucket({ accountId: ACCOUNT, name: 'tagged-bucket', region: 'us-east-1' });
    const Statement = { Effect: 'Allow', Action: 's3:*', Resource: '*', Condition: isTagged };
    aws.admin.updateRole({ arn: THIRD, policies: [{ Version: '2012-10-17', Statement }] });
    const list = async (transitive: readonly string[]) => {
      const second = credentialsIn(await assume(tagged({ team: 'data', tier: 'gold' }, transitive)));
      const third = credentialsIn(await assume({ RoleArn: THIRD }, second));
      const request = { method: 'GET', path: '/tagged-bucket', query: { 'list-type': '2' } };
      return (await aws.s3(request, third)).status;
    };
    expect(await list(['team'])).toBe(200);
    expect(await list(['team', 'tier'])).toBe(403);
    expect(await list([])).toBe(403);
  });

  it.each<[string, Record<string, string>, string, RegExp]>([
    ['twice', tagged({ team: 'a', Team: 'b' }), 'InvalidParameterValue', /^Duplicate tag keys found/],
    [
      'transitive without a tag',
      tagged({ team: 'a' }, ['tier']),
      'InvalidParameterValue',
      /must be included in the requested tags/,
    ],
    ['of AWS', tagged({ 'aws:team': 'a' }), 'InvalidParameterValue', /reserved/],
    ['with a bad character', tagged({ team: 'a;b' }), 'ValidationError', /'tags\.1\.member\.value' failed/],
    [
      'without a value',
      { 'Tags.member.1.Key': 'team' },
      'ValidationError',
      /'tags\.1\.member\.value' failed .* must not be null/,
    ],
    [
      '51',
      tagged(Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`t${n}`, 'v']))),
      'ValidationError',
      /at 'tags' failed .* less than or equal to 50/,
    ],
  ])('are refused: %s', async (_what, form, code, message) => {
    const [status, found, text] = refusal(await assume(form));
    expect([status, found]).toEqual([400, code]);
    expect(text).toMatch(message);
  });

  it('cannot replace one that an earlier session passes on', async () => {
    const second = credentialsIn(await assume(tagged({ team: 'data' }, ['team'])));
    const [status, code, message] = refusal(
      await assume({ RoleArn: THIRD, ...tagged({ Team: 'x' }) }, second),
    );
    expect([status, code]).toEqual([400, 'InvalidParameterValue']);
    expect(message).toMatch(/conflicts with a transitive tag key from the calling session/);
  });
});

describe('a source identity', () => {
  const form = { SourceIdentity: 'alice' };

  it('stays with all later sessions, whose roles must allow it', async () => {
    const answer = await assume(form);
    expect(element(answer, 'SourceIdentity')).toBe('alice');
    const second = credentialsIn(answer);
    expect(element(await assume({ RoleArn: THIRD }, second), 'SourceIdentity')).toBe('alice');
    aws.admin.updateRole({ arn: THIRD, trustPolicy: trust(SECOND, ['sts:AssumeRole', 'sts:TagSession']) });
    expect(refusal(await assume({ RoleArn: THIRD }, second))).toEqual(
      denied('sts:SetSourceIdentity', THIRD, 'second/chained'),
    );
  });

  it('is set once', async () => {
    const second = credentialsIn(await assume(form));
    const again = refusal(await assume({ RoleArn: THIRD, SourceIdentity: 'bob' }, second));
    expect(again).toEqual([
      400,
      'ValidationError',
      'The source identity is already set for this assume role session',
    ]);
  });

  it('reaches the trust policy', async () => {
    const condition = { StringLike: { 'sts:SourceIdentity': 'a*' } };
    aws.admin.updateRole({ arn: SECOND, trustPolicy: trust(ROLE, ALL, condition) });
    expect((await assume(form)).status).toBe(200);
    expect((await assume({ SourceIdentity: 'bob' })).status).toBe(403);
    expect(refusal(await assume({ SourceIdentity: 'a b' }))[1]).toBe('ValidationError');
  });
});
