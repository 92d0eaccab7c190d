import { describe, expect, it } from 'vitest';
import { CLAIMS, explained, provider } from '../explain.fixture.js';
import type { FindingCode } from '../findings.js';

const claims = { ...CLAIMS, groups: ['web', 'ops'], email_verified: true, build_id: '1234', plan: null };

type Mapping = Readonly<Record<string, string>>;

const errorsOf = async (attributeCondition: string, mapping: Mapping = {}) => {
  const attributeMapping = { 'google.subject': 'assertion.sub', ...mapping };
  const { verdict, findings } = await explained('gcp', provider({ attributeMapping, attributeCondition }), {
    claims,
  });
  expect(verdict).toBe('refused');
  return findings.filter(({ severity }) => severity === 'error');
};

/** The causes in order, before the part of the condition that they are in. */
type Case = [condition: string, causes: readonly FindingCode[], mapping?: Mapping];

const GROUPS = { 'google.groups': 'assertion.groups' };
const STAGE = { 'attribute.env': 'assertion.environment' };

describe('the cause inside a condition that is false', () => {
  it.each<Case>([
    ["assertion.sub.startsWith('owner:beta:')", ['team_differs']],
    ["assertion.sub.startsWith('owner:acme:project:web:')", ['project_differs']],
    ["assertion.sub.startsWith('owner:Acme:')", ['case_differs']],
    ["assertion.sub.startsWith('owner:team_acme:project:prj_shop:')", ['id_instead_of_name']],
    ["assertion.sub.startsWith('owner:[TEAM_SLUG]:')", ['placeholder_left']],
    ["assertion.sub.startsWith('repo:acme/')", ['subject_of_another_issuer']],
    ["assertion.sub.startsWith('owner:acme:*')", ['wildcard_in_cel']],
    ["assertion.sub.startsWith(' owner:acme:')", ['surrounding_whitespace']],
    ["assertion.sub.endsWith(':environment:preview')", ['environment_differs']],
    ["assertion.sub.endsWith(':preview')", ['environment_differs']],
    ["assertion.sub.contains(':project:web:')", ['project_differs']],
    ["assertion.sub.contains('preview')", ['environment_differs']],
    ["assertion.sub.contains('project:prj_shop')", ['id_instead_of_name']],
    ["assertion.sub.contains('globex')", ['pattern_differs']],
    ["assertion.sub.matches('^owner:acme:project:(web|blog):.*$')", ['project_differs']],
    ["assertion.sub.matches('^owner:acme:.*:preview$')", ['environment_differs']],
    ["assertion.sub.matches('^owner:beta:')", ['team_differs']],
    ["assertion.sub.matches('^owner:team_acme:')", ['id_instead_of_name']],
    ["assertion.sub.matches('owner:acme:project:*:environment:production')", ['wildcard_in_cel']],
    ["assertion.sub.matches('^OWNER:acme')", ['case_differs']],
    ["assertion.sub.matches('^owner:acme:project:[a-c]+:environment:.*$')", ['project_differs']],
    ["matches(assertion.sub, '[0-9]{9}')", ['pattern_differs']],
    ["assertion.sub == 'owner:acme:project:shop:environment:*'", ['wildcard_in_cel']],
    ["assertion.iss.startsWith('https://oidc.vercel.com/beta')", ['team_differs']],
    ["assertion.project.startsWith('web')", ['project_differs']],
    ["assertion.project == 'prj_shop'", ['id_instead_of_name']],
    ["assertion.owner_id == 'acme'", ['name_instead_of_id']],
    ["assertion.environment in ['preview', 'Production']", ['case_differs']],
    ["assertion.environment in ['preview', 'staging']", ['environment_differs']],
    ["!(assertion.environment == 'production')", ['environment_differs']],
    ["assertion.environment != 'production'", ['environment_differs']],
    ["!assertion.sub.endsWith(':production')", ['environment_differs']],
    ["!(assertion.project in ['shop', 'web'])", ['project_differs']],
    ["attribute.env == 'preview'", ['environment_differs'], STAGE],
    ["attribute.env.startsWith('<')", ['environment_differs'], STAGE],
    ["attribute.env == 'YOUR-ENVIRONMENT'", ['placeholder_left'], STAGE],
    [
      "attribute.env == 'preview'",
      ['environment_differs'],
      { 'attribute.env': "assertion.sub.split(':')[5]" },
    ],
    ["google.subject.startsWith('owner:beta')", ['team_differs']],
    ["attribute.team == 'team_acme'", ['id_instead_of_name'], { 'attribute.team': 'assertion.owner' }],
    ["'admins' in google.groups", ['value_differs'], GROUPS],
    ["'Web' in google.groups", ['case_differs'], GROUPS],
    ["google.groups == 'web'", ['type_differs'], GROUPS],
    ["google.groups.exists(g, g == 'Web')", ['case_differs'], GROUPS],
    ["assertion.groups.all(g, g.startsWith('w'))", ['pattern_differs']],
    ["['beta', 'gamma'].exists(t, assertion.sub.startsWith('owner:' + t + ':'))", ['team_differs']],
    ["['beta'].exists(t, [':preview'].exists(e, assertion.sub == t + e))", ['subject_differs']],
    ['assertion.build_id == 1234', ['type_differs']],
    ["assertion.email_verified == 'true'", ['type_differs']],
    ['has(assertion.user_id)', ['no_such_claim']],
    ['has(attribute.env)', ['attribute_not_mapped']],
    ['!has(assertion.project)', ['value_differs']],
    ["'preview' in assertion", ['no_such_claim']],
    ['assertion.exp < 5.0', ['value_differs']],
    ["assertion.environment == 'preview' ? assertion.project == 'shop' : false", ['environment_differs']],
    ["assertion.environment == 'production' ? assertion.project == 'web' : false", ['project_differs']],
    [
      "assertion.environment == 'production' ? assertion.project == 'web' : true",
      ['project_differs', 'environment_differs'],
    ],
  ])('%s: %j', async (condition, causes, mapping) => {
    const codes = (await errorsOf(condition, mapping)).map(({ code }) => code);
    expect(codes).toEqual([...causes, 'condition_false']);
  });
});

