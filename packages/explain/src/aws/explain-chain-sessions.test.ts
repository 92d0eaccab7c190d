/** What a role of a chain is assumed with: policies of AWS's documentation, and what each request brings. */

import { describe, expect, it } from 'vitest';
import { EXACT, ROLE, trust } from '../explain.fixture.js';
import { ALL, FAR, FIRST, NEXT, chain, codes, one, trusting } from './chain.fixture.js';

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html */
describe('the external id of a third party', () => {
  const policy = trusting({ StringEquals: { 'sts:ExternalId': '12345' } });

  it('is compared with that of the option', async () => {
    expect(await one({ externalId: '12345' }, policy)).toEqual(['allowed']);
    expect(await one({ externalId: '54321' }, policy)).toEqual(['refused', 'external_id_differs']);
    expect(await one({}, policy)).toEqual(['refused', 'external_id_differs']);
  });

  it('is found with its place, both values and what to do', async () => {
    const { findings, answer, summary, checks } = await chain(
      [{ roleArn: NEXT, externalId: 'x1' }],
      [policy],
    );
    expect(findings[0]).toEqual({
      code: 'external_id_differs',
      severity: 'error',
      at: 'assumeRole[0].Statement[0].Condition.StringEquals["sts:ExternalId"]',
      message: 'StringEquals does not hold: the policy has "12345", the request "x1".',
      fix: 'Pass the value that the policy has as the external id (`externalId`) of this role.',
    });
    expect([answer, summary]).toEqual([
      'AccessDenied',
      'AWS refuses the session that assumes role 1 of the chain (AccessDenied).',
    ]);
    expect(
      checks.filter(({ at }) => at.startsWith('assumeRole[0]')).map(({ what, result }) => [what, result]),
    ).toEqual([
      ['role', 'match'],
      ['action', 'match'],
      ['sts:ExternalId', 'mismatch'],
    ]);
  });
});

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required */
describe('session tags', () => {
  const policy = {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'AllowAssumeRole',
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { AWS: ROLE },
        Condition: {
          StringLike: { 'aws:RequestTag/Project': '*', 'aws:RequestTag/CostCenter': '*' },
          StringEquals: { 'sts:ExternalId': 'Example987' },
        },
      },
      {
        Sid: 'AllowPassSessionTagsAndTransitive',
        Effect: 'Allow',
        Action: 'sts:TagSession',
        Principal: { AWS: ROLE },
        Condition: {
          StringLike: { 'aws:RequestTag/Project': '*', 'aws:RequestTag/CostCenter': '*' },
          StringEquals: { 'aws:RequestTag/Department': ['Engineering', 'Marketing'] },
          'ForAllValues:StringEquals': { 'sts:TransitiveTagKeys': ['Project', 'Department'] },
        },
      },
    ],
  };
  const right = {
    externalId: 'Example987',
    tags: { CostCenter: '12345', Department: 'Engineering' },
    tagsFromClaims: { Project: 'project' },
    transitiveTagKeys: ['Project', 'Department'],
  };

  it('of the option and of the claims are compared', async () => {
    expect(await one(right, policy)).toEqual(['allowed']);
  });

  it.each<[string, object, ...string[]]>([
    [
      'a tag is missing',
      { tags: { Department: 'Engineering' } },
      'request_tag_differs',
      'request_tag_differs',
    ],
    ['a tag differs', { tags: { CostCenter: '1', Department: 'Sales' } }, 'request_tag_differs'],
    ['the case differs', { tags: { CostCenter: '1', Department: 'engineering' } }, 'case_differs'],
    ['another key is transitive', { transitiveTagKeys: ['CostCenter'] }, 'transitive_tag_keys_differ'],
    [
      'a claim is missing',
      { tagsFromClaims: { Project: 'projects' } },
      'no_such_claim',
      ...Array<string>(2).fill('request_tag_differs'),
    ],
  ])('are refused where %s', async (_what, change, ...expected) => {
    expect(await one({ ...right, ...change }, policy)).toEqual(['refused', ...expected]);
  });

  it('need sts:TagSession, those that the session inherits too', async () => {
    expect(await one({ tags: { team: 'data' } }, trusting())).toEqual(['refused', 'tag_session_missing']);
    const roles = [{ roleArn: NEXT, tags: { team: 'data' }, transitiveTagKeys: ['team'] }, { roleArn: FAR }];
    const policies = (Action: unknown) => [
      trusting(undefined, { Action: ALL }),
      trusting(undefined, { Action, Principal: { AWS: NEXT } }),
    ];
    const refused = await chain(roles, policies('sts:AssumeRole'));
    expect([refused.verdict, ...codes(refused)]).toEqual(['refused', 'tag_session_missing']);
    expect(refused.findings[0]?.at).toBe('assumeRole[1].Statement');
    expect((await chain(roles, policies(['sts:AssumeRole', 'sts:TagSession']))).verdict).toBe('allowed');
  });

  it('need a set operator where a key has several values', async () => {
    const tagged = trusting({ StringEquals: { 'aws:TagKeys': ['team', 'cost'] } }, { Action: ALL });
    expect(await one({ tags: { team: 'a', cost: 'b' } }, tagged)).toEqual(['refused', 'multivalued_key']);
    const all = trusting(
      { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['team', 'cost'] } },
      { Action: ALL },
    );
    expect(await one({ tags: { team: 'a', cost: 'b' } }, all)).toEqual(['allowed']);
  });
});

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_role-chaining */
describe('tags of the session before', () => {
  const policy = (AWS: string) =>
    trusting({ StringEquals: { 'aws:PrincipalTag/Project': 'shop' } }, { Action: ALL, Principal: { AWS } });
  const second = (first: object) =>
    chain(
      [{ roleArn: NEXT, ...first }, { roleArn: FAR }],
      [{ Role: { Arn: NEXT, AssumeRolePolicyDocument: trusting(undefined, { Action: ALL }) } }, policy(NEXT)],
    );

  it('are those of the role before, from the claims of the token', async () => {
    expect((await second({ tagsFromClaims: { Project: 'project' } })).verdict).toBe('allowed');
    const other = await second({ tags: { Project: 'web' } });
    expect([other.verdict, ...codes(other)]).toEqual(['refused', 'principal_tag_differs']);
    expect(codes(await second({}))).toEqual(['principal_tag_differs']);
  });

  it('pass further only if they are transitive', async () => {
    const third = 'arn:aws:iam::123456789012:role/third';
    const roles = (transitiveTagKeys: readonly string[]) => [
      { roleArn: NEXT, tags: { Project: 'shop' }, transitiveTagKeys },
      { roleArn: third },
      { roleArn: FAR },
    ];
    const open = (Arn: string, AWS: string) => ({
      Role: { Arn, AssumeRolePolicyDocument: trusting(undefined, { Action: ALL, Principal: { AWS } }) },
    });
    const policies = [open(NEXT, ROLE), open(third, NEXT), policy(third)];
    expect((await chain(roles(['Project']), policies)).verdict).toBe('allowed');
    expect(codes(await chain(roles([]), policies))).toEqual(['principal_tag_differs']);
  });

  it('may be those of the role itself, which a trust policy alone does not say', async () => {
    const bare = await chain([{ roleArn: NEXT }], [policy(ROLE)], {
      policy: JSON.stringify(trust(EXACT)),
      roleArn: ROLE,
    });
    expect(bare.verdict).toBe('undecided');
    const tagged = { Role: { ...FIRST.Role, Tags: [{ Key: 'project', Value: 'shop' }] } };
    expect(
      (await chain([{ roleArn: NEXT }], [policy(ROLE)], { policy: JSON.stringify(tagged) })).verdict,
    ).toBe('allowed');
  });
});

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html */
describe('the source identity', () => {
  const policy = (Action: unknown, AWS = ROLE) =>
    trusting({ StringLike: { 'sts:SourceIdentity': 'shop-*' } }, { Action, Principal: { AWS } });

  it('is compared, and needs sts:SetSourceIdentity', async () => {
    expect(await one({ sourceIdentity: 'shop-app' }, policy(ALL))).toEqual(['allowed']);
    expect(await one({ sourceIdentity: 'web' }, policy(ALL))).toEqual(['refused', 'source_identity_differs']);
    expect(await one({}, policy(ALL))).toEqual(['refused', 'source_identity_differs']);
    expect(await one({ sourceIdentity: 'shop-app' }, policy('sts:AssumeRole'))).toEqual([
      'refused',
      'set_source_identity_missing',
    ]);
  });

  it('stays for the roles after it, which need the action too', async () => {
    const roles = [{ roleArn: NEXT, sourceIdentity: 'shop-app' }, { roleArn: FAR }];
    const far = (Action: unknown) =>
      trusting({ StringEquals: { 'aws:SourceIdentity': 'shop-app' } }, { Action, Principal: { AWS: NEXT } });
    expect((await chain(roles, [policy(ALL), far(ALL)])).verdict).toBe('allowed');
    expect(codes(await chain(roles, [policy(ALL), far('sts:AssumeRole')]))).toEqual([
      'set_source_identity_missing',
    ]);
  });
});
