import { describe, expect, it } from 'vitest';
import { credential, explained, provider, trust, EXACT, bound, POOL } from './explain.fixture.js';
import { MAX_POLICY_LENGTH, readPolicy } from './read-policy.js';

const TOKEN = `eyJhbGciOiJSUzI1NiJ9.${'A'.repeat(80)}.${'B'.repeat(80)}`;
const YAML = 'attributeMapping:\n  google.subject: assertion.sub\nname: projects/1\n';

describe('a file that is no policy', () => {
  it.each([
    ['empty', '', 'policy_empty'],
    ['blank', ' \n\t', 'policy_empty'],
    ['a mark and nothing more', '\ufeff', 'policy_empty'],
    ['ten megabytes', `[${' '.repeat(10_000_000)}]`, 'policy_too_large'],
    ['a deep nest', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'policy_too_deep'],
    ['a deep nest that is not closed', '{"a":'.repeat(100_000), 'policy_too_deep'],
    ['UTF-16', 'a\u0000b\u0000', 'policy_not_utf8'],
    ['bytes of another encoding', '{"a": "\ufffd"}', 'policy_not_utf8'],
    ['a token', TOKEN, 'policy_is_token'],
    ['a token in quotes', `"${TOKEN}"`, 'policy_is_token'],
    ['YAML', YAML, 'policy_is_yaml'],
    ['YAML with a head', `---\n# the provider\n${YAML}`, 'policy_is_yaml'],
    ['a YAML list', '- issuer: https://oidc.vercel.com\n  subject: x\n', 'policy_is_yaml'],
    ['a head and a million empty lines', `---${'\n'.repeat(1_000_000)}!`, 'policy_not_json'],
    ['a trailing comma', '{"a": 1,\n}', 'policy_not_json'],
    ['a comment', '{\n  // the team\n  "a": 1}', 'policy_not_json'],
    ['half of it', '{"Statement": [', 'policy_not_json'],
    ['two documents', '{} {}', 'policy_not_json'],
    ['Terraform', 'resource "aws_iam_role" "shop" {\n}', 'policy_not_json'],
    ['a page', '<!doctype html>', 'policy_not_json'],
    ['a broken escape', '%7B%ZZ', 'policy_not_json'],
  ])('%s', (_name, text, code) => {
    expect(() => readPolicy(text, 'policy')).toThrow(expect.objectContaining({ code, input: 'policy' }));
  });

  it('says where it stops being JSON', () => {
    expect(() => readPolicy('{\n  "a": 1,\n}', 'policy')).toThrow(
      expect.objectContaining({
        line: 3,
        column: 1,
        message: expect.stringContaining('line 3, column 1') as string,
      }),
    );
  });

  it('shows nothing of a token that was passed', () => {
    for (const text of [TOKEN, `{"a": "${TOKEN}`]) {
      let said = '';
      try {
        readPolicy(text, 'policy');
      } catch (error) {
        said = JSON.stringify(error, Object.getOwnPropertyNames(error));
      }
      expect(said).not.toBe('');
      expect(said).not.toContain('AAAA');
    }
  });
});

describe('a file that is one', () => {
  it.each([
    ['with a mark before it', '\ufeff{"a":1}'],
    ['percent-encoded', '%7B%22a%22%3A1%7D'],
    ['with brackets in its texts', `{"a":1,"b":"${'['.repeat(200)}\\"${'{'.repeat(200)}"}`],
    ['as long as it may be', `{"a":1}${' '.repeat(MAX_POLICY_LENGTH - 7)}`],
  ])('%s', (_name, text) => {
    expect(readPolicy(text, 'policy').value).toMatchObject({ a: 1 });
  });

  it('tells members that stand twice', () => {
    expect(readPolicy('{"a":{"b":1,"b":2},"c":[{"b":3}],"a":4}', 'policy').duplicates).toEqual(['b', 'a']);
  });
});

describe('the file of another cloud', () => {
  const aws = trust(EXACT);
  const azure = [credential()];
  it.each([
    ['aws', provider(), "cloud: 'gcp'"],
    ['aws', azure, "cloud: 'azure'"],
    ['gcp', aws, "cloud: 'aws'"],
    ['gcp', azure, "cloud: 'azure'"],
    ['gcp', bound([POOL]), '`serviceAccountPolicy`'],
    ['azure', aws, "cloud: 'aws'"],
    ['azure', provider(), "cloud: 'gcp'"],
    ['aws', { Url: 'oidc.vercel.com', ClientIDList: [] }, '`identityProvider`'],
  ] as const)('%s, and what to do with it: %j', async (cloud, policy, hint) => {
    await expect(explained(cloud, policy)).rejects.toMatchObject({
      code: 'policy_of_another_cloud',
      hint: expect.stringContaining(hint) as string,
    });
  });

  it.each([
    'null',
    'true',
    '1',
    '"text"',
    '{}',
    '{"__proto__": {"Statement": []}}',
    '{"constructor": {}}',
    '[1]',
    '[[[]]]',
  ])('is not seen in %s', async (policy) => {
    for (const cloud of ['aws', 'gcp', 'azure'] as const)
      await expect(explained(cloud, policy)).rejects.toMatchObject({ name: 'PolicyFileError' });
  });

  it.each([
    ['aws', trust(EXACT)],
    ['gcp', provider()],
  ] as const)('nor in a list of several; the only one of a list will do: %s', async (cloud, policy) => {
    await expect(explained(cloud, [policy, policy])).rejects.toMatchObject({ code: 'policy_of_several' });
    expect(await explained(cloud, [policy])).toMatchObject({ verdict: 'allowed' });
  });

  it.each([
    ['identityProvider', 'aws', aws, aws],
    ['serviceAccountPolicy', 'gcp', provider(), provider()],
  ] as const)('nor as the second file: %s', async (name, cloud, policy, second) => {
    await expect(explained(cloud, policy, { [name]: JSON.stringify(second) })).rejects.toMatchObject({
      code: 'policy_of_another_cloud',
    });
  });
});
