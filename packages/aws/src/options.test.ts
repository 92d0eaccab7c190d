import { OptionError } from '@credex/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { awsCredentialsProvider, getAwsCredentials } from './aws-credentials-provider.js';
import type { AwsCredentialsProviderOptions } from './options.js';
import { awsConfiguration } from './options.js';
import { ROLE, isolated, recordingFetch, rejection, subjectJwt, thrownBy } from './aws.fixture.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

type Bad = { readonly [K in keyof AwsCredentialsProviderOptions]: unknown };

const refusal = (options: Bad): OptionError => {
  const { sent, fetch } = recordingFetch();
  const error = thrownBy(() =>
    awsCredentialsProvider({ ...isolated({ fetch }), ...options } as AwsCredentialsProviderOptions),
  );
  expect(sent).toEqual([]);
  if (!OptionError.isInstance(error)) throw error;
  return error;
};

describe('roleArn', () => {
  it.each([
    'arn:aws:iam::123456789012:role/app',
    'arn:aws:iam::123456789012:role/team/shop/app',
    'arn:aws:iam::123456789012:role/a+=,.@-_Z9',
    'arn:aws-cn:iam::123456789012:role/app',
    'arn:aws-us-gov:iam::123456789012:role/app',
    'arn:aws-eusc:iam::123456789012:role/app',
    'arn:aws-iso:iam::123456789012:role/app',
    'arn:aws-iso-b:iam::123456789012:role/app',
    'arn:aws-iso-e:iam::123456789012:role/app',
    'arn:aws-iso-f:iam::123456789012:role/app',
  ])('takes %s', (roleArn) => {
    expect(awsConfiguration({ roleArn })).toMatchObject({
      roleArn,
      partition: roleArn.split(':')[1],
      accountId: '123456789012',
    });
  });

  it.each([
    'app',
    'arn:aws:iam::123456789012:user/app',
    'arn:aws:iam::12345678901:role/app',
    'arn:aws:sts::123456789012:assumed-role/app/x',
    'arn:aws:iam:eu-west-1:123456789012:role/app',
    'arn:aws-mars:iam::123456789012:role/app',
    'arn:aws:iam::123456789012:role/',
    'arn:aws:iam::123456789012:role//app',
    'arn:aws:iam::123456789012:role/app\n',
    ' arn:aws:iam::123456789012:role/app',
    `arn:aws:iam::123456789012:role/${'x'.repeat(65)}`,
    'arn:aws:iam::123456789012:role/ap p',
    'arn:aws:iam::123456789012:role/app&Action=GetCallerIdentity',
    '',
    42,
    null,
    {},
  ])('refuses %j', (roleArn) => {
    expect(refusal({ roleArn })).toMatchObject({
      code: 'invalid_option',
      option: 'roleArn',
      environmentVariable: 'AWS_ROLE_ARN',
    });
  });

  it('comes from AWS_ROLE_ARN, and its absence names both', async () => {
    vi.stubEnv('AWS_ROLE_ARN', ROLE);
    expect(awsConfiguration({}).roleArn).toBe(ROLE);
    vi.stubEnv('AWS_ROLE_ARN', '');
    expect(refusal({ roleArn: undefined })).toMatchObject({
      code: 'missing_option',
      message: expect.stringContaining('AWS_ROLE_ARN') as string,
    });
    await expect(getAwsCredentials({})).rejects.toMatchObject({ code: 'missing_option', option: 'roleArn' });
  });
});

