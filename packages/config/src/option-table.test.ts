/** The table and the clouds' factories have the same options, and accept the same values. */

import { awsCredentialsProvider } from '@credex/aws';
import { azureCredentialsProvider } from '@credex/azure';
import { gcpCredentialsProvider } from '@credex/gcp';
import { OptionError } from '@credex/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { issuesOf } from './check-option.js';
import { AWS, AZURE, GCP } from './configs.fixture.js';
import type { ProviderName } from './option-table.js';
import { OPTIONS, PROVIDERS } from './option-table.js';
import { FROM_CODE } from './config-error.js';

const GOOD: Readonly<Record<ProviderName, Readonly<Record<string, unknown>>>> = {
  aws: AWS,
  gcp: GCP,
  azure: AZURE,
};
const FACTORIES = {
  aws: awsCredentialsProvider,
  gcp: gcpCredentialsProvider,
  azure: azureCredentialsProvider,
};

/** Options of credex only, which no factory has. */
const OURS = ['when', 'local', 'origins'];
/** Options that a factory takes and that are functions or objects: they are in CredentialsSettings. */
const NO_DATA = [
  'tokenSource',
  'cache',
  'store',
  'fetch',
  'clock',
  'random',
  'onEvent',
  'invocation',
  'exchanger',
];

beforeEach(() => {
  for (const name of Object.keys(process.env))
    if (/^(AWS|GCP|AZURE|VERCEL)_/.test(name)) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

function verdict(provider: ProviderName, options: Readonly<Record<string, unknown>>): string | undefined {
  const { provider: _provider, ...rest } = options;
  try {
    FACTORIES[provider](rest);
    return undefined;
  } catch (error) {
    if (OptionError.isInstance(error)) return error.message;
    throw error;
  }
}

describe.each(PROVIDERS)('%s', (provider) => {
  test('has exactly the options of its factory', () => {
    const said = verdict(provider, { ...GOOD[provider], nothing: true }) ?? '';
    const known = (/It knows (.*)\.$/.exec(said)?.[1] ?? '').split(', ');
    expect(
      [...Object.keys(OPTIONS[provider]).filter((one) => !OURS.includes(one)), ...NO_DATA].sort(),
    ).toEqual([...new Set(known)].sort());
  });
});

const VALUES: Readonly<Record<ProviderName, Readonly<Record<string, readonly unknown[]>>>> = {
  aws: {
    roleArn: [
      'arn:aws:iam::123456789012:role/shop',
      'arn:aws-cn:iam::123456789012:role/a/b/shop',
      'arn:aws-iso-f:iam::123456789012:role/shop',
      'arn:aws:iam::12345678901:role/shop',
      'arn:aws:iam::123456789012:user/shop',
      'arn:aws-mars:iam::123456789012:role/shop',
      `arn:aws:iam::123456789012:role/${'x'.repeat(65)}`,
      'arn:aws:iam::123456789012:role/shop\n',
      7,
      '',
    ],
    region: ['eu-west-1', 'us-east-1', 'auto', 'EU-WEST-1', 'eu-west-1.example.com'],
    roleSessionName: ['ab', 'a', 'a b', 'x'.repeat(64), 'x'.repeat(65)],
    durationSeconds: [900, 899, 43_200, 43_201, 900.5, '900'],
    policyArns: [['arn:aws:iam::aws:policy/X'], ['arn:aws:iam::123456789012:policy/p/X'], ['x'], []],
    useFipsEndpoint: [true, false, 'true', 1],
    policy: [{ Version: '2012-10-17' }, '{}', '[]', 'x', 7],
    timeoutMs: [100, 99, 60_000, 60_001],
    minValidityMs: [0, -1, 0.5, 86_400_000, 86_400_001],
    expect: [{ project: 'x' }, {}, { nothing: 'x' }, { project: '' }],
  },
  gcp: {
    projectNumber: ['1', '0', 'acme', 12, '12345678901234567890'],
    workloadIdentityPoolId: ['pool', 'abc', 'Pool', 'x'.repeat(33)],
    workloadIdentityPoolProviderId: ['vercel', 'v/1'],
    serviceAccountEmail: ['a@b.iam.gserviceaccount.com', 'a', 'a@b'],
    delegates: [
      ['a@b.iam.gserviceaccount.com'],
      ['projects/-/serviceAccounts/a@b.iam.gserviceaccount.com', 'c@b.iam.gserviceaccount.com'],
      ['projects/acme/serviceAccounts/a@b.iam.gserviceaccount.com'],
      ['a@b.iam.gserviceaccount.com', 'a'],
      ['a@b.iam.gserviceaccount.com:signBlob'],
      [],
      7,
    ],
    projectId: ['acme-prod', 'example.com:acme-prod', '12', 'A'],
    quotaProjectId: ['acme-prod', 'acme prod'],
    scopes: [['openid'], 'openid email', [], 7],
  },
  azure: {
    tenantId: ['6c1b7f5e-2a4d-4f7e-9a55-3c1d6b3f0a11', 'acme.onmicrosoft.com', 'common/x', ''],
    clientId: ['F3D2A9C4-8E17-4B0A-B6DE-51C0A7E94D22', 'shop', '{f3d2a9c4-8e17-4b0a-b6de-51c0a7e94d22}'],
    additionallyAllowedTenants: ['*', ['acme.onmicrosoft.com'], 'acme.onmicrosoft.com', ['a/b']],
  },
};

const CASES = PROVIDERS.flatMap((provider) =>
  Object.entries(VALUES[provider]).flatMap(([option, values]) =>
    values.map((value) => [provider, option, value] as const),
  ),
);

test.each(CASES)('%s %s %j: the table and the factory agree', (provider, option, value) => {
  const row = OPTIONS[provider][option];
  if (row === undefined) throw new TypeError(`${option} is not in the table`);
  const issues = issuesOf(row, value, ['credentials', 'x', option], FROM_CODE);
  // A chain needs an account at its end.
  const beside = option === 'delegates' ? { serviceAccountEmail: 'a@b.iam.gserviceaccount.com' } : {};
  const said = verdict(provider, { ...GOOD[provider], ...beside, [option]: value });
  expect(issues.length > 0).toBe(said !== undefined);
});
