/** What stops a chain besides trust policies: session policies, requests that STS refuses, and claims about the session. */

import { describe, expect, it } from 'vitest';
import type { ExplainInput } from '../explain.js';
import { CLAIMS, EXACT, HOST, ROLE, explained, trust } from '../explain.fixture.js';
import { ALL, FAR, FIRST, NEXT, chain, codes, one, trusting } from './chain.fixture.js';

const LAST = 'arn:aws:iam::123456789012:role/last';
const POLICY_ARN = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
const allowing = (Action: unknown, Resource: unknown = '*', more: object = {}): object => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action, Resource, ...more }],
});

describe('the session policy of the role before', () => {
  const through = (next: object, more: Partial<ExplainInput> = {}) =>
    chain(
      [{ roleArn: NEXT, ...next }, { roleArn: LAST }],
      [trusting(), trusting(undefined, { Principal: { AWS: NEXT } })],
      more,
    );

  it('must allow the next role', async () => {
    const refused = await through({ policy: allowing('s3:*') });
    expect([refused.verdict, refused.answer]).toEqual(['refused', 'AccessDenied']);
    expect(refused.findings[0]).toMatchObject({
      code: 'session_policy_denies',
      severity: 'error',
      at: 'assumeRole[0].policy',
      message: `The session policy of the role before it does not allow sts:AssumeRole on ${LAST}.`,
    });
    expect((await through({})).verdict).toBe('allowed');
    expect((await through({ policy: allowing('sts:AssumeRole', LAST) })).verdict).toBe('allowed');
    expect((await through({ policy: JSON.stringify(allowing('sts:*')) })).verdict).toBe('allowed');
  });

  it('is measured without white space, as it is sent', async () => {
    const policy = (actions: number) =>
      JSON.stringify(
        allowing(['sts:AssumeRole', ...Array.from({ length: actions }, (_, n) => `s3:Get${n}`)]),
        null,
        8,
      );
    expect(policy(60).length).toBeGreaterThan(2048);
    expect((await through({ policy: policy(60) })).verdict).toBe('allowed');
    expect(codes(await through({ policy: policy(300) }))).toContain('malformed_policy');
  });

  it.each<[string, object]>([
    ['another role', allowing('sts:AssumeRole', FAR)],
    ['a condition that does not hold', allowing('*', '*', { Condition: { Bool: { 's3:x': 'true' } } })],
    ['a Deny', { Statement: [{ Effect: 'Deny', Action: 'sts:AssumeRole', Resource: '*' }] }],
  ])('refuses by %s', async (_what, policy) => {
    expect(codes(await through({ policy }))).toContain('session_policy_denies');
  });

  it('is that of `sessionPolicy` for the first role', async () => {
    const roles = [{ roleArn: NEXT }];
    const judged = async (more: Partial<ExplainInput>) => {
      const { verdict, findings } = await chain(roles, [trusting()], more);
      return [verdict, findings[0]?.code, findings[0]?.at];
    };
    expect(await judged({ sessionPolicy: JSON.stringify(allowing('s3:*')) })).toEqual([
      'refused',
      'session_policy_denies',
      'session policy',
    ]);
    expect((await judged({ sessionPolicy: JSON.stringify(allowing('sts:AssumeRole', NEXT)) }))[0]).toBe(
      'allowed',
    );
    expect((await judged({ sessionPolicyArns: [POLICY_ARN] }))[0]).toBe('undecided');
    expect((await judged({ sessionPolicy: '{"Statement":[{}]}' })).slice(0, 2)).toEqual([
      'refused',
      'malformed_policy',
    ]);
  });

  it('is undecided where managed policies (`policyArns`) are part of it, unless the inline one denies', async () => {
    for (const policy of [undefined, allowing('sts:*'), allowing('s3:*')]) {
      const { verdict, findings } = await through({ policyArns: [POLICY_ARN], policy });
      expect([verdict, findings.map(({ code }) => code)]).toEqual([
        'undecided',
        expect.arrayContaining(['session_policy_not_judged']),
      ]);
    }
    const policy = { Statement: [{ Effect: 'Deny', Action: 'sts:*', Resource: '*' }] };
    expect((await through({ policyArns: [POLICY_ARN], policy })).verdict).toBe('refused');
  });

  it('must allow the actions for tags as well', async () => {
    const roles = (policy: object) => [
      { roleArn: NEXT, policy, tags: { team: 'data' }, transitiveTagKeys: ['team'] },
      { roleArn: LAST },
    ];
    const policies = [NEXT, LAST].map((_, index) =>
      trusting(undefined, { Action: ALL, Principal: { AWS: index === 0 ? ROLE : NEXT } }),
    );
    const refused = await chain(roles(allowing('sts:AssumeRole')), policies);
    expect(codes(refused)).toEqual(['session_policy_denies']);
    expect(refused.findings[0]?.message).toContain('sts:TagSession');
    expect((await chain(roles(allowing(ALL)), policies)).verdict).toBe('allowed');
  });

  it('is judged without the trust policy of the next role', async () => {
    const { verdict, findings } = await chain(
      [{ roleArn: NEXT, policy: allowing('s3:*') }, { roleArn: LAST }],
      [trusting()],
    );
    expect([verdict, findings.map(({ code }) => code)]).toEqual([
      'refused',
      expect.arrayContaining(['session_policy_denies', 'hop_not_judged']),
    ]);
  });

  it.each<[string, unknown, string]>([
    ['text that is not JSON', '{', 'assumeRole[0].policy'],
    ['a list', [], 'assumeRole[0].policy'],
    ['a principal', allowing('*', '*', { Principal: '*' }), 'assumeRole[0].policy.Statement[0].Principal'],
    ['more than 2,048 characters', allowing('x'.repeat(2048)), 'assumeRole[0].policy'],
  ])('is refused by STS where it is %s', async (_what, policy, at) => {
    const { verdict, findings } = await chain([{ roleArn: NEXT, policy }], [trusting()]);
    expect([verdict, findings[0]?.code, findings[0]?.at]).toEqual(['refused', 'malformed_policy', at]);
  });
});

