import { decide, knownKeys } from '@credex/explain/internal';
import { describe, expect, it } from 'vitest';
import { MalformedPolicyDocumentError, parsePolicy } from './policy-document.js';
import { PROVIDER, SUBJECT } from '../aws.fixture.js';

const keys = knownKeys({
  [`${PROVIDER}:sub`]: SUBJECT,
  [`${PROVIDER}:aud`]: 'https://vercel.com/acme',
  [`${PROVIDER}:amr`]: ['authenticated', 'vercel'],
  'aws:CurrentTime': '2026-11-22T12:00:00Z',
  'aws:EpochTime': 1_795_348_800,
  'aws:SecureTransport': true,
  'aws:PrincipalArn': 'arn:aws:iam::123456789012:role/vercel/shop',
  'aws:userid': 'AROAEXAMPLE:*',
  'aws:SourceIp': '203.0.113.7',
  'aws:TagKeys': ['alone'],
  'test:bytes': 'QmluYXJ5',
});
const allows = (Condition: object): boolean => {
  const policy = parsePolicy(
    { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*', Condition } },
    'identity',
  );
  return decide([policy], { action: 's3:GetObject', resource: 'arn:aws:s3:::b/k', keys }).effect === 'allow';
};

const SUB = `${PROVIDER}:sub`;
const AMR = `${PROVIDER}:amr`;
const LIKE = 'owner:acme:project:*:environment:production';

describe('conditions', () => {
  it.each([
    ['equal', { StringEquals: { [SUB]: SUBJECT } }],
    ['one of several values', { StringEquals: { [SUB]: ['no', SUBJECT] } }],
    ['a key in other case', { StringEquals: { [SUB.toUpperCase()]: SUBJECT } }],
    [
      'several operators, all of them',
      { StringEquals: { [SUB]: SUBJECT }, Bool: { 'aws:SecureTransport': 'true' } },
    ],
    ['a value without regard to case', { StringEqualsIgnoreCase: { [SUB]: SUBJECT.toUpperCase() } }],
    ['a wildcard', { StringLike: { [SUB]: LIKE } }],
    ['a single character', { StringLike: { [SUB]: SUBJECT.replace('shop', 'sh?p') } }],
    ['not equal', { StringNotEquals: { [SUB]: 'another' } }],
    ['not like', { StringNotLike: { [SUB]: '*:preview' } }],
    ['an address in a range', { IpAddress: { 'aws:SourceIp': ['10.0.0.0/8', '203.0.113.0/24'] } }],
    ['an address alone', { IpAddress: { 'aws:SourceIp': '203.0.113.7' } }],
    ['an address out of a range', { NotIpAddress: { 'aws:SourceIp': ['10.0.0.0/8', '2001:db8::/32'] } }],
    ['an absent address that need not be there', { IpAddressIfExists: { 'aws:VpcSourceIp': '10.0.0.0/8' } }],
    ['the same bytes', { BinaryEquals: { 'test:bytes': 'QmluYXJ5' } }],
    ['any value of a multivalued key', { 'ForAnyValue:StringEquals': { [AMR]: 'vercel' } }],
    [
      'any value of a multivalued key that has one',
      { 'ForAnyValue:StringEquals': { 'aws:TagKeys': 'alone' } },
    ],
    ['not equal, of an absent key', { StringNotEquals: { 'absent:key': 'a' } }],
    ['an absent key that need not be there', { StringEqualsIfExists: { 'absent:key': 'a' } }],
    ['a present key that need not be there', { StringEqualsIfExists: { [SUB]: SUBJECT } }],
    ['an absent key', { Null: { 'absent:key': 'true' } }],
    ['a present key', { Null: { [SUB]: 'false' } }],
    ['any of several values', { 'ForAnyValue:StringEquals': { [AMR]: ['x', 'vercel'] } }],
    ['all of several values', { 'ForAllValues:StringLike': { [AMR]: ['auth*', 'vercel'] } }],
    ['all values of an absent key', { 'ForAllValues:StringEquals': { 'absent:key': 'a' } }],
    ['a date', { DateLessThan: { 'aws:CurrentTime': '2026-11-22T12:00:01Z' } }],
    ['an epoch time as a date', { DateGreaterThanEquals: { 'aws:CurrentTime': '1795348800' } }],
    ['a number', { NumericLessThanEquals: { 'aws:EpochTime': 1_795_348_800 } }],
    ['an ARN', { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/vercel/*' } }],
    ['a variable', { StringEquals: { 'aws:userid': '${aws:userid}' } }],
    ['a default for a variable', { StringEquals: { 'aws:userid': "${absent:key, 'AROAEXAMPLE:*'}" } }],
  ])('allow: %s', (_, condition) => expect(allows(condition)).toBe(true));

  it.each([
    ['a wildcard under StringEquals', { StringEquals: { [SUB]: LIKE } }],
    ['a value in other case', { StringEquals: { [SUB]: SUBJECT.toUpperCase() } }],
    ['a pattern in other case', { StringLike: { [SUB]: LIKE.toUpperCase() } }],
    ['a pattern that fits a part', { StringLike: { [SUB]: 'owner:acme' } }],
    ['one operator of two', { StringEquals: { [SUB]: SUBJECT }, Bool: { 'aws:SecureTransport': 'false' } }],
    ['one key of two', { StringEquals: { [SUB]: SUBJECT, 'absent:key': 'a' } }],
    ['an absent key', { StringEquals: { 'absent:key': 'a' } }],
    ['a scalar operator on a multivalued key', { StringEquals: { [AMR]: 'vercel' } }],
    ['the same with a wildcard', { StringLike: { [AMR]: '*' } }],
    ['the same negated', { StringNotEquals: { [AMR]: 'another' } }],
    ['the same of a key that has one value', { StringEquals: { 'aws:TagKeys': 'alone' } }],
    ['an address out of the range', { IpAddress: { 'aws:SourceIp': '203.0.112.0/24' } }],
    ['an address in the range that is shut out', { NotIpAddress: { 'aws:SourceIp': '203.0.0.0/16' } }],
    ['other bytes', { BinaryEquals: { 'test:bytes': 'QmluYXJ6' } }],
    ['an absent key, like anything', { StringLike: { 'absent:key': '*' } }],
    ['not equal to one of several', { StringNotEquals: { [SUB]: ['a', SUBJECT] } }],
    ['not equal without regard to case', { StringNotEqualsIgnoreCase: { [SUB]: SUBJECT.toUpperCase() } }],
    ['a present key that must be absent', { Null: { [SUB]: 'true' } }],
    ['a present key under IfExists', { StringEqualsIfExists: { [SUB]: 'another' } }],
    ['any value of an absent key', { 'ForAnyValue:StringLike': { 'absent:key': '*' } }],
    ['not all of several values', { 'ForAllValues:StringEquals': { [AMR]: ['vercel'] } }],
    ['a time gone by', { DateLessThan: { 'aws:CurrentTime': '2026-11-22T12:00:00Z' } }],
    ['a number over', { NumericLessThan: { 'aws:EpochTime': '1795348800' } }],
    [
      'a wildcard over the colons of an ARN',
      { ArnLike: { 'aws:PrincipalArn': 'arn:aws:*:role/vercel/shop' } },
    ],
    ['a variable without value', { StringLike: { [SUB]: '${absent:key}*' } }],
  ])('no: %s', (_, condition) => expect(allows(condition)).toBe(false));

  it.each([
    'StringMatches',
    'stringEquals',
    'StringEqualsIfexists',
    'ForEachValue:StringEquals',
    'IPAddress',
    'BinaryNotEquals',
    'constructor',
  ])('refuses to read the operator %s', (operator) => {
    expect(() => allows({ [operator]: { [SUB]: SUBJECT } })).toThrow(MalformedPolicyDocumentError);
    expect(() => allows({ [operator]: { [SUB]: SUBJECT } })).toThrow(
      `Condition.${operator}: IAM has no such condition operator`,
    );
  });

  it('takes a variable as it is in version 2008-10-17', () => {
    const policy = parsePolicy(
      {
        Statement: {
          Effect: 'Allow',
          Action: '*',
          Resource: '*',
          Condition: { StringEquals: { 'aws:userid': '${aws:userid}' } },
        },
      },
      'identity',
    );
    expect(decide([policy], { action: 's3:GetObject', resource: 'arn:aws:s3:::b/k', keys }).effect).toBe(
      'implicit-deny',
    );
  });
});

describe('actions and resources', () => {
  const decision = (statement: object, action = 's3:GetObject', resource = 'arn:aws:s3:::b/team/k') =>
    decide(
      [
        parsePolicy(
          { Version: '2012-10-17', Statement: { Effect: 'Allow', Resource: '*', ...statement } },
          'identity',
        ),
      ],
      {
        action,
        resource,
        keys,
      },
    ).effect;

  it('compares actions without regard to case, resources with it', () => {
    expect(decision({ Action: 'S3:getobject' })).toBe('allow');
    expect(decision({ Action: 's3:*', Resource: 'arn:aws:s3:::B/*' })).toBe('implicit-deny');
  });

  it('has NotAction and NotResource', () => {
    expect(decision({ NotAction: 'iam:*' })).toBe('allow');
    expect(decision({ NotAction: 's3:Get*' })).toBe('implicit-deny');
    expect(decision({ Action: 's3:*', Resource: undefined, NotResource: 'arn:aws:s3:::b/team/*' })).toBe(
      'implicit-deny',
    );
  });

  it('takes what a variable brought literally', () => {
    const own = { Action: 's3:*', Resource: 'arn:aws:s3:::b/${aws:userid}' };
    expect(decision(own, 's3:GetObject', 'arn:aws:s3:::b/AROAEXAMPLE:*')).toBe('allow');
    expect(decision(own, 's3:GetObject', 'arn:aws:s3:::b/AROAEXAMPLE:someone')).toBe('implicit-deny');
  });

  it('never allows what it cannot decide', () => {
    const open = { 'ForAnyValue:StringEqualsIfExists': { 'absent:key': 'a' } };
    expect(decision({ Action: '*', Condition: open })).toBe('undecided');
    expect(decision({ Effect: 'Deny', Action: '*', Condition: open })).toBe('implicit-deny');
    const allow = { Effect: 'Allow', Action: '*', Resource: '*' };
    const both = parsePolicy(
      { Statement: [allow, { ...allow, Effect: 'Deny', Condition: open }] },
      'identity',
    );
    expect(decide([both], { action: 's3:GetObject', keys }).effect).toBe('undecided');
  });

  it('lets a Deny win, wherever it stands', () => {
    const read = (statements: object[]) =>
      parsePolicy({ Version: '2012-10-17', Statement: statements }, 'identity');
    const allow = { Effect: 'Allow', Action: '*', Resource: '*' };
    const deny = { Effect: 'Deny', Action: 's3:Get*', Resource: '*' };
    const request = { action: 's3:GetObject', resource: 'arn:aws:s3:::b/k', keys };
    expect(decide([read([deny]), read([allow])], request).effect).toBe('explicit-deny');
    expect(decide([read([allow, deny])], request).effect).toBe('explicit-deny');
    expect(decide([], request).effect).toBe('implicit-deny');
  });
});

describe('documents that IAM refuses', () => {
  const trust = {
    Effect: 'Allow',
    Principal: { Federated: `arn:aws:iam::123456789012:oidc-provider/${PROVIDER}` },
    Action: 'sts:AssumeRoleWithWebIdentity',
  };
  it.each([
    ['a resource in a trust policy', { ...trust, Resource: '*' }, 'Has prohibited field Resource'],
    ['no principal', { ...trust, Principal: undefined }, 'Missing required field Principal'],
    [
      'a principal of no kind',
      { ...trust, Principal: { Oidc: 'x' } },
      'Principal.Oidc: There is no such type of principal',
    ],
    [
      'a principal with a scheme',
      { ...trust, Principal: { Federated: `https://${PROVIDER}` } },
      'Invalid principal in policy',
    ],
    ['an effect in lower case', { ...trust, Effect: 'allow' }, 'Effect: It must be Allow or Deny'],
    ['an action without vendor', { ...trust, Action: 'AssumeRole' }, 'must be prefaced by a vendor'],
    [
      'a key without vendor',
      { ...trust, Condition: { StringEquals: { sub: 'x' } } },
      'must be prefaced by a vendor',
    ],
    [
      'an action of another service in a trust policy',
      { ...trust, Action: ['sts:AssumeRole', 's3:GetObject'] },
      'AssumeRole policy may only specify STS AssumeRole actions.',
    ],
    [
      'one id for two statements',
      [
        { Sid: 'Vercel', ...trust },
        { Sid: 'Vercel', ...trust },
      ],
      'The Statement Ids in the policy are not unique',
    ],
    [
      'a stray element',
      { ...trust, Conditions: {} },
      'Conditions: A policy of this kind has no such element',
    ],
    [
      'a date that is none',
      { ...trust, Condition: { DateLessThan: { 'aws:CurrentTime': 'soon' } } },
      'cannot compare',
    ],
    ['no list of values', { ...trust, Condition: { StringEquals: { [SUB]: { a: 1 } } } }, 'must be text'],
  ])('%s', (_, statement, message) => {
    const read = () => parsePolicy({ Version: '2012-10-17', Statement: statement }, 'trust');
    expect(read).toThrow(MalformedPolicyDocumentError);
    expect(read).toThrow(message);
  });

  it('a document without statement, or of another version', () => {
    expect(() => parsePolicy({ Version: '2012-10-17' }, 'trust')).toThrow(
      'Statement: It is missing or empty',
    );
    expect(() => parsePolicy({ Version: '2012-10-18', Statement: trust }, 'trust')).toThrow(
      'Version: It must be',
    );
    expect(() => parsePolicy([], 'trust')).toThrow('The policy must be an object');
  });
});
