/** What an account holds is judged: what IAM would not take today is a note, and the nearest mistake comes first. */

import { describe, expect, it } from 'vitest';
import { AUDIENCE, CLAIMS, EXACT, HOST, ROLE, SUBJECT, explained, statement } from '../explain.fixture.js';

const SUB = `${HOST}:sub`;
const AUD = `${HOST}:aud`;
const ARN = `arn:aws:iam::123456789012:oidc-provider/${HOST}`;
const trust = (...statements: readonly object[]) => ({ Version: '2012-10-17', Statement: statements });
const of = (policy: unknown, more: object = {}) => explained('aws', policy, { roleArn: ROLE, ...more });
const codes = async (policy: unknown, more: object = {}): Promise<readonly string[]> =>
  (await of(policy, more)).findings.filter(({ severity }) => severity === 'error').map(({ code }) => code);
const good = statement(EXACT);

describe('what IAM keeps', () => {
  it.each(['AROAEXAMPLEEXAMPLE123', 'AIDAEXAMPLEEXAMPLE123'])(
    'the id of a deleted principal, %s, is a note next to a good statement',
    async (id) => {
      for (const policy of [
        trust(good, { ...good, Principal: { AWS: id } }),
        trust({ ...good, Principal: { Federated: ARN, AWS: [id, 'arn:aws:iam::123456789012:root'] } }),
      ]) {
        const { verdict, findings } = await of(policy);
        expect(verdict).toBe('allowed');
        expect(findings.find(({ code }) => code === 'refused_today')).toMatchObject({
          severity: 'note',
          message: expect.stringContaining(id),
        });
      }
    },
  );

  it('what else IAM never takes is still refused', async () => {
    expect((await of(trust({ ...good, Principal: { AWS: 'AROA' } }))).verdict).toBe('invalid');
  });
});

describe('what a template computes', () => {
  const SUB_ARN = { 'Fn::Sub': `arn:aws:iam::\${AWS::AccountId}:oidc-provider/${HOST}` };

  it.each<[string, object]>([
    ['a function for the provider', { ...good, Principal: { Federated: SUB_ARN } }],
    ['a reference among providers', { ...good, Principal: { Federated: [{ Ref: 'Provider' }] } }],
    ['a placeholder in the ARN', { ...good, Principal: { Federated: SUB_ARN['Fn::Sub'] } }],
    [
      'a function for the subject',
      statement({ StringEquals: { [AUD]: AUDIENCE, [SUB]: { 'Fn::Sub': 'owner:x' } } }),
    ],
    [
      'a function among other subjects',
      statement({ StringEquals: { [AUD]: AUDIENCE, [SUB]: ['no', { Ref: 'Sub' }] } }),
    ],
    ['a function that is shut out', statement({ StringNotEquals: { [SUB]: { Ref: 'Sub' } } })],
  ])('leaves its own statement open: %s', async (_, open) => {
    expect((await of(trust(open))).verdict).toBe('undecided');
    // The rest has its verdict.
    expect((await of(trust(open, good))).verdict).toBe('allowed');
  });

  it.each<[string, object, 'allowed' | 'refused']>([
    [
      'a subject next to it matches',
      statement({ StringEquals: { [SUB]: [SUBJECT, { Ref: 'Sub' }] } }),
      'allowed',
    ],
    [
      'another condition differs',
      statement({ StringEquals: { [AUD]: 'x', [SUB]: { Ref: 'Sub' } } }),
      'refused',
    ],
    [
      'a subject next to it is excluded',
      statement({ StringNotEquals: { [SUB]: [SUBJECT, { Ref: 'Sub' }] } }),
      'refused',
    ],
    [
      'the issuer after the placeholder is another',
      {
        ...good,
        Principal: { Federated: 'arn:aws:iam::${AWS::AccountId}:oidc-provider/oidc.vercel.com/globex' },
      },
      'refused',
    ],
  ])('is no matter where %s', async (_, only, verdict) => {
    expect((await of(trust(only))).verdict).toBe(verdict);
  });
});

describe('the nearest comes first', () => {
  it('of several values', async () => {
    const values = [
      'owner:acme:project:shop:environment:preview',
      'owner:acme:project:*:environment:production',
    ];
    for (const list of [values, [...values].reverse()])
      expect(await codes(trust(statement({ StringEquals: { [AUD]: AUDIENCE, [SUB]: list } })))).toEqual([
        'wildcard_in_string_equals',
      ]);
  });

  it('of several statements', async () => {
    const about = (Condition: object, more: object = {}) => ({ ...statement(Condition), ...more });
    const near = about({ StringEquals: { [AUD]: AUDIENCE, [SUB]: SUBJECT.replace('shop', 'Shop') } });
    const farther = about({ StringEquals: { [AUD]: AUDIENCE, [SUB]: SUBJECT.replace('shop', 'blog') } });
    const farthest = about(EXACT, { Principal: { Federated: ARN.replace('acme', 'globex') } });
    for (const order of [
      [farthest, farther, near],
      [near, farther, farthest],
      [farther, farthest, near],
    ])
      expect(await codes(trust(...order))).toEqual(['case_differs', 'project_differs', 'team_differs']);
  });
});

describe('what AWS has become stricter about', () => {
  it('every principal of AWS is no identity provider', async () => {
    const policy = trust({ ...good, Principal: { AWS: '*' } });
    expect([(await of(policy)).verdict, await codes(policy)]).toEqual([
      'refused',
      ['principal_not_federated'],
    ]);
  });

  it('several audiences need an authorized party', async () => {
    const aud = [AUDIENCE, 'https://api.acme.example'];
    const several = await of(trust(good), { claims: { ...CLAIMS, aud } });
    expect(several).toMatchObject({ verdict: 'refused', answer: 'InvalidIdentityToken' });
    expect(several.findings[0]?.code).toBe('several_audiences');
    expect((await of(trust(good), { claims: { ...CLAIMS, aud, azp: AUDIENCE } })).verdict).toBe('allowed');
  });
});