describe('the policies of a chain', () => {
  const named = (Arn: string, AWS: string) => ({
    Role: { Arn, AssumeRolePolicyDocument: trusting(undefined, { Principal: { AWS } }) },
  });
  const roles = [{ roleArn: NEXT }, { roleArn: LAST }];

  it('are refused in another order, and where one is of another role', async () => {
    const right = [named(NEXT, ROLE), named(LAST, NEXT)];
    expect((await chain(roles, right)).verdict).toBe('allowed');
    const error = { code: 'policy_of_another_role', input: 'hopPolicies' };
    await expect(chain(roles, [...right].reverse())).rejects.toMatchObject(error);
    await expect(chain(roles, [named(FAR, ROLE)])).rejects.toMatchObject(error);
    await expect(chain(roles, right, { roleArn: FAR })).rejects.toMatchObject({ ...error, input: 'policy' });
  });

  it('are refused where there are more than roles', async () => {
    const given = [named(NEXT, ROLE), named(LAST, NEXT), trusting()];
    await expect(chain(roles, given)).rejects.toMatchObject({
      code: 'policy_of_several',
      input: 'hopPolicies',
      message: '`hopPolicies` has 3 policies, and `assumeRole` has 2 roles.',
    });
  });

  it('may be a list of one role, whose tags `aws iam list-roles` does not print', async () => {
    const policy = JSON.stringify([FIRST.Role]);
    expect((await chain([{ roleArn: NEXT }], [trusting()], { policy })).verdict).toBe('allowed');
    const asks = { StringEquals: { 'aws:PrincipalTag/team': 'data' } };
    expect((await chain([{ roleArn: NEXT }], [trusting(asks)], { policy })).verdict).toBe('undecided');
    const second = trusting(asks, { Principal: { AWS: NEXT } });
    const hop = [{ Arn: NEXT, AssumeRolePolicyDocument: trusting() }];
    expect((await chain(roles, [hop, second])).verdict).toBe('undecided');
  });
});

