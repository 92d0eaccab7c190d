/** Chains of roles: the session of the role before as the caller, and the verdict of the whole. */

import { describe, expect, it } from 'vitest';
import { CLAIMS, EXACT, ROLE, trust } from '../explain.fixture.js';
import { FAR, NEXT, chain, codes, one, trusting } from './chain.fixture.js';

describe('the principal of a role of the chain', () => {
  it.each<[string, object]>([
    ['the role', { AWS: ROLE }],
    ['a list with the role', { AWS: [FAR, ROLE] }],
    ['the account', { AWS: '123456789012' }],
    ['the root of the account', { AWS: 'arn:aws:iam::123456789012:root' }],
    ['everyone at AWS', { AWS: '*' }],
  ])('is %s', async (_what, Principal) => {
    expect(await one({}, trusting(undefined, { Principal }))).toEqual(['allowed']);
  });

  it.each<[string, object, string]>([
    ['another role', { AWS: FAR }, 'principal_role_differs'],
    ['another account', { AWS: '999999999999' }, 'principal_role_differs'],
    [
      'the identity provider of the token',
      { Federated: 'arn:aws:iam::123456789012:oidc-provider/oidc.vercel.com/acme' },
      'principal_not_role',
    ],
    ['a service', { Service: 'lambda.amazonaws.com' }, 'principal_not_role'],
  ])('is not %s', async (_what, Principal, code) => {
    expect(await one({}, trusting(undefined, { Principal }))).toEqual(['refused', code]);
  });

  it('may be one session, by its name', async () => {
    const session = trusting(undefined, {
      Principal: { AWS: 'arn:aws:sts::123456789012:assumed-role/shop/vercel' },
    });
    expect(await one({}, session, { roleSessionName: 'vercel' })).toEqual(['allowed']);
    expect(await one({}, session, { roleSessionName: 'other' })).toEqual([
      'refused',
      'principal_role_differs',
    ]);
    expect(await one({}, session)).toEqual(['undecided']);
  });

  it('through the account or in another one, needs a policy of the caller as well, which is said', async () => {
    const notes = async (roleArn: string, AWS: string) => {
      const { findings } = await chain([{ roleArn }], [trusting(undefined, { Principal: { AWS } })]);
      return findings.filter(({ code }) => code === 'caller_policy_assumed').map(({ message }) => message);
    };
    expect(await notes(NEXT, ROLE)).toEqual([]);
    expect(await notes(NEXT, '123456789012')).toEqual([
      `Assumed: a policy of ${ROLE} allows sts:AssumeRole on ${NEXT}.`,
    ]);
    expect(await notes(FAR, ROLE)).toHaveLength(1);
  });
});

describe('a statement of a role of the chain', () => {
  it('about web identities allows no session', async () => {
    const action = trusting(undefined, { Action: 'sts:AssumeRoleWithWebIdentity' });
    expect(await one({}, action)).toEqual(['refused', 'assume_role_missing']);
  });

  it('that denies wins', async () => {
    const [allow] = (trusting() as { Statement: object[] }).Statement;
    const deny = {
      Effect: 'Deny',
      Principal: '*',
      Action: 'sts:AssumeRole',
      Condition: { StringNotEquals: { 'sts:ExternalId': 'x7' } },
    };
    const policy = { Version: '2012-10-17', Statement: [allow, deny] };
    expect(await one({ externalId: 'x7' }, policy)).toEqual(['allowed']);
    expect(await one({ externalId: 'x8' }, policy)).toEqual(['refused', 'explicit_deny']);
  });

  it.each<[string, object, object, string]>([
    [
      'a wildcard in StringEquals',
      { StringEquals: { 'sts:ExternalId': 'x*' } },
      {},
      'wildcard_in_string_equals',
    ],
    [
      'a key of the token',
      { StringEquals: { 'oidc.vercel.com/beta:sub': 'x' } },
      {},
      'unknown_condition_key',
    ],
    [
      'a variable of an old version',
      { StringEquals: { 'sts:ExternalId': '${aws:PrincipalAccount}' } },
      { Version: '2008-10-17' },
      'variables_need_version',
    ],
    ['another value', { StringEquals: { 'aws:PrincipalAccount': '1' } }, {}, 'value_differs'],
  ])('is refused for %s', async (_what, condition, whole, code) => {
    const policy = { ...trusting(condition), ...whole };
    expect(await one({ externalId: 'x7' }, policy)).toEqual(['refused', code]);
  });

  it('depends on what no input contains', async () => {
    const address = trusting({ IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } });
    expect(await one({}, address)).toEqual(['undecided']);
  });

  it('is refused by IAM where it is malformed', async () => {
    const malformed = trusting(undefined, { Resource: '*' });
    expect(await one({}, malformed)).toEqual(['invalid', 'malformed_policy']);
  });
});

describe('a chain', () => {
  it('is allowed where each role is, and says so', async () => {
    const { verdict, summary } = await chain([{ roleArn: NEXT }], [trusting()]);
    expect([verdict, summary]).toEqual([
      'allowed',
      'AWS accepts this token, and each role of the chain the one before it.',
    ]);
  });

  it('has the worst verdict of its roles, and the findings of all', async () => {
    const refused = await chain(
      [{ roleArn: NEXT }],
      [trusting({ StringEquals: { 'sts:ExternalId': 'x' } })],
      {
        claims: { ...CLAIMS, sub: 'owner:acme:project:web:environment:production' },
      },
    );
    expect([refused.verdict, refused.summary]).toEqual(['refused', 'AWS refuses this token (AccessDenied).']);
    expect(codes(refused)).toEqual(['project_differs', 'external_id_differs']);
  });

  it('is undecided where a policy of a role or the ARN of the first one was not passed', async () => {
    const without = await chain([{ roleArn: NEXT }], []);
    expect([without.verdict, without.findings.map(({ code }) => code)]).toEqual([
      'undecided',
      expect.arrayContaining(['hop_not_judged']),
    ]);
    const nameless = await chain([{ roleArn: NEXT }], [trusting()], { policy: JSON.stringify(trust(EXACT)) });
    expect(nameless.findings.map(({ code }) => code)).toContain('caller_unknown');
  });

  it('takes one role in place of a list, and roles that only their files name', async () => {
    const single = await chain([], [trusting()], { assumeRole: JSON.stringify({ roleArn: NEXT }) });
    expect(single.verdict).toBe('allowed');
    const file = { Role: { Arn: NEXT, AssumeRolePolicyDocument: trusting() } };
    expect((await chain([], [file], { assumeRole: undefined })).verdict).toBe('allowed');
  });

  it.each([['{"role":"x"}'], ['[1]'], ['"arn"']])(
    'refuses what is no list of roles: %s',
    async (assumeRole) => {
      await expect(chain([], [], { assumeRole })).rejects.toMatchObject({
        code: 'policy_not_recognised',
        input: 'assumeRole',
      });
    },
  );

  it('refuses what is no policy of a role', async () => {
    await expect(chain([{ roleArn: NEXT }], [{ bindings: [] }])).rejects.toMatchObject({
      code: 'policy_of_another_cloud',
      input: 'hopPolicies',
    });
  });
});