describe('hostile and malformed options are refused before anything is sent', () => {
  const policyArn = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;

  it.each<[string, string, Bad]>([
    ['region', 'invalid_option', { region: 'evil.com/#' }],
    ['region', 'invalid_option', { region: 'eu-west-1.evil.com' }],
    ['region', 'invalid_option', { region: 'eu-west-1@evil.com' }],
    ['region', 'invalid_option', { region: 'eu-west-1\n' }],
    ['region', 'invalid_option', { region: 'EU-WEST-1' }],
    ['region', 'invalid_option', { region: 'auto' }],
    ['region', 'invalid_option', { region: '' }],
    ['region', 'invalid_option', { region: async () => 'eu-west-1' }],
    ['region', 'conflicting_options', { region: 'cn-north-1' }],
    ['region', 'conflicting_options', { region: 'us-gov-west-1' }],
    ['endpoint', 'unsafe_url', { endpoint: 'http://sts.example.com' }],
    ['endpoint', 'unsafe_url', { endpoint: 'http://127.0.0.1:4566' }],
    ['endpoint', 'unsafe_url', { endpoint: 'http://evil.com', allowLoopbackHttp: true }],
    ['endpoint', 'unsafe_url', { endpoint: 'http://127.0.0.1.evil.com', allowLoopbackHttp: true }],
    ['endpoint', 'unsafe_url', { endpoint: 'https://user:pass@sts.example.com' }],
    ['endpoint', 'unsafe_url', { endpoint: 'https://sts.example.com/path' }],
    ['endpoint', 'unsafe_url', { endpoint: 'https://sts.example.com?x=1' }],
    ['endpoint', 'unsafe_url', { endpoint: 'https://sts.example.com#' }],
    ['endpoint', 'unsafe_url', { endpoint: 'https:\\\\sts.example.com' }],
    ['endpoint', 'unsafe_url', { endpoint: 'sts.example.com' }],
    ['endpoint', 'unsafe_url', { endpoint: 'file:///etc/passwd' }],
    ['endpoint', 'unsafe_url', { endpoint: new URL('https://sts.example.com') }],
    ['endpoint', 'conflicting_options', { endpoint: 'https://sts.example.com', useFipsEndpoint: true }],
    ['endpoint', 'conflicting_options', { endpoint: 'https://sts.example.com', useDualstackEndpoint: true }],
    ['useFipsEndpoint', 'invalid_option', { useFipsEndpoint: 'true' }],
    ['useDualstackEndpoint', 'invalid_option', { useDualstackEndpoint: 1 }],
    ['allowLoopbackHttp', 'invalid_option', { allowLoopbackHttp: 'yes' }],
    ['roleSessionName', 'invalid_option', { roleSessionName: 'x' }],
    ['roleSessionName', 'invalid_option', { roleSessionName: 'a b' }],
    ['roleSessionName', 'invalid_option', { roleSessionName: 'x'.repeat(65) }],
    ['durationSeconds', 'invalid_option', { durationSeconds: 899 }],
    ['durationSeconds', 'invalid_option', { durationSeconds: 43_201 }],
    ['durationSeconds', 'invalid_option', { durationSeconds: 900.5 }],
    ['durationSeconds', 'invalid_option', { durationSeconds: '3600' }],
    ['durationSeconds', 'invalid_option', { durationSeconds: Number.NaN }],
    ['policy', 'invalid_option', { policy: '{' }],
    ['policy', 'invalid_option', { policy: '[]' }],
    ['policy', 'invalid_option', { policy: 'null' }],
    ['policy', 'invalid_option', { policy: cycle }],
    ['policy', 'invalid_option', { policy: { big: 1n } }],
    ['policy', 'invalid_option', { policy: () => ({}) }],
    ['policy', 'invalid_option', { policy: { Sid: '\u{1f600}' } }],
    ['policy', 'invalid_option', { policy: { Sid: 'x'.repeat(2_048) } }],
    ['policy', 'invalid_option', { policy: { Sid: 'x'.repeat(2_010) }, policyArns: [policyArn] }],
    ['policyArns', 'invalid_option', { policyArns: ['ReadOnlyAccess'] }],
    ['policyArns', 'invalid_option', { policyArns: [] }],
    [
      'policyArns',
      'invalid_option',
      { policyArns: Array.from({ length: 11 }, (_, n) => `${policyArn}${n}`) },
    ],
    ['exchanger', 'invalid_option', { exchanger: {} }],
    ['fetch', 'invalid_option', { fetch: 'https://evil.com' }],
    ['tokenSource', 'invalid_option', { tokenSource: 'eyJ' }],
    ['timeoutMs', 'invalid_option', { timeoutMs: 1 }],
    ['role_arn', 'invalid_option', { role_arn: ROLE } as Bad],
  ])('%s: %s, case %#', (option, code, options) => {
    expect(refusal(options)).toMatchObject({ option, code });
  });

  it('names the variables of a malformed region of the environment', () => {
    vi.stubEnv('AWS_REGION', 'evil.com/#');
    expect(refusal({}).message).toContain('AWS_REGION or AWS_DEFAULT_REGION');
  });

  it('never prints back what may be a secret', () => {
    const secret = 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYwJalrXUtnFEMI';
    expect(refusal({ roleArn: secret }).message).not.toContain(secret);
  });
});