describe('a request that STS refuses whatever the trust policy says', () => {
  const open = (AWS = ROLE) => trusting(undefined, { Action: ALL, Principal: { AWS } });

  it.each<[string, object, string, string]>([
    ['tags that differ only by case', { tags: { team: 'a', Team: 'b' } }, 'tag_key_set_twice', 'tags'],
    [
      'a tag that a claim sets as well',
      { tags: { project: 'a' }, tagsFromClaims: { project: 'project' } },
      'tag_key_set_twice',
      'tags',
    ],
    ['a reserved tag', { tags: { 'aws:team': 'a' } }, 'request_refused', 'tags.aws:team'],
    ['a long value', { tags: { team: 'a'.repeat(257) } }, 'request_refused', 'tags.team'],
    [
      'a transitive key without a tag',
      { transitiveTagKeys: ['team'] },
      'request_refused',
      'transitiveTagKeys',
    ],
    ['a short source identity', { sourceIdentity: 'a' }, 'request_refused', 'sourceIdentity'],
    ['a short external id', { externalId: 'a' }, 'request_refused', 'externalId'],
    [
      '51 tags',
      { tags: Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, 'v'])) },
      'request_refused',
      'tags',
    ],
  ])('%s', async (_what, role, code, at) => {
    for (const policies of [[open()], []]) {
      const { verdict, answer, findings } = await chain([{ roleArn: NEXT, ...role }], policies);
      expect([verdict, answer, findings[0]?.code, findings[0]?.at]).toEqual([
        'refused',
        undefined,
        code,
        `assumeRole[0].${at}`,
      ]);
    }
  });

  it('a source identity in two roles, or a tag that an earlier role passes on', async () => {
    const both = (own: object, next: object = own) =>
      chain(
        [
          { roleArn: NEXT, ...own },
          { roleArn: LAST, ...next },
        ],
        [open(), open(NEXT)],
      );
    expect(codes(await both({ sourceIdentity: 'shop' }))).toEqual(['source_identity_set_twice']);
    const tags = { tags: { team: 'data' }, transitiveTagKeys: ['team'] };
    expect(codes(await both(tags, { tags: { Team: 'data' } }))).toEqual(['tag_key_set_twice']);
    expect((await both({ tags: { team: 'data' } })).verdict).toBe('allowed');
  });
});

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp */
describe('the claims of the token about its session', () => {
  const tags = {
    'https://aws.amazon.com/tags': { principal_tags: { team: ['data'] }, transitive_tag_keys: ['team'] },
  };
  const claims = { ...CLAIMS, ...tags };
  const web = (Action: unknown, Condition: object = EXACT) => ({
    Role: { Arn: ROLE, AssumeRolePolicyDocument: trust(Condition, { Action }) },
  });
  const TAGGED = ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession', 'sts:SetSourceIdentity'];

  it('need sts:TagSession and sts:SetSourceIdentity in the first role', async () => {
    const judged = async (policy: object, more: object = claims) => {
      const explanation = await explained('aws', policy, { claims: { ...CLAIMS, ...more } });
      return [explanation.verdict, explanation.answer, ...codes(explanation)];
    };
    const plain = web('sts:AssumeRoleWithWebIdentity');
    expect(await judged(plain)).toEqual(['refused', 'AccessDenied', 'tag_session_missing']);
    const identity = { 'https://aws.amazon.com/source_identity': 'shop' };
    expect(await judged(plain, identity)).toEqual(['refused', 'AccessDenied', 'set_source_identity_missing']);
    expect(await judged(web(TAGGED), { ...tags, ...identity })).toEqual(['allowed', undefined]);
    expect(await judged(web(TAGGED), { 'https://aws.amazon.com/tags': 'x' })).toEqual([
      'refused',
      'InvalidIdentityToken',
      'session_claim_invalid',
    ]);
  });

  it('are compared with aws:RequestTag by the first role', async () => {
    const asks = (team: string) => web(TAGGED, { ...EXACT, StringLike: { 'aws:RequestTag/team': team } });
    expect((await explained('aws', asks('data'), { claims })).verdict).toBe('allowed');
    expect((await explained('aws', asks('web'), { claims })).verdict).toBe('refused');
    expect((await explained('aws', asks('data'))).verdict).toBe('refused');
  });

  it('are tags, source identity and methods of the session that assumes the next role', async () => {
    const more = { claims, policy: JSON.stringify(web(TAGGED)) };
    const asking = (condition: object, Action: unknown = ALL) => trusting(condition, { Action });
    const data = { StringEquals: { 'aws:PrincipalTag/team': 'data' } };
    expect(await one({}, asking(data), more)).toEqual(['allowed']);
    expect(await one({}, asking(data, 'sts:AssumeRole'), more)).toEqual(['refused', 'tag_session_missing']);
    expect(await one({ tags: { Team: 'x' } }, asking(data), more)).toEqual(['refused', 'tag_key_set_twice']);
    const identity = { ...claims, 'https://aws.amazon.com/source_identity': 'shop', amr: ['authenticated'] };
    const both = {
      StringEquals: { 'aws:SourceIdentity': 'shop' },
      'ForAnyValue:StringEquals': { [`${HOST}:amr`]: 'authenticated' },
    };
    expect(await one({}, asking(both), { ...more, claims: identity })).toEqual(['allowed']);
  });

  it('may name the roles that the token is for', async () => {
    const of = async (roles: unknown) => {
      const input = { claims: { ...CLAIMS, 'https://aws.amazon.com/roles': roles } };
      const explanation = await explained('aws', FIRST, input);
      return [explanation.verdict, explanation.answer, ...codes(explanation)];
    };
    expect(await of([ROLE])).toEqual(['allowed', undefined]);
    expect(await of(`${NEXT}; ${ROLE}`)).toEqual(['allowed', undefined]);
    expect(await of([NEXT])).toEqual(['refused', 'InvalidIdentityToken', 'role_not_authorized']);
  });
});
