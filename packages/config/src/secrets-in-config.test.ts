import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { checkedConfig } from './check-config.js';
import { ConfigError } from './config-error.js';
import { readJson } from './read-json.js';

const ROLE = { provider: 'aws', roleArn: 'arn:aws:iam::123456789012:role/shop' };

// Split into pieces, so that no secret scanner reports this file.
const p = (...parts: readonly string[]): string => parts.join('');
const KEY_ID = p('AK', 'IAIOSFODNN7EXAMPLE');
const SECRET_KEY = p('wJalrXUtnFEMI/K7MDENG/', 'bPxRfiCYEXAMPLEKEY');
const JWT = p('eyJhbGciOiJSUzI1NiJ9', '.eyJzdWIiOiJvd25lciJ9', '.c2lnbmF0dXJl');
const PEM = p('-----BEGIN ', 'PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----');

const SECRETS: readonly (readonly [string, object, string, string])[] = [
  ['an access key id in its own member', { accessKeyId: KEY_ID }, 'accessKeyId', KEY_ID],
  ['a secret key in its own member', { secretAccessKey: SECRET_KEY }, 'secretAccessKey', SECRET_KEY],
  ['a session token', { session_token: 'abcdefgh12345678' }, 'session_token', 'abcdefgh12345678'],
  ["an application's secret", { clientSecret: 'hunter2hunter2' }, 'clientSecret', 'hunter2hunter2'],
  ['the same in snake case', { client_secret: 'hunter2hunter2' }, 'client_secret', 'hunter2hunter2'],
  ['a private key', { private_key: PEM }, 'private_key', 'MIIEvQ'],
  ['an access key under another name', { roleSessionName: KEY_ID }, 'roleSessionName', KEY_ID],
  ['a secret key under another name', { audience: SECRET_KEY }, 'audience', SECRET_KEY],
  ['a token', { audience: JWT }, 'audience', 'eyJhbGci'],
  ['a PEM block', { audience: PEM }, 'audience', 'MIIEvQ'],
  [
    'a GitHub token',
    { audience: p('gh', 'p_0123456789abcdefghijklmnopqrstuvwxyz') },
    'audience',
    '0123456789abcdef',
  ],
  [
    'a Google API key',
    { audience: p('AI', 'za', 'SyA-0123456789abcdefghijklmnopqrstu') },
    'audience',
    '0123456789abc',
  ],
  ['a Google token', { audience: p('ya', '29.a0AfH6SMBxxxxxxxxxxx') }, 'audience', 'a0AfH6'],
  [
    'an Entra secret',
    { audience: p('abc8', 'Q~0123456789abcdefghijklmnopqrstuvw') },
    'audience',
    '0123456789abc',
  ],
  [
    'a connection string',
    { audience: 'DefaultEndpointsProtocol=https;AccountKey=abcd1234' },
    'audience',
    'abcd1234',
  ],
  ['deep in a policy', { policy: { Statement: [{ Sid: KEY_ID }] } }, 'policy.Statement[0].Sid', KEY_ID],
];

describe('a secret is refused, and not printed', () => {
  test.each(SECRETS)('%s', (_name, extra, path, secret) => {
    const error = refused({ credentials: { store: { ...ROLE, ...extra } } });
    expect(error.problems.map((problem) => problem.path)).toEqual([`credentials.store.${path}`]);
    expect(error.message).toMatch(/looks like .*revoke it/);
    for (const shown of [error.message, error.stack ?? '', inspect(error, { depth: 9, showHidden: true })])
      expect(shown).not.toContain(secret);
  });

  test('a whole Google key file', () => {
    const file = { type: 'service_account', private_key_id: 'a1', private_key: PEM };
    const error = refused({ credentials: { store: { ...ROLE, ...file } } });
    expect(error.message).toMatch(/`credentials\.store` looks like a Google key file/);
    expect(inspect(error)).not.toContain('MIIEvQ');
  });

  test('a secret used as a key', () => {
    const error = refused({ credentials: { store: { ...ROLE, [KEY_ID]: 'x' } } });
    expect(error.message).toMatch(/looks like an AWS access key/);
    expect(inspect(error)).not.toContain(KEY_ID);
  });

  test('a secret in a field with a grammar is reported once', () => {
    const error = refused({ credentials: { store: { ...ROLE, roleArn: SECRET_KEY } } });
    expect(error.problems).toHaveLength(1);
  });
});

test('names, ids and paths are not refused as secrets', () => {
  const config = {
    credentials: {
      token: ROLE,
      a: {
        ...ROLE,
        roleArn: 'arn:aws:iam::123456789012:role/teams/platform/ServiceRoleForShopProductionEurope1',
        expect: { projectId: 'prj_QmFzZTY0SXNOb3RBU2VjcmV0', ownerId: 'team_9x8Yw7Vu6Ts5Rq4Po3Nm2Lk1' },
      },
      b: {
        provider: 'gcp',
        projectNumber: '742613904155',
        workloadIdentityPoolId: 'vercel',
        workloadIdentityPoolProviderId: 'vercel',
        scopes: 'https://www.googleapis.com/auth/devstorage.read_write',
      },
    },
  };
  const { raw, source } = readJson('credex.config.json', JSON.stringify(config));
  expect(checkedConfig(raw, source)).toEqual(config);
});

function refused(config: unknown): ConfigError {
  try {
    const { raw, source } = readJson('credex.config.json', JSON.stringify(config));
    checkedConfig(raw, source);
  } catch (error) {
    if (ConfigError.isInstance(error)) return error;
    throw error;
  }
  throw new TypeError('It was taken.');
}
