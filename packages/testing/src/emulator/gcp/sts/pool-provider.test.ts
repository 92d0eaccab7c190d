import { describe, expect, test } from 'vitest';
import { Refusal } from '../google-errors.js';
import { createPoolProvider } from './pool-provider.js';

const claims = {
  sub: 'owner:acme:project:shop:environment:production',
  owner: 'acme',
  owner_id: 'team_acme',
  environment: 'production',
  teams: ['web', 'ops'],
  count: 3,
  empty: '',
  mixed: ['web', 3],
};
const SUB = { 'google.subject': 'assertion.sub' } as const;
const POOL = 'projects/123/locations/global/workloadIdentityPools/vercel';

function policyOf(attributeMapping: Readonly<Record<string, string>>, attributeCondition?: string) {
  const issuerUri = 'https://oidc.vercel.com/acme';
  const provider = createPoolProvider(`${POOL}/providers/vercel`, {
    issuerUri,
    attributeMapping,
    attributeCondition,
  });
  return (of: Readonly<Record<string, unknown>>): unknown => {
    try {
      return provider.identify(of);
    } catch (error) {
      return error instanceof Refusal ? JSON.parse(error.answer.body as string) : error;
    }
  };
}
const judged = (mapping: Record<string, string>, condition?: string) => policyOf(mapping, condition)(claims);
const CONDITION = {
  error: 'unauthorized_client',
  error_description: 'The given credential is rejected by the attribute condition.',
};

describe('mapping', () => {
  test('subject, attributes and groups by CEL over the claims', () => {
    expect(
      judged({
        'google.subject': "assertion.owner + '/' + assertion.sub.split(':')[3]",
        'google.groups': 'assertion.teams',
        'attribute.environment': 'assertion.environment',
        'attribute.project': "assertion.sub.extract('project:{name}:')",
        'attribute.known': "has(assertion.plan) ? assertion.plan : 'none'",
      }),
    ).toEqual({
      subject: 'acme/shop',
      members: [
        `principal://iam.googleapis.com/${POOL}/subject/acme/shop`,
        ...['*', 'group/web', 'group/ops', 'attribute.environment/production', 'attribute.project/shop'].map(
          (of) => `principalSet://iam.googleapis.com/${POOL}/${of}`,
        ),
        `principalSet://iam.googleapis.com/${POOL}/attribute.known/none`,
      ],
    });
  });

  test('a claim that is not there leaves an attribute unmapped, and a subject without value', () => {
    expect(judged({ ...SUB, 'attribute.plan': 'assertion.plan' })).toMatchObject({
      members: [expect.stringMatching(/^principal:/), expect.stringMatching(/\/\*$/)],
    });
    for (const expression of ['assertion.plan', 'assertion.empty'])
      expect(judged({ 'google.subject': expression })).toEqual({
        error: 'unauthorized_client',
        error_description: 'Could not obtain a value for google.subject from the given credential.',
      });
  });

  test.each([
    [
      { 'google.subject': 'assertion.count' },
      "The mapped attribute 'google.subject' must be of type STRING.",
    ],
    [
      { 'google.subject': "assertion.sub == 'x'" },
      "The mapped attribute 'google.subject' must be of type STRING.",
    ],
    [
      { ...SUB, 'attribute.n': 'assertion.count' },
      "The mapped attribute 'attribute.n' must be of type STRING.",
    ],
    [
      { ...SUB, 'google.groups': 'assertion.owner' },
      "The mapped attribute 'google.groups' must be of type LIST.",
    ],
    [
      { ...SUB, 'google.groups': 'assertion.mixed' },
      "The mapped attribute 'google.groups' must be of type LIST.",
    ],
  ])('%j is of a wrong type', (mapping, description) => {
    expect(judged(mapping)).toEqual({
      error: 'unauthorized_client',
      error_description: description,
    });
  });

  test('a subject has 127 bytes at most, not characters', () => {
    const subject = (text: string) => policyOf(SUB)({ sub: text });
    expect(subject('a'.repeat(127))).toHaveProperty('subject');
    expect(subject(`${'a'.repeat(126)}é`)).toMatchObject({
      error: 'invalid_request',
      error_description: expect.stringContaining('google.subject exceeds the 127 bytes limit') as string,
    });
  });
});

test('all mapped attributes together have 16 KB at most', () => {
  const mapping = { ...SUB, 'attribute.a': 'assertion.a', 'attribute.b': 'assertion.b' };
  const policy = policyOf(mapping);
  expect(policy({ sub: 'x', a: 'a'.repeat(8_192), b: 'b'.repeat(8_191) })).toHaveProperty('subject');
  expect(policy({ sub: 'x', a: 'a'.repeat(8_192), b: 'b'.repeat(8_192) })).toMatchObject({
    error: 'invalid_request',
  });
});

describe('condition', () => {
  test.each([
    "assertion.owner_id == 'team_acme'",
    "google.subject.startsWith('owner:acme:')",
    "attribute.environment == 'production'",
    "'ops' in google.groups",
    'assertion.count == 3',
    "has(assertion.plan) || assertion.owner == 'acme'",
  ])('%s admits', (condition) => {
    const mapping = {
      ...SUB,
      'attribute.environment': 'assertion.environment',
      'google.groups': 'assertion.teams',
    };
    expect(judged(mapping, condition)).toHaveProperty('subject');
  });

  test.each([
    "assertion.owner_id == 'team_evil'",
    // What follows is an error or no boolean: values that are truthy in JavaScript.
    "assertion.plan == 'pro'",
    'assertion.owner',
    'assertion.count',
    'assertion',
    "assertion.owner == 'acme' && assertion.plan",
  ])('%s refuses', (condition) => {
    expect(judged(SUB, condition)).toEqual(CONDITION);
  });

  test.each([
    ['nothing.at.all', 'nothing'],
    ['sub', 'sub'],
    ["request.auth == ''", 'request'],
    ['assertion.owner.frobnicate()', 'frobnicate'],
    ["{'a': missing} == {}", 'missing'],
    ['assertion.teams.exists(team, team == other)', 'other'],
  ])('%s is refused when the provider is made: %s is not declared', (condition, name) => {
    expect(() => policyOf(SUB, condition)).toThrow(`undeclared reference to '${name}'`);
  });

  test('a macro declares its own variable', () => {
    expect(() => policyOf(SUB, "assertion.teams.exists(team, team == 'ops')")).not.toThrow();
  });

  test('a mapping reads the assertion alone', () => {
    expect(() => policyOf({ ...SUB, 'attribute.a': 'google.subject' })).toThrow(
      `undeclared reference to 'google'`,
    );
  });

  test('it is asked before the subject is: a missing claim is told as a rejected condition', () => {
    expect(policyOf(SUB, "assertion.sub == 'x'")({})).toEqual(CONDITION);
  });
});
