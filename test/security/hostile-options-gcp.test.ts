import { gcpCredentialsProvider } from '@credex/gcp';
import { googleAuthLibraryExchanger } from '@credex/gcp/google-auth-library';
import { OptionError } from '@credex/core';
import { expect, test, vi } from 'vitest';
import type { Case } from './hostile-options.js';
import {
  PROVIDERS,
  JWT,
  NO_ENDPOINTS,
  NO_LOOPBACK,
  each,
  testOptions,
  watchNetwork,
} from './hostile-options.js';

const network = watchNetwork();
const gcp = PROVIDERS.gcp;

const POOLS = [
  'a/b/c',
  'pool/../../other',
  'pool#',
  'pool?x=1',
  'POOL',
  'pool%2fx',
  'abc',
  'x'.repeat(33),
  'pool\n',
  '',
  42,
  JWT,
];
const NUMBERS = [
  'my-project',
  '12/../34',
  '0',
  '-1',
  '1e9',
  '12 ',
  '１２',
  '1'.repeat(20),
  '',
  742613904155,
  JWT,
];
const EMAILS = [
  'a/b@acme-prod.iam.gserviceaccount.com',
  '../a@acme-prod.iam.gserviceaccount.com',
  'a@acme-prod.iam.gserviceaccount.com?x=1',
  'a@acme-prod.iam.gserviceaccount.com#',
  'a@acme-prod.iam.gserviceaccount.com:signBlob',
  'a%2fb@acme-prod.iam.gserviceaccount.com',
  'a@b@acme-prod.iam.gserviceaccount.com',
  'a@localhost',
  'a b@acme-prod.iam.gserviceaccount.com',
  'a@acme-prod.iam.gserviceaccount.com\n',
  'shop',
  '',
  42,
  JWT,
];
const UNIVERSES = [
  'evil.com/#',
  'evil.com/',
  'googleapis.com@evil.com',
  'googleapis.com:8443',
  'googleapis.com.',
  'GOOGLEAPIS.COM',
  'evil',
  '127.0.0.1',
  'evil.com?',
  'evil.com\\',
  'ev il.com',
  'еvil.com',
  '.evil.com',
  '',
  42,
  JWT,
];
const SCOPES = [
  [],
  '',
  ' ',
  42,
  ['https://www.googleapis.com/auth/a b'],
  ['cloud-platform\n'],
  ['"'],
  [42],
  ['http://www.googleapis.com/auth/a'],
  [JWT],
  JWT,
];

const NAMED = {
  projectNumber: ['GCP_PROJECT_NUMBER', NUMBERS],
  workloadIdentityPoolId: ['GCP_WORKLOAD_IDENTITY_POOL_ID', POOLS],
  workloadIdentityPoolProviderId: ['GCP_WORKLOAD_IDENTITY_POOL_PROVIDER_ID', POOLS],
  serviceAccountEmail: ['GCP_SERVICE_ACCOUNT_EMAIL', EMAILS],
  projectId: ['GCP_PROJECT_ID', ['x', 'UPPER', 'a/b', 'line\r\nx-evil: 1', '', 42, JWT]],
} as const;

const named = Object.entries(NAMED).flatMap(([option, [variable, values]]): Case[] => [
  ...each(option, 'invalid_option', values, variable),
  ...values
    .filter((value) => typeof value === 'string' && value !== '')
    .map((value): Case => [
      `${variable}=${value === JWT ? 'a JWT' : value}`,
      {
        options: { [option]: undefined },
        variables: { [variable]: value as string },
        option,
        code: 'invalid_option',
        variable,
      },
    ]),
]);

testOptions(
  gcp,
  [
    ...named,
    ...(['projectNumber', 'workloadIdentityPoolId', 'workloadIdentityPoolProviderId'] as const).flatMap(
      (option) => each(option, 'missing_option', [undefined], NAMED[option][0]),
    ),
    ...each('quotaProjectId', 'invalid_option', ['x', 'line\r\nx-evil: 1', '', 42, JWT]),
    ...each('universeDomain', 'invalid_option', UNIVERSES),
    ...(['stsEndpoint', 'iamCredentialsEndpoint'] as const).flatMap((option) => [
      ...each(option, 'unsafe_url', NO_ENDPOINTS),
      ...each(option, 'invalid_option', ['', 42, {}]),
      ...NO_LOOPBACK.map((endpoint): Case => [
        `${option}: allowLoopbackHttp and ${endpoint}`,
        { options: { [option]: endpoint, allowLoopbackHttp: true }, option, code: 'unsafe_url' },
      ]),
    ]),
    ...each('allowLoopbackHttp', 'invalid_option', ['true', 1]),
    ...each('scopes', 'invalid_option', SCOPES),
    ...each('lifetimeSeconds', 'invalid_option', [599, 43_201, 600.5, '3600', Number.NaN]),
    [
      'lifetimeSeconds without a service account',
      {
        options: { lifetimeSeconds: 3_600, serviceAccountEmail: undefined },
        option: 'lifetimeSeconds',
        code: 'conflicting_options',
      },
    ],
    ...each('poolId', 'invalid_option', ['vercel']),
    ...each('exchanger', 'invalid_option', ['google-auth-library', {}]),
  ],
  network,
);

test.each(SCOPES)('a call for the scopes %o', async (scopes) => {
  const provider = gcpCredentialsProvider({ ...gcp.good, tokenSource: vi.fn<() => string>(() => JWT) });
  const asked = provider.getCredentials({ request: { scopes: scopes as string[] } });
  const error: unknown = await asked.catch((thrown: unknown) => thrown);
  if (!OptionError.isInstance(error)) throw error;
  expect([error.code, error.option]).toEqual(['invalid_option', 'scopes']);
  expect(error.message).not.toContain(JWT.slice(-40));
  expect(network()).toEqual([]);
});

test.each([{}, 'gaxios', { request: 1 }])(
  'googleAuthLibraryExchanger refuses %o as its transporter',
  (transporter) => {
    expect(() => googleAuthLibraryExchanger({ transporter: transporter as never })).toThrow(OptionError);
  },
);
