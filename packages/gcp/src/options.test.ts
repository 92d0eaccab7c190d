import { OptionError } from '@credex/core';
import { afterEach, expect, test, vi } from 'vitest';
import { gcpCredentialsProvider } from './gcp-credentials-provider.js';
import type { GcpOptions } from './options.js';
import { gcpConfiguration } from './options.js';
import { EMAIL, NAMES } from './gcp.fixture.js';

afterEach(() => vi.unstubAllEnvs());

const refusal = (options: object): OptionError => {
  try {
    gcpCredentialsProvider({ ...NAMES, ...options });
  } catch (error) {
    if (OptionError.isInstance(error)) return error;
    throw error;
  }
  throw new Error('The options were accepted.');
};

test('omitted options have defaults', () => {
  expect(gcpConfiguration(NAMES)).toMatchObject({
    ...NAMES,
    serviceAccountEmail: undefined,
    scopes: ['https://www.googleapis.com/auth/cloud-platform'],
    lifetimeSeconds: undefined,
    universeDomain: 'googleapis.com',
    stsEndpoint: 'https://sts.googleapis.com',
    iamCredentialsEndpoint: 'https://iamcredentials.googleapis.com',
  });
  expect(gcpConfiguration({ ...NAMES, serviceAccountEmail: EMAIL }).lifetimeSeconds).toBe(3600);
});

test('the universe domain sets both hosts', () => {
  expect(gcpConfiguration({ ...NAMES, universeDomain: 'apis-tpclp.goog' })).toMatchObject({
    stsEndpoint: 'https://sts.apis-tpclp.goog',
    iamCredentialsEndpoint: 'https://iamcredentials.apis-tpclp.goog',
  });
});

test('an option takes precedence over its environment variable', () => {
  vi.stubEnv('GCP_PROJECT_NUMBER', '42');
  vi.stubEnv('GCP_WORKLOAD_IDENTITY_POOL_ID', 'env-pool');
  vi.stubEnv('GCP_WORKLOAD_IDENTITY_POOL_PROVIDER_ID', 'env-provider');
  vi.stubEnv('GCP_SERVICE_ACCOUNT_EMAIL', EMAIL);
  vi.stubEnv('GCP_PROJECT_ID', 'env-project');
  expect(gcpConfiguration({ workloadIdentityPoolId: 'code-pool' })).toMatchObject({
    projectNumber: '42',
    workloadIdentityPoolId: 'code-pool',
    workloadIdentityPoolProviderId: 'env-provider',
    serviceAccountEmail: EMAIL,
    projectId: 'env-project',
  });
});

test.each([
  ['projectNumber', 'GCP_PROJECT_NUMBER'],
  ['workloadIdentityPoolId', 'GCP_WORKLOAD_IDENTITY_POOL_ID'],
  ['workloadIdentityPoolProviderId', 'GCP_WORKLOAD_IDENTITY_POOL_PROVIDER_ID'],
])('%s is required, and the error names %s', (option, environmentVariable) => {
  const error = refusal({ [option]: undefined });
  expect(error).toMatchObject({ code: 'missing_option', option, environmentVariable });
  expect(error.message).toContain(environmentVariable);
});

test('scopes are split, sorted and without duplicates', () => {
  const bigquery = 'https://www.googleapis.com/auth/bigquery';
  expect(gcpConfiguration({ ...NAMES, scopes: `openid  ${bigquery}\n openid` }).scopes).toEqual([
    bigquery,
    'openid',
  ]);
  expect(gcpConfiguration({ ...NAMES, scopes: ['openid', bigquery] }).scopes).toEqual([bigquery, 'openid']);
});

test('a lifetime without a service account is refused', () => {
  expect(refusal({ lifetimeSeconds: 1800 })).toMatchObject({
    code: 'conflicting_options',
    option: 'lifetimeSeconds',
  });
});

test('a delegation chain without a service account is refused', () => {
  expect(refusal({ delegates: [EMAIL] })).toMatchObject({
    code: 'conflicting_options',
    option: 'delegates',
    message: '`delegates` needs `serviceAccountEmail` (GCP_SERVICE_ACCOUNT_EMAIL).',
  });
});

