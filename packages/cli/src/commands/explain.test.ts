import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Explanation } from '@credex/explain';
import { bound, credential, EXACT, POOL, provider, SUBJECT, trust } from '../explain/policies.fixture.js';
import { CLOUDS } from '../clouds/registry.js';
import { jwt, runInMemory } from '../memory-io.fixture.js';
import type { Ended } from '../memory-io.fixture.js';

let cwd = '';
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'credex-explain-'));
  const files: Readonly<Record<string, unknown>> = {
    aws: trust(EXACT),
    gcp: provider(),
    azure: [credential()],
    'service-account': JSON.parse(bound([`principal://iam.googleapis.com/${POOL}/subject/${SUBJECT}`])),
    'identity-provider': { Url: 'oidc.vercel.com/acme', ClientIDList: ['https://vercel.com/acme'] },
    chain: [{ roleArn: 'arn:aws:iam::999999999999:role/tenant', externalId: 'contract-8' }],
    'session-policy': {
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' },
    },
    tenant: {
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::123456789012:role/shop' },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'sts:ExternalId': 'contract-7' } },
      },
    },
    empty: { etag: 'ACAB' },
    wildcard: trust({ StringEquals: { 'oidc.vercel.com/acme:sub': 'owner:acme:*' } }),
    spoofed: [credential({ issuer: 'https://oidc.vercel.com/\u001b[31macme\u202e' })],
  };
  for (const [name, value] of Object.entries(files))
    await writeFile(join(cwd, `${name}.json`), JSON.stringify(value));
  await writeFile(join(cwd, 'large.json'), Buffer.alloc(2_000_000, 32));
  await writeFile(join(cwd, 'utf16.json'), Buffer.from(`\ufeff${JSON.stringify(trust(EXACT))}`, 'utf16le'));
});
afterAll(() => rm(cwd, { recursive: true }));

const explain = (argv: readonly string[], more: object = {}): Promise<Ended> =>
  runInMemory(['explain', ...argv], { cwd, env: { VERCEL_OIDC_TOKEN: jwt() }, ...more });

