import { describe, expect, it } from 'vitest';
import {
  bound,
  CLAIMS,
  credential,
  EXACT,
  explained,
  HOST,
  POOL,
  provider,
  ROLE,
  statement,
  SUBJECT,
  trust,
} from './explain.fixture.js';

describe('what no file says', () => {
  const address = { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } };
  it.each([
    ['decides', trust({ ...EXACT, ...address }), 'undecided'],
    [
      'does not matter where another condition fails',
      trust({ StringEquals: { [`${HOST}:sub`]: 'x' }, ...address }),
      'refused',
    ],
    [
      'does not matter where another statement allows',
      { Statement: [statement({ ...EXACT, ...address }), statement(EXACT)] },
      'allowed',
    ],
    [
      'decides in a Deny',
      { Statement: [statement(EXACT), statement(address, { Effect: 'Deny' })] },
      'undecided',
    ],
    ['is a variable', trust({ StringEquals: { [`${HOST}:sub`]: '${aws:PrincipalTag/stage}' } }), 'undecided'],
    [
      'is any value of an absent key that may be absent',
      trust({ 'ForAnyValue:StringEqualsIfExists': { 'x:y': 'z' } }),
      'undecided',
    ],
    ['is whether a key is there', trust({ Null: { 'aws:SourceVpc': 'false' } }), 'undecided'],
  ] as const)('%s', async (_name, policy, verdict) => {
    expect(await explained('aws', policy)).toMatchObject({ verdict, cloud: 'aws' });
  });

  it.each(['StringEquals', 'StringLike', 'ForAnyValue:StringEquals', 'ArnLike'])(
    '%s with an empty list is an error in words',
    async (operator) => {
      const { verdict, findings } = await explained('aws', trust({ [operator]: { [`${HOST}:sub`]: [] } }));
      expect(verdict).toBe('refused');
      expect(findings.filter(({ severity }) => severity === 'error')).not.toEqual([]);
    },
  );

  it('is an input: the session, the role, the time', async () => {
    const policy = trust({
      ...EXACT,
      StringLike: { 'sts:RoleSessionName': 'shop-*' },
      ArnLike: { 'aws:FederatedProvider': 'arn:aws:iam::*:oidc-provider/oidc.vercel.com/*' },
      DateLessThan: { 'aws:CurrentTime': '2100-01-01T00:00:00Z' },
    });
    expect((await explained('aws', policy)).verdict).toBe('undecided');
    const known = { roleArn: ROLE, roleSessionName: 'shop-production' };
    expect((await explained('aws', policy, known)).verdict).toBe('allowed');
    expect((await explained('aws', policy, { ...known, roleSessionName: 'web' })).verdict).toBe('refused');
  });

  it('is what a custom role holds, and what the condition of a binding asks', async () => {
    const member = `principal://iam.googleapis.com/${POOL}/subject/${SUBJECT}`;
    const undecided = [
      bound([member], { role: 'projects/acme/roles/deployer' }),
      bound([member], { condition: { expression: 'true' } }),
    ];
    for (const serviceAccountPolicy of undecided)
      expect((await explained('gcp', provider(), { serviceAccountPolicy })).verdict).toBe('undecided');
  });
});

describe('flexible credentials of Azure', () => {
  const flexible = (value: string): object =>
    credential({ name: 'flexible', subject: null, claimsMatchingExpression: { value, languageVersion: 1 } });
  it.each([
    ["claims['sub'] matches 'owner:acme:project:*'", 'flexible_credential'],
    ["claims['sub'] eq 'owner:acme' and claims['project'] eq 'shop'", 'flexible_credential'],
    ["claims['__proto__'] eq 'x'", 'flexible_credential'],
    ['claims.sub startswith owner', 'malformed_policy'],
    ["claims['sub'] matches 'owner:*' or true", 'malformed_policy'],
  ])(
    "are not kept for Vercel's issuer, and take nothing from another credential: %s",
    async (expression, code) => {
      const alone = await explained('azure', [flexible(expression)]);
      expect(alone).toMatchObject({ verdict: 'invalid', findings: [{ code, severity: 'error' }] });
      const withAnother = await explained('azure', [flexible(expression), credential()]);
      expect(withAnother).toMatchObject({
        verdict: 'allowed',
        findings: [{ code, severity: 'warning', at: '[0].claimsMatchingExpression' }],
      });
    },
  );

  it('are left open where a template computes the expression', async () => {
    const computed = flexible("[format('claims[''sub''] eq {0}', parameters('subject'))]");
    expect(await explained('azure', [computed])).toMatchObject({
      verdict: 'undecided',
      findings: [{ code: 'not_judged_offline' }],
    });
  });
});

describe('the account of a role', () => {
  const other = 'arn:aws:iam::999999999999:role/shop';
  const role = { Role: { Arn: other, AssumeRolePolicyDocument: trust(EXACT) } };
  it.each([
    ['unknown: any provider of the issuer will do', trust(EXACT), undefined, 'allowed'],
    ['from the file', role, undefined, 'refused'],
    ['a bare document', { AssumeRolePolicyDocument: JSON.stringify(trust(EXACT)) }, ROLE, 'allowed'],
  ] as const)('%s', async (_name, policy, roleArn, verdict) => {
    expect((await explained('aws', policy, { roleArn })).verdict).toBe(verdict);
  });

  it('is not that of a file of another role', async () => {
    await expect(explained('aws', role, { roleArn: ROLE })).rejects.toMatchObject({
      code: 'policy_of_another_role',
      input: 'policy',
    });
  });
});

