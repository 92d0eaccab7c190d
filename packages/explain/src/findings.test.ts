// Longer than 300 lines: one case for each finding.
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { ExplainInput } from './explain.js';
import { FINDINGS, type Cloud, type FindingCode } from './findings.js';
import {
  AUDIENCE,
  bound,
  CLAIMS,
  credential,
  EXACT,
  explained,
  HOST,
  ISSUER,
  NOW,
  POOL,
  provider,
  ROLE,
  statement,
  SUBJECT,
  subjectIs,
  trust,
} from './explain.fixture.js';

const NEXT = 'arn:aws:iam::123456789012:role/next';
/** A chain of two roles whose second one has this trust policy. */
const second = (role: object, statement: object = {}, more: Partial<ExplainInput> = {}): Case => [
  'aws',
  trust(EXACT),
  {
    roleArn: ROLE,
    assumeRole: JSON.stringify([{ roleArn: NEXT, ...role }]),
    hopPolicies: [
      JSON.stringify(
        trust({}, { Principal: { AWS: ROLE }, Action: 'sts:AssumeRole', Condition: {}, ...statement }),
      ),
    ],
    ...more,
  },
];
const compares = (key: string): object => ({
  Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
  Condition: { StringEquals: { [key]: 'x' } },
});

type Case = readonly [cloud: Cloud, policy: unknown, more?: Partial<ExplainInput>];

const GLOBAL = { claims: { ...CLAIMS, iss: 'https://oidc.vercel.com' } };
const { iat: _iat, ...UNDATED } = CLAIMS;
const subject = (value: string): Case => ['azure', [credential({ subject: value })]];
const issuer = (value: string): Case => ['azure', [credential({ issuer: value })]];
const audience = (value: string): Case => ['azure', [credential({ audiences: [value] })]];
const where = (condition: string): Case => ['gcp', provider({ attributeCondition: condition })];
const mapped = (mapping: object): Case => [
  'gcp',
  provider({ attributeMapping: { 'google.subject': 'assertion.sub', ...mapping } }),
];
const member = (name: string, more?: object): Case => [
  'gcp',
  provider(),
  { serviceAccountPolicy: bound([name], more) },
];
const of = (pool: string): string => `principal://iam.googleapis.com/${pool}/subject/${SUBJECT}`;
const federated = (arn: string): Case => [
  'aws',
  trust(EXACT, { Principal: { Federated: arn } }),
  { roleArn: ROLE },
];
const identityProvider = (Url: string, ...ClientIDList: string[]): Partial<ExplainInput> => ({
  identityProvider: JSON.stringify({ Url, ClientIDList }),
});