describe('credex explain', () => {
  it.each([
    ['aws', '--policy', 'aws.json', '--identity-provider', 'identity-provider.json'],
    ['gcp', '--policy', 'gcp.json', '--service-account-policy', 'service-account.json'],
    ['azure', '--policy', 'azure.json'],
  ])('%s: what is let in ends with 0', async (...argv) => {
    const { exit, stdout, stderr } = await explain(argv);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout).toContain('accepts this token');
    expect(stdout).toContain(SUBJECT);
    expect(stdout).not.toContain('differs');
  });

  it('judges a deployment of another environment before there is one', async () => {
    const env = {
      VERCEL_OIDC_TOKEN: jwt({
        environment: 'development',
        sub: SUBJECT.replace('production', 'development'),
        user_id: 'user_ada',
      }),
    };
    const judge = (...argv: string[]) => explain(['aws', '--policy', 'aws.json', ...argv], { env });
    expect((await judge()).exit).toBe(1);
    const allowed = await judge('--environment', 'production');
    expect(allowed).toMatchObject({
      exit: 0,
      stderr: expect.stringContaining('environment production') as string,
    });
    const refused = await judge('--environment', 'preview');
    expect(refused.exit).toBe(1);
    expect(refused.stdout).toContain('owner:acme:project:shop:environment:preview');
    expect(refused.stdout).toContain('(environment_differs)');
    expect((await judge('--environment', 'a:b')).exit).toBe(2);
    const foreign = { env: { VERCEL_OIDC_TOKEN: jwt({ sub: 'repo:acme/shop' }) } };
    const other = await explain(['aws', '--policy', 'aws.json', '--environment', 'preview'], foreign);
    expect(other).toMatchObject({ exit: 2, stderr: expect.stringContaining('a token of Vercel') as string });
  });

  it('shows each condition with the value of the token, and explains the mistake', async () => {
    const { exit, stdout } = await explain(['aws', '--policy', 'wildcard.json']);
    expect(exit).toBe(1);
    expect(stdout).toMatch(/^AWS refuses this token \(AccessDenied\)\.\n/);
    expect(stdout).toMatch(
      /differs +oidc\.vercel\.com\/acme:sub\n.+StringEquals\n +policy +owner:acme:\*\n +token +owner:acme:project:shop/,
    );
    expect(stdout).toContain('(wildcard_in_string_equals)');
    expect(stdout).toContain('Use StringLike');
  });

  it('judges the session policy of the first role, that of an entry too', async () => {
    const roleArn = 'arn:aws:iam::123456789012:role/shop';
    const argv = ['aws', '--policy', 'aws.json', '--role-arn', roleArn];
    const chain = ['--assume-role', 'chain.json', '--session-policy', 'session-policy.json'];
    const { exit, stdout } = await explain([...argv, ...chain]);
    expect(exit).toBe(1);
    expect(stdout).toContain('(session_policy_denies)');
    const { explain: cloud } = await CLOUDS.aws();
    const policyArns = ['arn:aws:iam::aws:policy/ReadOnlyAccess'];
    for (const policy of ['{"Statement":[]}', { Statement: [] }])
      expect(cloud?.input({ provider: 'aws', roleArn, policy, policyArns })).toMatchObject({
        sessionPolicy: '{"Statement":[]}',
        sessionPolicyArns: policyArns,
      });
  });

  it('judges each role of a chain, and compares its policy with the request', async () => {
    const first = ['aws', '--policy', 'aws.json', '--role-arn', 'arn:aws:iam::123456789012:role/shop'];
    const hop = ['--assume-role', 'chain.json', '--hop-policy', 'tenant.json'];
    const { exit, stdout } = await explain([...first, ...hop]);
    expect(exit).toBe(1);
    expect(stdout).toContain('AWS refuses the session that assumes role 1 of the chain (AccessDenied).');
    expect(stdout).toMatch(
      /differs +sts:ExternalId\n +at +assumeRole\[0\]\.Statement\S+\n +policy +contract-7\n +request +contract-8/,
    );
    expect(stdout).toContain('(external_id_differs)');
    const without = await explain([...first, ...hop.slice(0, 2)]);
    expect(without.stdout).toContain('in --hop-policy, so that it is judged');
    const wrong = await explain([...first, '--assume-role', 'tenant.json']);
    expect([wrong.exit, wrong.stderr]).toEqual([
      2,
      expect.stringContaining('--assume-role is not a list of roles'),
    ]);
  });

  it('says the same as one document', async () => {
    const { exit, json, stderr } = await explain(['aws', '--policy', 'wildcard.json', '--json']);
    const { verdict, answer, checks, findings } = json() as Explanation;
    expect({ exit, stderr, verdict, answer }).toEqual({
      exit: 1,
      stderr: '',
      verdict: 'refused',
      answer: 'AccessDenied',
    });
    expect(checks).toHaveLength(3);
    expect(findings[0]).toMatchObject({ severity: 'error', code: 'wildcard_in_string_equals' });
  });

  it('reads policies of the project, several of them, and says what is missing', async () => {
    const gcp = ['gcp', '--policy', 'gcp.json', '--service-account-policy', 'empty.json'];
    const above = ['--project-policy', 'empty.json', '--project-policy', 'service-account.json'];
    const alone = await explain(gcp);
    expect(alone).toMatchObject({ exit: 1, stderr: '' });
    expect(alone.stdout).toMatch(
      /^Whether Google Cloud accepts this token depends on a value that no input contains\.\n/,
    );
    expect(alone.stdout).toContain('gcloud projects get-iam-policy');
    expect(await explain([...gcp, ...above])).toMatchObject({ exit: 0, stderr: '' });
    const { json } = await explain([...gcp, '--json']);
    expect(json()).toMatchObject({ verdict: 'undecided' });
  });

  it('reads the policy from standard input', async () => {
    const { exit } = await explain(['azure', '--policy', '-'], { stdin: JSON.stringify([credential()]) });
    expect(exit).toBe(0);
  });

  it('takes the token that is named, an ended one with a warning', async () => {
    const ended = { VERCEL_OIDC_TOKEN: jwt({ exp: 1_700_000_000 }) };
    const { exit, stdout } = await explain(['azure', '--policy', 'azure.json'], { env: ended });
    expect(exit).toBe(0);
    expect(stdout).toContain('(token_expired)');
  });

  it.each([
    ['no cloud', [], 'usage'],
    ['another cloud', ['oracle'], 'usage'],
    ['no file', ['aws'], 'missing_argument'],
    ['a file that is not there', ['aws', '--policy', 'none.json'], 'unreadable_file'],
    ['a folder', ['aws', '--policy', '.'], 'unreadable_file'],
    ['a large file', ['aws', '--policy', 'large.json'], 'policy_too_large'],
    ['a file of PowerShell', ['aws', '--policy', 'utf16.json'], 'policy_not_utf8'],
    ['a file of another cloud', ['aws', '--policy', 'azure.json'], 'policy_of_another_cloud'],
    ['an option of another cloud', ['azure', '--policy', 'azure.json', '--role-arn', 'x'], 'usage'],
    ['a role that is none', ['aws', '--policy', 'aws.json', '--role-arn', 'shop'], 'invalid_argument'],
    [
      'a session name that is none',
      ['aws', '--policy', 'aws.json', '--role-session-name', 'a b'],
      'invalid_argument',
    ],
    [
      'standard input twice, for the project too',
      ['gcp', '--policy', '-', '--project-policy', '-'],
      'conflicting_arguments',
    ],
    ['standard input twice', ['aws', '--policy', '-', '--token', '-'], 'conflicting_arguments'],
  ])('refuses %s', async (_name, argv, code) => {
    const { exit, json } = await explain([...argv, '--json']);
    expect(exit).toBe(2);
    expect(json()).toMatchObject({ error: { code } });
  });

  it('ends with 3 where there is no token', async () => {
    const { exit, stderr } = await explain(['aws', '--policy', 'aws.json'], { env: {} });
    expect(exit).toBe(3);
    expect(stderr).toContain('no_subject_token');
  });

  it('shows nothing raw of a policy, and no token', async () => {
    const token = jwt();
    const { stdout } = await explain(['azure', '--policy', 'spoofed.json'], {
      env: { VERCEL_OIDC_TOKEN: token, NO_COLOR: '1' },
      terminal: 80,
    });
    for (const raw of ['\u001b', '\u202e']) expect(stdout).not.toContain(raw);
    expect(stdout).not.toContain(token.split('.')[1]);
  });
});
