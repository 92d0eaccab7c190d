import { describe, expect, test } from 'vitest';
import { compileIdentityPolicy } from './attribute-mapping.js';
import { extract } from './cel-extract.js';

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
const judged = (mapping: Record<string, string>, condition?: string) =>
  compileIdentityPolicy(mapping, condition)(claims);
const CONDITION = {
  ok: false,
  error: 'unauthorized_client',
  description: 'The given credential is rejected by the attribute condition.',
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
      ok: true,
      identity: {
        subject: 'acme/shop',
        attributes: { environment: 'production', project: 'shop', known: 'none' },
        groups: ['web', 'ops'],
      },
    });
  });

  test('a claim that is not there leaves an attribute unmapped, and a subject without value', () => {
    expect(judged({ ...SUB, 'attribute.plan': 'assertion.plan' })).toMatchObject({
      identity: { attributes: {} },
    });
    for (const expression of ['assertion.plan', 'assertion.empty'])
      expect(judged({ 'google.subject': expression })).toEqual({
        ok: false,
        error: 'unauthorized_client',
        description: 'Could not obtain a value for google.subject from the given credential.',
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
    expect(judged(mapping)).toEqual({ ok: false, error: 'unauthorized_client', description });
  });

  test('a subject has 127 bytes at most, not characters', () => {
    const subject = (text: string) => compileIdentityPolicy(SUB, undefined)({ sub: text });
    expect(subject('a'.repeat(127))).toMatchObject({ ok: true });
    expect(subject(`${'a'.repeat(126)}é`)).toMatchObject({
      ok: false,
      error: 'invalid_request',
      description: expect.stringContaining('google.subject exceeds the 127 bytes limit') as string,
    });
  });
});

test('all mapped attributes together have 16 KB at most', () => {
  const mapping = { ...SUB, 'attribute.a': 'assertion.a', 'attribute.b': 'assertion.b' };
  const policy = compileIdentityPolicy(mapping, undefined);
  expect(policy({ sub: 'x', a: 'a'.repeat(8_192), b: 'b'.repeat(8_191) })).toMatchObject({ ok: true });
  expect(policy({ sub: 'x', a: 'a'.repeat(8_192), b: 'b'.repeat(8_192) })).toMatchObject({
    ok: false,
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
    expect(judged(mapping, condition)).toMatchObject({ ok: true });
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
    expect(() => compileIdentityPolicy(SUB, condition)).toThrow(`undeclared reference to '${name}'`);
  });

  test('a macro declares its own variable', () => {
    expect(() => compileIdentityPolicy(SUB, "assertion.teams.exists(team, team == 'ops')")).not.toThrow();
  });

  test('a mapping reads the assertion alone', () => {
    expect(() => compileIdentityPolicy({ ...SUB, 'attribute.a': 'google.subject' }, undefined)).toThrow(
      `attributeMapping["attribute.a"]: undeclared reference to 'google'`,
    );
  });

  test('it is asked before the subject is: a missing claim is told as a rejected condition', () => {
    expect(compileIdentityPolicy(SUB, "assertion.sub == 'x'")({})).toEqual(CONDITION);
  });
});

test('extract', () => {
  expect(extract('projects/p1/buckets/b', 'projects/{id}/')).toBe('p1');
  expect(extract('projects/p1', 'projects/{id}')).toBe('p1');
  expect(extract('p1/x', '{id}/')).toBe('p1');
  expect(extract('projects/p1', 'folders/{id}')).toBe('');
  expect(extract('projects/p1', 'projects/{id}/')).toBe('');
  expect(() => extract('a', 'b')).toThrow('exactly one');
});