test('an unknown option is refused', () => {
  expect(refusal({ serviceAccount: EMAIL })).toMatchObject({
    code: 'invalid_option',
    option: 'serviceAccount',
  });
});

const HOSTILE: readonly (readonly [keyof GcpOptions, unknown])[] = [
  ['universeDomain', 'evil.com/#'],
  ['universeDomain', 'evil.com:443'],
  ['universeDomain', 'evil.com?x=.googleapis.com'],
  ['universeDomain', 'googleapis.com@evil.com'],
  ['universeDomain', 'googleapis.com\n'],
  ['universeDomain', 'localhost'],
  ['projectNumber', '123/../../evil'],
  ['projectNumber', 'my-project'],
  ['projectNumber', 123456789012],
  ['projectNumber', '0123'],
  ['workloadIdentityPoolId', 'pool/providers/other'],
  ['workloadIdentityPoolId', 'Pool'],
  ['workloadIdentityPoolId', 'abc'],
  ['workloadIdentityPoolProviderId', 'p'.repeat(33)],
  ['workloadIdentityPoolProviderId', 'provider?x'],
  ['serviceAccountEmail', 'a@evil.com/../../x:signJwt?'],
  ['serviceAccountEmail', 'a@p.iam.gserviceaccount.com:signBlob#'],
  ['serviceAccountEmail', '../other@p.iam.gserviceaccount.com'],
  ['serviceAccountEmail', 'a%2F@p.iam.gserviceaccount.com'],
  ['serviceAccountEmail', 'not an address'],
  ['delegates', []],
  ['delegates', ['a@p.iam.gserviceaccount.com:signBlob#']],
  ['delegates', ['projects/other/serviceAccounts/a@p.iam.gserviceaccount.com']],
  ['delegates', ['projects/-/serviceAccounts/projects/-/serviceAccounts/a@p.iam.gserviceaccount.com']],
  ['delegates', ['a@p.iam.gserviceaccount.com', 42]],
  ['delegates', 42],
  ['scopes', []],
  ['scopes', ' '],
  ['scopes', 'https://a.com/x,https://b.com/y'],
  ['scopes', ['https://a.com/x https://b.com/y']],
  ['scopes', ['http://www.googleapis.com/auth/cloud-platform']],
  ['scopes', [42]],
  ['lifetimeSeconds', 599],
  ['lifetimeSeconds', 43_201],
  ['lifetimeSeconds', 3600.5],
  ['lifetimeSeconds', '3600'],
  ['quotaProjectId', 'my-project\r\nx-evil: 1'],
  ['projectId', 'Not A Project'],
  ['stsEndpoint', 'http://sts.googleapis.com'],
  ['stsEndpoint', 'http://127.0.0.1:8080'],
  ['stsEndpoint', 'https://user:secret@sts.googleapis.com'],
  ['stsEndpoint', 'https://sts.googleapis.com\\@evil.com'],
  ['stsEndpoint', 'https://sts.googleapis.com/v1/token'],
  ['stsEndpoint', 'https:evil.com'],
  ['iamCredentialsEndpoint', 'ftp://iamcredentials.googleapis.com'],
  ['iamCredentialsEndpoint', 'https://iamcredentials.googleapis.com?alt=json'],
  ['allowLoopbackHttp', 'yes'],
];

test.each(HOSTILE)('%s %j is refused before anything is sent', (option, value) => {
  const base = option === 'lifetimeSeconds' || option === 'delegates' ? { serviceAccountEmail: EMAIL } : {};
  const fetch = vi.fn();
  expect(refusal({ ...base, fetch, [option]: value })).toMatchObject({ option });
  expect(fetch).not.toHaveBeenCalled();
});

test('http is accepted only for loopback, and only if code allows it', () => {
  const loopback = { stsEndpoint: 'http://127.0.0.1:8080', allowLoopbackHttp: true };
  expect(gcpConfiguration({ ...NAMES, ...loopback }).stsEndpoint).toBe('http://127.0.0.1:8080');
  expect(refusal({ stsEndpoint: 'http://10.0.0.1', allowLoopbackHttp: true })).toMatchObject({
    code: 'unsafe_url',
  });
});