describe('hostile contents', () => {
  const long = `${'a*'.repeat(20_000)}b`;
  it.each([
    ['aws', trust({ StringLike: { [`${HOST}:sub`]: long, [`${HOST}:aud`]: '*'.repeat(30_000) } })],
    ['aws', trust({ StringEquals: { [`${HOST}:sub`]: `${'/'.repeat(200_000)}x` } })],
    ['aws', trust({ StringLike: { [`${HOST}:sub`]: '${'.repeat(300_000) } })],
    ['aws', trust({ StringLike: { [`${HOST}:sub`]: '${'.repeat(4_000) } })],
    [
      'azure',
      [
        credential({
          subject: undefined,
          claimsMatchingExpression: "claims['a'] eq 'b' and ".repeat(40_000),
        }),
      ],
    ],
    ['aws', trust({ StringEquals: JSON.parse('{"__proto__":"x","constructor:a":"y"}') as object })],
    ['aws', JSON.stringify(trust(EXACT)).replace('"Effect"', '"__proto__":{"Effect":"Allow"},"Effect"')],
    ['azure', [credential({ subject: `${' '.repeat(500)}x` })]],
    [
      'gcp',
      provider({
        attributeMapping: JSON.parse(
          '{"google.subject":"assertion.sub","__proto__":"assertion.sub"}',
        ) as object,
      }),
    ],
    ['gcp', provider({ attributeCondition: `${'('.repeat(500)}true${')'.repeat(500)}` })],
    ['gcp', provider({ attributeMapping: 7, attributeCondition: ['x'], oidc: [] })],
  ] as const)('%s, judged or refused without a throw', async (cloud, policy) => {
    const started = performance.now();
    expect((await explained(cloud, policy)).verdict).not.toBe('allowed');
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it('does not compare what no cloud would keep', async () => {
    const patterns = Array.from({ length: 100 }, (_, at) => `*${'a'.repeat(4_000)}${at}`);
    const aws = await explained('aws', trust({ StringLike: { [`${HOST}:sub`]: patterns } }));
    expect(aws).toMatchObject({ verdict: 'invalid', checks: [] });
    expect(aws.findings[0]?.message).toContain('IAM keeps at most 10240');
    const many = Array.from({ length: 1_000 }, (_, at) =>
      credential({ name: `name-${at}`, subject: `s${at}` }),
    );
    const azure = await explained('azure', many);
    expect(azure.verdict).toBe('invalid');
    expect(azure.checks).toHaveLength(60);
  });

  it('does not evaluate what would take hours', async () => {
    const list = `[${Array.from({ length: 99 }, (_, at) => at).join()}]`;
    const nested = (depth: number): string =>
      depth === 0 ? 'true' : `${list}.all(x${depth}, ${nested(depth - 1)})`;
    await expect(explained('gcp', provider({ attributeCondition: nested(5) }))).rejects.toMatchObject({
      code: 'policy_too_deep',
    });
    expect(await explained('gcp', provider({ attributeCondition: nested(2) }))).toMatchObject({
      verdict: 'allowed',
    });
  });

  it('takes claims of other shapes for what they are', async () => {
    const odd = { ...CLAIMS, aud: [], nested: { deep: [1, null] } };
    for (const [cloud, policy] of [
      ['aws', trust(EXACT)],
      ['gcp', provider()],
      ['azure', [credential()]],
    ] as const)
      expect((await explained(cloud, policy, { claims: odd })).verdict).toBe('refused');
  });

  it.each([
    ['int(assertion.exp)', '1800003600'],
    ['uint(7)', '7'],
    ['[1, 2u, 3.5]', '[1,2,3.5]'],
    ["{1: 'a', 2u: 'b', true: 'c', 'd': 4}", '{"1":"a","2":"b","true":"c","d":4}'],
  ])('shows what CEL makes of %s', async (source, shown) => {
    const attributeMapping = { 'google.subject': 'assertion.sub', 'attribute.odd': source };
    const explanation = await explained('gcp', provider({ attributeMapping }));
    expect(explanation.checks.find(({ what }) => what === 'attribute.odd')?.presented).toBe(shown);
    expect(explanation.findings).toContainEqual(
      expect.objectContaining({
        code: 'attribute_not_text',
        message: `\`${source}\` gives ${shown}, which is not text.`,
      }),
    );
    expect(
      (await explained('gcp', provider({ attributeMapping, attributeCondition: 'attribute.odd' }))).verdict,
    ).toBe('refused');
  });

  it('survives JSON', async () => {
    const explanation = await explained('gcp', provider({ attributeCondition: 'assertion.exp' }));
    expect(JSON.parse(JSON.stringify(explanation))).toMatchObject({
      verdict: 'refused',
      answer: 'unauthorized_client',
    });
  });
});