describe('the cause inside a condition that ends with an error', () => {
  it.each<Case>([
    ["'production' in assertion.environment", ['type_differs']],
    ["google.groups.contains('web')", ['type_differs'], GROUPS],
    ["assertion.groups.startsWith('web')", ['type_differs']],
    ['assertion.exp.startsWith("1")', ['type_differs']],
    ["assertion.sub.split(':')[9] == 'x'", ['cel_error']],
    ['int(assertion.sub) == 3', ['cel_error']],
    ["assertion.sub.matches('(')", ['cel_error']],
    ["assertion.actor.kind == 'x'", ['no_such_claim']],
    ["attribute.env == 'production'", ['no_such_claim'], { 'attribute.env': 'assertion.enviroment' }],
    ["attribute.env == 'production'", ['cel_error'], { 'attribute.env': "assertion.sub.split('/')[1]" }],
    ["attribute.plan == 'pro'", ['attribute_not_mapped'], { 'attribute.plan': 'assertion.plan' }],
    ["attribute.env == 'production'", ['attribute_not_mapped']],
  ])('%s: %j', async (condition, causes, mapping) => {
    expect((await errorsOf(condition, mapping)).map(({ code }) => code)).toEqual(causes);
  });
});

describe('alternatives', () => {
  it('begin with the nearest', async () => {
    const found = await errorsOf(
      "assertion.owner == 'beta' || (assertion.owner == 'acme' && assertion.environment == 'Production')",
    );
    expect(found.map(({ code }) => code)).toEqual(['case_differs', 'team_differs', 'condition_false']);
  });

  it('of one claim are one choice of values', async () => {
    const found = await errorsOf(
      "assertion.project == 'web' || assertion.project == 'shop ' || assertion.project == 'prj_shop'",
    );
    expect(found.map(({ code }) => code)).toEqual(['surrounding_whitespace', 'condition_false']);
  });

  it('put a claim that no token of this kind has behind a value that differs', async () => {
    const found = await errorsOf("assertion.user_id == 'user_1' || assertion.environment == 'preview'");
    expect(found.map(({ code }) => code)).toEqual(['environment_differs', 'no_such_claim']);
  });

  it('are four at most', async () => {
    const condition = Array.from({ length: 40 }, (_, at) => `assertion['claim_${at}'] == 'x'`).join(' || ');
    expect(await errorsOf(condition)).toHaveLength(4);
  });
});

it('says which part of a long condition is false, after its cause', async () => {
  const found = await errorsOf("assertion.owner == 'acme' && (assertion.project == 'web')");
  expect(found.map(({ message }) => message)).toEqual([
    '`assertion.project`: The policy has "web", the token "shop".',
    expect.stringMatching(
      /^`assertion\.project == "web"` is false for this token: `assertion\.project` is "shop"\.$/,
    ),
  ]);
});

it('judges a condition as deep as the parser takes in bounded time', async () => {
  const deep = `${'!('.repeat(60)}assertion.project == 'web'${')'.repeat(60)}`;
  expect((await errorsOf(deep)).map(({ code }) => code)).toContain('project_differs');
});

it('gives the verdict where a closer look would cost too much', async () => {
  const dear = Array.from({ length: 34 }, (_, at) => `assertion.sub.matches('(w{9}){${at + 9}}x{2}$')`);
  const found = await errorsOf(`${dear.join(' || ')} || assertion.groups == ['a']`);
  expect(found).toMatchObject([
    { code: 'condition_false', message: expect.stringContaining('too many steps') as string },
  ]);
});

it('names four elements of a long list at most', async () => {
  const list = Array.from({ length: 60 }, (_, at) => `'x${at}'`).join();
  expect(await errorsOf(`[${list}].all(one, assertion.sub.contains(one))`)).toHaveLength(5);
});

it('refuses a name that nothing declares, and says how a claim is read', async () => {
  const { verdict, findings } = await explained(
    'gcp',
    provider({ attributeCondition: "environment == 'x'" }),
  );
  expect(verdict).toBe('invalid');
  expect(findings[0]).toMatchObject({
    code: 'malformed_policy',
    message: expect.stringContaining('`assertion.environment`') as string,
  });
});
