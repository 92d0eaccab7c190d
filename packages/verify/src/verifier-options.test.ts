import { afterEach, describe, expect, test, vi } from 'vitest';
import { OptionError } from '@credex/core';
import { createTokenVerifier } from './index.js';
import type { TokenVerifierOptions } from './index.js';

const RULE = { projectId: 'prj_shop', environment: 'production' };
const GOOD = { team: 'acme', audience: 'https://api.acme.example', allow: [RULE] };
const { team: _, ...WITHOUT_TEAM } = GOOD;
const make = (options: object) => createTokenVerifier(options as TokenVerifierOptions);
const thrownBy = (options: unknown): OptionError => {
  try {
    createTokenVerifier(options as TokenVerifierOptions);
  } catch (error) {
    if (OptionError.isInstance(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

afterEach(() => vi.unstubAllEnvs());

describe('what is missing or wrong is named', () => {
  test.each([
    [undefined, 'invalid_option', 'options'],
    [null, 'invalid_option', 'options'],
    [{}, 'missing_option', 'team'],
    [WITHOUT_TEAM, 'missing_option', 'team'],
    [{ ...GOOD, issuer: 'https://oidc.vercel.com/acme' }, 'conflicting_options', 'issuer'],
    [{ ...GOOD, audience: undefined }, 'missing_option', 'audience'],
    [{ ...GOOD, audience: '' }, 'invalid_option', 'audience'],
    [{ ...GOOD, audience: [] }, 'invalid_option', 'audience'],
    [{ ...GOOD, audience: ['a', 1] }, 'invalid_option', 'audience'],
    [{ ...GOOD, audience: '*' }, 'invalid_option', 'audience'],
    [{ ...GOOD, audience: 'https://*.example' }, 'invalid_option', 'audience'],
    [{ ...GOOD, audience: null }, 'invalid_option', 'audience'],
    [{ ...GOOD, allow: undefined }, 'missing_option', 'allow'],
    [{ ...GOOD, allow: [] }, 'invalid_option', 'allow'],
    [{ ...GOOD, allow: RULE }, 'invalid_option', 'allow'],
    [{ ...GOOD, allow: '*' }, 'invalid_option', 'allow'],
    [{ ...GOOD, allow: Array(3) }, 'invalid_option', 'allow[0]'],
    // eslint-disable-next-line no-sparse-arrays -- a list with a hole is what is tested
    [{ ...GOOD, audience: ['a', , 'b'] }, 'invalid_option', 'audience'],
    [{ ...GOOD, audience: Array(1) }, 'invalid_option', 'audience'],
    [{ ...GOOD, allow: [{ ...RULE, projectId: Array(1) }] }, 'invalid_option', 'allow[0].projectId'],
    [{ ...GOOD, allow: [Object.create(RULE)] }, 'missing_option', 'allow[0].environment'],
    [Object.create(GOOD), 'invalid_option', 'team'],
    [{ ...GOOD, allow: [RULE, '*'] }, 'invalid_option', 'allow[1]'],
    [{ ...GOOD, allow: [null] }, 'invalid_option', 'allow[0]'],
    [{ ...GOOD, allow: [{}] }, 'missing_option', 'allow[0].environment'],
    [{ ...GOOD, allow: [{ projectId: 'prj_shop' }] }, 'missing_option', 'allow[0].environment'],
    [
      { ...GOOD, allow: [RULE, { ...RULE, environment: undefined }] },
      'missing_option',
      'allow[1].environment',
    ],
    [{ ...GOOD, allow: [{ environment: 'production' }] }, 'missing_option', 'allow[0].projectId'],
    [
      { ...GOOD, allow: [{ ownerId: 'team_acme', environment: '*' }] },
      'missing_option',
      'allow[0].projectId',
    ],
    [{ ...GOOD, allow: [{ ...RULE, project_id: 'prj_shop' }] }, 'invalid_option', 'allow[0]'],
    [{ ...GOOD, allow: [{ ...RULE, environment: '' }] }, 'invalid_option', 'allow[0].environment'],
    [{ ...GOOD, allow: [{ ...RULE, environment: [] }] }, 'invalid_option', 'allow[0].environment'],
    [{ ...GOOD, allow: [{ ...RULE, environment: null }] }, 'invalid_option', 'allow[0].environment'],
    [{ ...GOOD, allow: [{ ...RULE, environment: 'prod*' }] }, 'invalid_option', 'allow[0].environment'],
    [
      { ...GOOD, allow: [{ ...RULE, environment: ['*', 'preview'] }] },
      'invalid_option',
      'allow[0].environment',
    ],
    [{ ...GOOD, allow: [{ ...RULE, environment: ' production' }] }, 'invalid_option', 'allow[0].environment'],
    [{ ...GOOD, allow: [{ ...RULE, projectId: /prj_/ }] }, 'invalid_option', 'allow[0].projectId'],
    [
      { ...GOOD, allow: [{ ...RULE, subject: 'owner:acme:project:*:environment:production' }] },
      'invalid_option',
      'allow[0].subject',
    ],
    [{ ...GOOD, team: '' }, 'invalid_option', 'team'],
    [{ ...GOOD, team: 'Acme' }, 'invalid_option', 'team'],
    [{ ...GOOD, team: 'acme/other' }, 'invalid_option', 'team'],
    [{ ...GOOD, team: '../other' }, 'invalid_option', 'team'],
    [{ ...GOOD, team: '*' }, 'invalid_option', 'team'],
    [{ ...GOOD, team: [] }, 'invalid_option', 'team'],
    [{ ...GOOD, algorithms: ['none'] }, 'invalid_option', 'algorithms'],
    [{ ...GOOD, algorithms: ['HS256'] }, 'invalid_option', 'algorithms'],
    [{ ...GOOD, algorithms: ['RS256', 'None'] }, 'invalid_option', 'algorithms'],
    [{ ...GOOD, algorithms: ['rs256'] }, 'invalid_option', 'algorithms'],
    [{ ...GOOD, algorithms: [] }, 'invalid_option', 'algorithms'],
    [{ ...GOOD, algorithms: 'RS256' }, 'invalid_option', 'algorithms'],
    [{ ...GOOD, clockToleranceSeconds: -1 }, 'invalid_option', 'clockToleranceSeconds'],
    [{ ...GOOD, clockToleranceSeconds: 301 }, 'invalid_option', 'clockToleranceSeconds'],
    [{ ...GOOD, clockToleranceSeconds: Number.NaN }, 'invalid_option', 'clockToleranceSeconds'],
    [{ ...GOOD, clockToleranceSeconds: '5' }, 'invalid_option', 'clockToleranceSeconds'],
    [{ ...GOOD, timeoutMs: 0 }, 'invalid_option', 'timeoutMs'],
    [{ ...GOOD, memoSize: 100_001 }, 'invalid_option', 'memoSize'],
    [{ ...GOOD, allowLoopbackHttp: 'true' }, 'invalid_option', 'allowLoopbackHttp'],
    [{ ...GOOD, fetch: 'fetch' }, 'invalid_option', 'fetch'],
    [{ ...GOOD, clock: { now: () => 0 } }, 'invalid_option', 'clock'],
    [{ ...GOOD, jwksUri: 'http://127.0.0.1/jwks' }, 'unsafe_url', 'jwksUri'],
    [{ ...GOOD, jwksUri: 'http://oidc.example/jwks', allowLoopbackHttp: true }, 'unsafe_url', 'jwksUri'],
    [{ ...GOOD, jwksUri: 'file:///etc/passwd' }, 'unsafe_url', 'jwksUri'],
    [{ ...GOOD, jwksUri: 'https://user@oidc.vercel.com/jwks' }, 'unsafe_url', 'jwksUri'],
    [
      { ...GOOD, team: ['acme', 'globex'], jwksUri: 'https://oidc.vercel.com/acme/.well-known/jwks' },
      'conflicting_options',
      'jwksUri',
    ],
    [{ ...GOOD, projectId: 'prj_shop' }, 'invalid_option', 'projectId'],
    [{ ...GOOD, issuers: [] }, 'invalid_option', 'issuers'],
  ])('%j', (options, code, option) => {
    const error = thrownBy(options);
    expect({ code: error.code, option: error.option }).toEqual({ code, option });
    expect(error.message).toMatch(/`/);
  });

  test('explains a value with a pattern', () => {
    expect(thrownBy({ ...GOOD, allow: [{ ...RULE, project: 'shop-*' }] }).message).toContain(
      "'*' within a value never matches",
    );
  });

  test('a token pasted into an option is not printed back', () => {
    const token = `eyJhbGciOiJSUzI1NiJ9.${'x'.repeat(80)}.sig`;
    for (const options of [
      { ...GOOD, team: token },
      { ...GOOD, [token]: 1 },
      { ...GOOD, allow: [{ ...RULE, [token]: 1 }] },
    ])
      expect(thrownBy(options).message).not.toContain('xxxx');
  });
});

describe('issuers', () => {
  const issuer = (value: unknown, more: object = {}) => make({ ...WITHOUT_TEAM, issuer: value, ...more });

  test.each(['https://oidc.vercel.com/acme', ['https://oidc.vercel.com', 'https://oidc.vercel.com/acme-2']])(
    '%s is taken',
    (value) => {
      expect(issuer(value).rules).toHaveLength(1);
    },
  );

  test.each(['https://vercel.com/acme', ['https://api.acme.example', 'https://vercel.com/acme']])(
    'the global issuer alone is taken with the audience %s',
    (audience) => {
      expect(issuer('https://oidc.vercel.com', { audience }).rules).toHaveLength(1);
    },
  );

  test.each(['https://api.acme.example', 'https://vercel.com', ['https://vercel.com/acme/x', 'orders']])(
    'the global issuer alone is refused with the audience %s: Vercel makes no such token',
    (audience) => {
      const error = thrownBy({ ...WITHOUT_TEAM, issuer: 'https://oidc.vercel.com', audience });
      expect(error).toMatchObject({ code: 'conflicting_options', option: 'issuer' });
      expect(error.message).toContain('gives such a token the team issuer');
    },
  );

  test.each([
    'https://oidc.vercel.com/',
    'https://oidc.vercel.com/acme/',
    'https://oidc.vercel.com/Acme',
    'https://oidc.vercel.com/acme/x',
    'https://oidc.vercel.com:443/acme',
    'http://oidc.vercel.com/acme',
    'https://oidc.vercel.com.evil.example/acme',
    'https://evil.example',
    'http://127.0.0.1:4000/acme',
    '',
    '*',
    {},
    ['https://oidc.vercel.com/acme', 'https://evil.example'],
  ])('%s is refused', (value) => {
    expect(() => issuer(value)).toThrow(OptionError);
  });

  test.each([
    'https://passport.vercel.com/acme',
    'https://passport.vercel.com',
    'https://vercel.com',
    'https://vercel.com/',
  ])('%s is refused by its name', (value) => {
    expect(() => issuer(value)).toThrow(/Passport|Sign in with Vercel/);
  });

  test('on loopback by an option in code', () => {
    const allowLoopbackHttp = true;
    for (const value of ['http://127.0.0.1:4000/acme', 'http://localhost:4000', 'https://[::1]:4000/acme'])
      expect(issuer(value, { allowLoopbackHttp }).rules).toHaveLength(1);
    for (const value of [
      'http://127.0.0.1:4000/',
      'http://127.0.0.1:4000/Acme',
      'http://10.0.0.1/acme',
      'http://127.1/acme',
      'http://127.0.0.1:4000/a?b',
    ])
      expect(() => issuer(value, { allowLoopbackHttp })).toThrow(OptionError);
  });
});

describe('under the global issuer a rule names an id', () => {
  const under = (rule: object, issuer: unknown = 'https://oidc.vercel.com') =>
    make({ ...WITHOUT_TEAM, audience: 'https://vercel.com/acme', issuer, allow: [rule] });

  test.each([
    { project: 'shop', environment: 'production' },
    { project: 'shop', owner: 'acme', environment: 'production' },
    { projectId: '*', environment: 'production' },
    { projectId: '*', ownerId: '*', environment: 'production' },
    { project: 'shop', environment: 'production', subject: 'owner:acme:project:shop:environment:production' },
  ])('%j is refused', (rule) => {
    expect(() => under(rule)).toThrow(/global issuer/);
    expect(() => under(rule, ['https://oidc.vercel.com/acme', 'https://oidc.vercel.com'])).toThrow(
      /global issuer/,
    );
    expect(under(rule, 'https://oidc.vercel.com/acme').rules).toHaveLength(1);
  });

  test.each([
    { projectId: 'prj_shop', environment: '*' },
    { ownerId: 'team_acme', project: '*', environment: '*' },
  ])('%j is taken', (rule) => {
    expect(under(rule).rules).toHaveLength(1);
  });
});

test('with several teams a rule with the name of a project names the team as well', () => {
  const under = (rule: object) => make({ ...GOOD, team: ['acme', 'partner'], allow: [rule] });
  const rule = { project: 'shop', environment: 'production' };
  for (const more of [{}, { ownerId: '*' }, { projectId: '*' }])
    expect(() => under({ ...rule, ...more })).toThrow(/each of them can have a project of this name/);
  for (const more of [
    { owner: 'acme' },
    { ownerId: 'team_acme' },
    { projectId: 'prj_shop' },
    { project: '*' },
  ])
    expect(under({ ...rule, ...more }).rules).toHaveLength(1);
});

test('the rules in effect say what they leave open, as frozen plain data', () => {
  const environment = ['production', 'preview'];
  const verifier = make({
    ...GOOD,
    allow: [
      { ...RULE, environment },
      { project: '*', environment: '*', ownerId: 'team_acme', owner: undefined },
    ],
  });
  environment.push('*');
  expect(verifier.rules).toEqual([
    { projectId: ['prj_shop'], environment: ['production', 'preview'], leavesOpen: [] },
    { project: ['*'], environment: ['*'], ownerId: ['team_acme'], leavesOpen: ['environment', 'project'] },
  ]);
  expect(JSON.parse(JSON.stringify(verifier.rules))).toEqual(verifier.rules);
  const [first] = verifier.rules;
  for (const held of [verifier, verifier.rules, first, first?.environment, first?.leavesOpen])
    expect(Object.isFrozen(held)).toBe(true);
});

test('what becomes of the options afterwards changes nothing, and a getter is asked once', () => {
  let asked = 0;
  const getter = {
    projectId: 'prj_blog',
    get environment() {
      return asked++ === 0 ? 'production' : '*';
    },
  };
  const rule = { projectId: ['prj_shop'], environment: ['production'] };
  const options = { team: ['acme'], audience: ['https://api.acme.example'], allow: [rule, getter] };
  const { rules } = make(options) as { rules: unknown };
  rule.environment.push('preview');
  rule.projectId[0] = '*';
  options.allow.push({ projectId: ['*'], environment: ['*'] });
  expect(rules).toEqual([
    { projectId: ['prj_shop'], environment: ['production'], leavesOpen: [] },
    { projectId: ['prj_blog'], environment: ['production'], leavesOpen: [] },
  ]);
  expect(asked).toBe(1);
});

test('no environment variable stands for an option', () => {
  for (const name of ['VERCEL_PROJECT_ID', 'VERCEL_ENV', 'VERCEL_TARGET_ENV', 'VERCEL_TEAM', 'AUDIENCE'])
    vi.stubEnv(name, 'acme');
  expect(thrownBy({}).code).toBe('missing_option');
  expect(thrownBy({ team: 'acme' })).toMatchObject({
    code: 'missing_option',
    option: 'audience',
    environmentVariable: undefined,
  });
  expect(thrownBy({ team: 'acme', audience: 'a' })).toMatchObject({
    option: 'allow',
    environmentVariable: undefined,
  });
});