/** One way to each: no code without it. */
const CASES: Readonly<Record<FindingCode, Case>> = {
  case_differs: subject(SUBJECT.toUpperCase()),
  trailing_slash: issuer(`${ISSUER}/`),
  scheme_differs: issuer(ISSUER.replace('https', 'http')),
  surrounding_whitespace: subject(` ${SUBJECT}\n`),
  placeholder_left: subject('owner:[TEAM_SLUG]:project:shop:environment:production'),
  missing_colon: subject(SUBJECT.replace('project:', 'project')),
  issuer_mode: issuer('https://oidc.vercel.com'),
  issuer_differs: issuer('https://token.actions.githubusercontent.com'),
  audience_as_issuer: issuer(AUDIENCE),
  discovery_url_as_issuer: issuer(`${ISSUER}/.well-known/openid-configuration`),
  issuer_as_audience: audience(ISSUER),
  default_audience: audience('api://AzureADTokenExchange'),
  audience_differs: audience('https://api.acme.example'),
  team_differs: issuer('https://oidc.vercel.com/beta'),
  project_differs: subject(SUBJECT.replace('shop', 'web')),
  environment_differs: subject(SUBJECT.replace('production', 'preview')),
  id_instead_of_name: subject('owner:team_acme:project:prj_shop:environment:production'),
  name_instead_of_id: where("assertion.project_id == 'shop'"),
  subject_of_another_issuer: subject('repo:acme/shop:environment:production'),
  subject_differs: subject('shop'),
  value_differs: ['aws', trust({ StringNotEquals: { [`${HOST}:sub`]: SUBJECT } })],
  wildcard_not_supported: subject('owner:acme:*'),
  wildcard_in_string_equals: ['aws', trust(subjectIs('StringEquals', 'owner:acme:project:shop:*'))],
  pattern_differs: ['aws', trust({ StringLike: { [`${HOST}:sub`]: 'owner:beta:*' } })],
  wrong_key_prefix: ['aws', trust({ StringEquals: { 'oidc.vercel.com:sub': SUBJECT } })],
  key_with_scheme: ['aws', trust({ StringEquals: { [`https://${HOST}:sub`]: SUBJECT } })],
  claim_has_no_key: ['aws', trust({ StringEquals: { [`${HOST}:project_id`]: 'prj_shop' } })],
  unknown_condition_key: ['aws', trust({ StringEquals: { 'saml:edupersonorgdn': 'shop' } })],
  conditions_are_anded: [
    'aws',
    trust({ ...subjectIs('StringEquals', SUBJECT), StringLike: { [`${HOST}:sub`]: '*preview' } }),
  ],
  provider_arn_mismatch: federated(
    'arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com',
  ),
  provider_account_mismatch: federated(`arn:aws:iam::999999999999:oidc-provider/${HOST}`),
  provider_partition_mismatch: federated(`arn:aws-cn:iam::123456789012:oidc-provider/${HOST}`),
  provider_arn_has_scheme: federated(`arn:aws:iam::123456789012:oidc-provider/https://${HOST}`),
  provider_not_arn: federated('oidc.vercel.com'),
  principal_not_federated: ['aws', trust(EXACT, { Principal: { Service: 'lambda.amazonaws.com' } })],
  wrong_action: ['aws', trust(EXACT, { Action: 'sts:AssumeRole' })],
  explicit_deny: ['aws', { Statement: [statement(EXACT), statement(EXACT, { Effect: 'Deny' })] }],
  no_allow_statement: ['aws', trust(EXACT, { Effect: 'Deny' })],
  multivalued_key: [
    'aws',
    trust({ StringEquals: { [`${HOST}:amr`]: 'authenticated' } }),
    { claims: { ...CLAIMS, amr: ['authenticated'] } },
  ],
  variables_need_version: [
    'aws',
    trust({ StringEquals: { [`${HOST}:sub`]: `\${${HOST}:sub}` } }, {}, { Version: '2008-10-17' }),
  ],
  identity_provider_issuer: ['aws', trust(EXACT), identityProvider('oidc.vercel.com', AUDIENCE)],
  identity_provider_audience: ['aws', trust(EXACT), identityProvider(HOST, 'sts.amazonaws.com')],
  assume_role_missing: second({}, { Action: 'sts:TagSession' }),
  tag_session_missing: second({ tags: { team: 'data' } }),
  set_source_identity_missing: second({ sourceIdentity: 'shop' }),
  principal_not_role: second({}, { Principal: { Service: 'lambda.amazonaws.com' } }),
  principal_role_differs: second({}, { Principal: { AWS: NEXT } }),
  external_id_differs: second({ externalId: 'y' }, compares('sts:ExternalId')),
  request_tag_differs: second({ tags: { team: 'y' } }, compares('aws:RequestTag/team')),
  principal_tag_differs: [
    'aws',
    { Role: { Arn: ROLE, AssumeRolePolicyDocument: trust(EXACT) } },
    second({}, compares('aws:PrincipalTag/team'))[2] ?? {},
  ],
  transitive_tag_keys_differ: second({}, compares('sts:TransitiveTagKeys')),
  source_identity_differs: second({ sourceIdentity: 'y' }, compares('sts:SourceIdentity')),
  session_policy_denies: second(
    {},
    {},
    {
      sessionPolicy: JSON.stringify({
        Version: '2012-10-17',
        Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' },
      }),
    },
  ),
  tag_key_set_twice: second({ tags: { team: 'data', Team: 'data' } }),
  source_identity_set_twice: second(
    { sourceIdentity: 'shop' },
    {},
    { claims: { ...CLAIMS, 'https://aws.amazon.com/source_identity': 'web' } },
  ),
  request_refused: second({ externalId: 'x' }),
  session_claim_invalid: ['aws', trust(EXACT), { claims: { ...CLAIMS, 'https://aws.amazon.com/tags': 'x' } }],
  role_not_authorized: [
    'aws',
    trust(EXACT),
    { roleArn: ROLE, claims: { ...CLAIMS, 'https://aws.amazon.com/roles': [NEXT] } },
  ],
  session_policy_not_judged: second(
    {},
    {},
    { sessionPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] },
  ),
  hop_not_judged: second({}, {}, { hopPolicies: [] }),
  caller_unknown: second({}, {}, { roleArn: undefined }),
  caller_policy_assumed: second({}, { Principal: { AWS: '123456789012' } }),
  provider_disabled: ['gcp', provider({ disabled: true })],
  provider_deleted: ['gcp', provider({ state: 'DELETED' })],
  not_oidc_provider: ['gcp', provider({ oidc: undefined, aws: { accountId: '123456789012' } })],
  allowed_audiences_empty: ['gcp', provider({}, { allowedAudiences: [] })],
  no_such_claim: where("assertion.enviroment == 'production'"),
  attribute_not_mapped: where("attribute.project == 'shop'"),
  condition_false: where("assertion.project != 'shop'"),
  condition_not_boolean: where('assertion.project'),
  type_differs: where("'production' in assertion.environment"),
  wildcard_in_cel: where("assertion.sub == 'owner:acme:project:shop:environment:*'"),
  cel_error: where("assertion.sub.split(':')[9] == 'production'"),
  subject_too_long: mapped({ 'google.subject': 'assertion.sub + assertion.sub + assertion.sub' }),
  attributes_too_large: [
    'gcp',
    provider({
      attributeMapping: {
        'google.subject': 'assertion.sub',
        'attribute.a': 'assertion.text',
        'attribute.b': 'assertion.text',
      },
    }),
    { claims: { ...CLAIMS, text: 'a'.repeat(8_192) } },
  ],
  subject_not_mapped: mapped({ 'google.subject': 'assertion.user_id' }),
  attribute_not_text: mapped({ 'attribute.times': '[assertion.exp]' }),
  no_binding: member('serviceAccount:other@acme.iam.gserviceaccount.com'),
  wrong_role: member(of(POOL), { role: 'roles/iam.serviceAccountUser' }),
  principal_kind: member(`principal://iam.googleapis.com/${POOL}/attribute.project/shop`),
  pool_differs: member(of(POOL.replace(/vercel$/, 'staging'))),
  project_id_not_number: member(of(POOL.replace('123', 'acme-prod'))),
  wildcard_in_member: member(`${of(POOL).slice(0, -10)}*`),
  one_attribute_per_member: [
    ...(mapped({ 'attribute.project': 'assertion.project' }).slice(0, 2) as unknown as [Cloud, unknown]),
    {
      serviceAccountPolicy: bound([
        `principalSet://iam.googleapis.com/${POOL}/attribute.project/shop/attribute.stage/x`,
      ]),
    },
  ],
  no_credentials: ['azure', []],
  several_audiences: [
    'azure',
    [credential()],
    { claims: { ...CLAIMS, aud: [AUDIENCE, 'https://b.example'] } },
  ],
  issuer_and_subject_apart: [
    'azure',
    [credential({ subject: 'other' }), credential({ name: 'two', issuer: 'https://oidc.vercel.com' })],
  ],
  too_many_credentials: [
    'azure',
    Array.from({ length: 21 }, (_, index) =>
      credential({ name: `of-${index}`, subject: `${SUBJECT}${index}` }),
    ),
  ],
  flexible_credential: [
    'azure',
    [
      credential({
        subject: undefined,
        claimsMatchingExpression: { value: "claims['sub'] matches 'owner:acme:*'", languageVersion: 1 },
      }),
    ],
  ],
  flexible_claim: [
    'azure',
    [
      credential({
        issuer: 'https://gitlab.com',
        subject: undefined,
        claimsMatchingExpression: { value: "claims['project_id'] eq '42'", languageVersion: 1 },
      }),
    ],
  ],
  any_team: [
    'aws',
    trust(
      { StringLike: { 'oidc.vercel.com:sub': '*:project:shop:*' } },
      { Principal: { Federated: 'arn:aws:iam::123456789012:oidc-provider/oidc.vercel.com' } },
    ),
    GLOBAL,
  ],
  any_project: [
    'aws',
    trust({ StringLike: { [`${HOST}:sub`]: 'owner:acme:project:*:environment:production' } }),
  ],
  project_pattern: ['aws', trust({ StringLike: { [`${HOST}:sub`]: 'owner:acme:project:shop*' } })],
  any_environment: ['aws', trust({ StringLike: { [`${HOST}:sub`]: 'owner:acme:project:shop:*' } })],
  any_audience: ['aws', trust({ StringEquals: { [`${HOST}:sub`]: SUBJECT } })],
  any_principal: ['aws', trust(EXACT, { Principal: '*' })],
  admits_absent_key: ['aws', trust({ ...EXACT, StringNotEquals: { 'oidc.vercel.com:sub': 'x' } })],
  shared_issuer_control: [
    'aws',
    trust(
      { StringEquals: { 'oidc.vercel.com:sub': SUBJECT }, StringLike: { 'oidc.vercel.com:aud': '*' } },
      { Principal: { Federated: 'arn:aws:iam::123456789012:oidc-provider/oidc.vercel.com' } },
    ),
    GLOBAL,
  ],
  static_keys: ['gcp', provider({}, { jwksJson: '{"keys":[]}' })],
  malformed_policy: ['aws', trust(EXACT, { Resource: '*' })],
  refused_today: ['azure', [credential({ name: 'Vercel production (2023)' })]],
  duplicate_key: ['azure', '[{"issuer":"a","issuer":"b","subject":"c","audiences":["d"]}]'],
  policy_too_long: [
    'aws',
    trust(
      subjectIs(
        'StringEquals',
        Array.from({ length: 50 }, (_, at) => `${SUBJECT}-${at}`),
      ),
    ),
  ],
  not_judged_offline: ['aws', trust({ ...EXACT, IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } })],
  provider_assumed: ['aws', trust(EXACT)],
  service_account_assumed: ['gcp', provider()],
  ancestors_not_judged: ['gcp', provider(), { serviceAccountPolicy: '{"etag":"ACAB"}' }],
  propagation: ['azure', []],
  token_expired: ['azure', [credential()], { now: NOW + 7_200_000 }],
  token_not_yet_valid: ['azure', [credential()], { now: NOW - 7_200_000 }],
  claim_missing: ['azure', [credential()], { claims: UNDATED }],
  not_a_vercel_token: [
    'azure',
    [credential()],
    { claims: { ...CLAIMS, iss: 'https://passport.vercel.com/acme' } },
  ],
};

