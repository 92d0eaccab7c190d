import { describe, expect, it } from 'vitest';
import type { PolicyStatement } from '../cloud.js';
import { ACCOUNT, AUDIENCE, ROLE, SUBJECT, TRUST, testAws, trusting } from '../aws.fixture.js';
import { parsePolicy } from './policy-document.js';

const SHARED = 'oidc.vercel.com';
const AUD = `${SHARED}:aud`;
const of = (host: string): object => ({ Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${host}` });
const policy = (Condition: PolicyStatement['Condition'], more: object = {}) =>
  trusting(Condition, { Principal: of(SHARED), ...more });
const keep = (document: unknown) => parsePolicy(document, 'trust');
const REFUSED = `Trust policy with trusted principal ${SHARED} must evaluate, using StringEquals, StringLike or StringEqualsIgnoreCase, ${AUD} which is not scoped to all.`;

describe('a trust policy of an issuer that many share', () => {
  // As AWS answered for other shared issuers on 2026-09-11.
  it.each<[string, PolicyStatement['Condition']]>([
    ['equal', { StringEquals: { [AUD]: AUDIENCE } }],
    ['like', { StringLike: { [AUD]: 'https://vercel.com/*' } }],
    ['equal but for case', { StringEqualsIgnoreCase: { [AUD]: AUDIENCE } }],
    ['any value', { 'ForAnyValue:StringEquals': { [AUD]: AUDIENCE } }],
    ['all values', { 'ForAllValues:StringEquals': { [AUD]: AUDIENCE } }],
    ['a key in capital letters', { StringEquals: { [AUD.toUpperCase()]: AUDIENCE } }],
    ['a question mark', { StringLike: { [AUD]: '?' } }],
    ['two asterisks', { StringLike: { [AUD]: '**' } }],
    ['an empty list', { StringEquals: { [AUD]: [] } }],
  ])('is kept: %s', (_, condition) => {
    expect(() => keep(policy(condition))).not.toThrow();
  });

  it.each<[string, PolicyStatement['Condition']]>([
    ['no condition', undefined],
    ['a condition on the subject alone', { StringEquals: { [`${SHARED}:sub`]: SUBJECT } }],
    ['an asterisk', { StringLike: { [AUD]: '*' } }],
    ['an asterisk that is no pattern', { StringEquals: { [AUD]: '*' } }],
    ['an asterisk and a value', { StringEquals: { [AUD]: ['*', AUDIENCE] } }],
    ['not equal', { StringNotEquals: { [AUD]: AUDIENCE } }],
    ['not like', { StringNotLike: { [AUD]: 'x*' } }],
    ['equal if it exists', { StringEqualsIfExists: { [AUD]: AUDIENCE } }],
    ['like if it exists', { StringLikeIfExists: { [AUD]: AUDIENCE } }],
    ['present', { Null: { [AUD]: 'false' } }],
    ['a truth', { Bool: { [AUD]: 'true' } }],
    ['a key of a team', { StringEquals: { [`${SHARED}/acme:aud`]: AUDIENCE } }],
  ])('is refused: %s', (_, condition) => {
    expect(() => keep(policy(condition))).toThrow(REFUSED);
  });

  it('is judged statement by statement, Allow and web identity alone', () => {
    const [good] = [policy({ StringEquals: { [AUD]: AUDIENCE } }).Statement].flat();
    const bare = policy(undefined).Statement as PolicyStatement;
    const both = (second: object) => ({ Version: '2012-10-17', Statement: [good, second] });
    expect(() => keep(both(bare))).toThrow(REFUSED);
    expect(() => keep(both({ ...bare, Effect: 'Deny' }))).not.toThrow();
    expect(() => keep(both({ ...bare, Action: 'sts:TagSession' }))).not.toThrow();
    expect(() => keep(both({ ...bare, Action: 'sts:AssumeRole*' }))).toThrow(REFUSED);
    expect(() => keep(policy(undefined, { Action: 'sts:*' }))).toThrow(
      'may only specify STS AssumeRole actions',
    );
  });

  it.each([
    ['token.actions.githubusercontent.com', 'sub', 'aud'],
    ['gitlab.com', 'sub', 'aud'],
    ['app.terraform.io', 'sub', 'aud'],
    ['api.pulumi.com/oidc', 'aud', 'sub'],
  ])('%s: the claim is `%s`, not `%s`', (host, claim, other) => {
    const about = (name: string) =>
      trusting({ StringEquals: { [`${host}:${name}`]: 'x' } }, { Principal: of(host) });
    expect(() => keep(about(claim))).not.toThrow();
    expect(() => keep(about(other))).toThrow(`${host}:${claim} which is not scoped to all`);
  });

  it("is no matter for a team's own issuer", () => {
    expect(() => keep(trusting(undefined))).not.toThrow();
  });

  it('is not checked again where the role is older', () => {
    const aws = testAws();
    const input = { arn: `${ROLE}-old`, trustPolicy: policy(undefined) };
    expect(() => aws.admin.createRole(input)).toThrow(REFUSED);
    aws.admin.createRole({ ...input, predatesIdentityProviderControls: true });
    expect(() => aws.admin.updateRole(input)).toThrow(REFUSED);
  });
});

describe('what IAM does not keep', () => {
  it.each(['a b', 'read-only', 'größe', 'a_b'])('the Sid %j', (Sid) => {
    expect(() => keep(trusting({}, { Sid }))).toThrow('Statement IDs (SID) must be alpha-numeric');
    expect(() => keep(trusting({}, { Sid: 'Vercel1' }))).not.toThrow();
  });

  it('one Sid twice, but an empty one as often as it likes', () => {
    const twice = (Sid: string) => {
      const statement = trusting({}, { Sid }).Statement;
      return { Version: '2012-10-17', Statement: [statement, statement].flat() };
    };
    expect(() => keep(twice('A'))).toThrow('not unique');
    expect(() => keep(twice(''))).not.toThrow();
  });

  it('a trust policy above the quota, white space not counted', () => {
    const aws = testAws();
    const subjects = (count: number) =>
      trusting({
        StringEquals: { 'oidc.vercel.com/acme:sub': Array.from({ length: count }, () => SUBJECT) },
      });
    expect(() => aws.admin.createRole({ arn: `${ROLE}-long`, trustPolicy: subjects(50) })).toThrow(
      'LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048',
    );
    aws.admin.createRole({ arn: `${ROLE}-long`, trustPolicy: subjects(50), trustPolicyQuota: 4096 });
    aws.admin.createRole({ arn: `${ROLE}-short`, trustPolicy: TRUST });
  });
});