describe('what is made of options', () => {
  it('writes one policy one way, whatever its order and spaces', () => {
    const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] };
    const text = `{ "Statement": [ { "Resource": "*", "Action": "s3:*", "Effect": "Allow" } ],\n "Version": "2012-10-17" }`;
    const canonical = awsConfiguration({ roleArn: ROLE, policy }).policy;
    expect(awsConfiguration({ roleArn: ROLE, policy: text }).policy).toBe(canonical);
    expect(JSON.parse(canonical as string)).toEqual(policy);
  });

  it('sorts policy ARNs and drops what is said twice', () => {
    const [a, b] = ['arn:aws:iam::aws:policy/A', 'arn:aws:iam::123456789012:policy/path/B'] as const;
    expect(awsConfiguration({ roleArn: ROLE, policyArns: [a, b, a] }).policyArns).toEqual([b, a]);
  });

  it('takes http on loopback where code allows it', () => {
    const options = { roleArn: ROLE, endpoint: 'http://127.0.0.1:4566', allowLoopbackHttp: true };
    expect(awsConfiguration(options).endpoint).toBe('http://127.0.0.1:4566');
  });

  it.each([
    [{ VERCEL_PROJECT_ID: 'prj_1', VERCEL_ENV: 'production' }, 'credex-prj_1-production'],
    [
      { VERCEL_PROJECT_ID: 'prj_1', VERCEL_ENV: 'preview', VERCEL_TARGET_ENV: 'staging' },
      'credex-prj_1-staging',
    ],
    [{ VERCEL_PROJECT_ID: 'prj 1/ü', VERCEL_ENV: 'preview' }, 'credex-prj-1---preview'],
    [{ VERCEL_PROJECT_ID: 'p'.repeat(80) }, `credex-${'p'.repeat(57)}`],
    [{}, 'credex'],
  ])('names the session by the environment %j', (environment, expected) => {
    for (const name of ['VERCEL_PROJECT_ID', 'VERCEL_ENV', 'VERCEL_TARGET_ENV']) vi.stubEnv(name, '');
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    const { roleSessionName } = awsConfiguration({ roleArn: ROLE });
    expect(roleSessionName).toBe(expected);
    expect(roleSessionName).toMatch(/^[\w+=,.@-]{2,64}$/);
  });
});

describe('options of the libraries that people come from', () => {
  it.each([
    ['clientConfig', { region: 'eu-west-1' }, '`region`'],
    ['clientPlugins', [], 'clientStsExchanger({ client })'],
    ['roleAssumerWithWebIdentity', () => undefined, 'clientStsExchanger({ client })'],
    ['providerId', 'graph.facebook.com', 'Remove it'],
    ['webIdentityToken', 'x', '`tokenSource: () => token`'],
    ['jti', 'x', '`audience`'],
    ['skipTokenCache', true, 'forceRefresh'],
  ])('%s: says what to write instead', (option, value, hint) => {
    const error = refusal({ roleArn: ROLE, [option]: value });
    expect(error).toMatchObject({ code: 'invalid_option', option });
    expect(error.message).toContain(`awsCredentialsProvider knows no option \`${option}\`. `);
    expect(error.message).toContain(hint);
  });

  it('takes every other option of @vercel/oidc-aws-credentials-provider', () => {
    const theirs = {
      roleArn: ROLE,
      audience: 'https://sts.amazonaws.com',
      roleSessionName: 'session_123',
      policyArns: ['arn:aws:iam::123456789012:policy/SomePolicy'],
      policy: '{"Statement":[]}',
      durationSeconds: 7200,
    };
    expect(() => awsCredentialsProvider(theirs)).not.toThrow();
  });

  it('says how the ARNs of managed policies are written, for a list of `{ arn }`', () => {
    const policyArns = [{ arn: 'arn:aws:iam::123456789012:policy/SomePolicy' }];
    expect(refusal({ roleArn: ROLE, policyArns }).message).toContain('arn:aws:iam::');
  });
});

it('a name in `expect` is not enough for a token of the global issuer, whatever source returns it', async () => {
  const jwt = subjectJwt({ iss: 'https://oidc.vercel.com' });
  const error = await rejection(
    getAwsCredentials(
      isolated({ tokenSource: () => jwt, expect: { owner: 'acme' }, fetch: recordingFetch().fetch }),
    ),
  );
  expect(error).toMatchObject({
    code: 'subject_mismatch',
    hint: expect.stringContaining('`projectId`') as string,
  });
});