describe('every finding', () => {
  it.each(Object.entries(CASES))('%s', async (code, [cloud, policy, more]) => {
    const { findings, verdict } = await explained(cloud, policy, more);
    expect(findings.map((found) => found.code)).toContain(code);
    for (const { severity, message, fix, at } of findings) {
      expect(fix).toMatch(/^[A-Z].+\.$/s);
      expect(message).toMatch(/^\S.*[.?]$/s);
      expect(at).not.toBe('');
      if (severity === 'error') expect(verdict).not.toBe('allowed');
    }
  });

  it('has a row in the README, in this order', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
    const section = readme.slice(readme.indexOf('## Findings'));
    const rows = [...section.matchAll(/^\| `(\w+)` +\| (error|warning|note) +\| (.+?) +\|$/gm)];
    expect(rows.map(([, code, severity, fix = '']) => [code, severity, fix.replaceAll('\\', '')])).toEqual(
      Object.entries(FINDINGS).map(([code, { severity, fix }]) => [code, severity, fix]),
    );
  });

  it('has its own fix', () => {
    const fixes = Object.values(FINDINGS).map(({ fix }) => fix);
    expect(new Set(fixes).size).toBe(fixes.length);
  });

  it('is named in a right policy by none but notes', async () => {
    const right: readonly Case[] = [
      ['aws', trust(EXACT), { roleArn: ROLE, ...identityProvider(HOST, AUDIENCE) }],
      ['gcp', provider(), { serviceAccountPolicy: bound([of(POOL)]) }],
      ['azure', [credential()]],
    ];
    for (const [cloud, policy, more] of right)
      expect(await explained(cloud, policy, more)).toMatchObject({ verdict: 'allowed', findings: [] });
  });
});
