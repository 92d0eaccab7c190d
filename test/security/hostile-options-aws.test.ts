import { clientStsExchanger } from '@credex/aws/client-sts';
import { awsCredentialsProvider } from '@credex/aws';
import { OptionError } from '@credex/core';
import { describe, expect, test, vi } from 'vitest';
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
const aws = PROVIDERS.aws;

const REGIONS = [
  'evil.com/#',
  'evil.com',
  'EU-WEST-1',
  'eu.west.1',
  'eu-west-1.evil.com',
  'eu-west-1/',
  'eu-west-1#',
  'eu-west-1?',
  'eu-west-1@evil.com',
  'eu-west-1\n',
  'eu-west-1 ',
  '',
  'auto',
  'aws-global',
  '-eu-west-1',
  'eu-west-1:443',
  'eu-west-१',
  JWT,
];
const ROLES = [
  'shop-production',
  'arn:aws:iam::1234:role/shop',
  'arn:aws:iam::123456789012:user/shop',
  'arn:aws:iam::123456789012:role/',
  'arn:aws:iam::123456789012:role/shop production',
  'arn:aws:iam::123456789012:role/shop\n',
  'arn:evil:iam::123456789012:role/shop',
  'arn:aws:sts::123456789012:assumed-role/shop/session',
  `arn:aws:iam::123456789012:role/${'x'.repeat(65)}`,
  '',
  42,
  null,
  JWT,
];

const fromEnvironment = (variables: Record<string, string>, option: string, variable: string): Case => [
  `${Object.entries(variables).join(' ')}`.replace(JWT, 'a JWT'),
  { options: { [option]: undefined }, variables, option, code: 'invalid_option', variable },
];

testOptions(
  aws,
  [
    ...each('region', 'invalid_option', REGIONS, 'AWS_REGION'),
    ...each('region', 'conflicting_options', ['cn-north-1', 'us-gov-west-1', 'eusc-de-east-1'], 'AWS_REGION'),
    ...REGIONS.filter((region) => region !== '').flatMap((region) => [
      fromEnvironment({ AWS_REGION: region }, 'region', 'AWS_REGION'),
      fromEnvironment({ AWS_DEFAULT_REGION: region }, 'region', 'AWS_REGION'),
    ]),
    ...each('roleArn', 'invalid_option', ROLES, 'AWS_ROLE_ARN'),
    ...each('roleArn', 'missing_option', [undefined], 'AWS_ROLE_ARN'),
    fromEnvironment({ AWS_ROLE_ARN: 'shop-production' }, 'roleArn', 'AWS_ROLE_ARN'),
    fromEnvironment({ AWS_ROLE_ARN: JWT }, 'roleArn', 'AWS_ROLE_ARN'),
    ...each('endpoint', 'unsafe_url', [...NO_ENDPOINTS, '', 42, {}, new URL('https://evil.example')]),
    ...NO_LOOPBACK.map((endpoint): Case => [
      `allowLoopbackHttp and ${endpoint}`,
      { options: { endpoint, allowLoopbackHttp: true }, option: 'endpoint', code: 'unsafe_url' },
    ]),
    ...each('allowLoopbackHttp', 'invalid_option', ['true', 1]),
    ...each('allowUnboundResponse', 'invalid_option', ['true', 1]),
    ...each('roleSessionName', 'invalid_option', [
      'x',
      'two words',
      'x'.repeat(65),
      'line\nbreak',
      '',
      42,
      JWT,
    ]),
    ...each('durationSeconds', 'invalid_option', [899, 43_201, 900.5, '3600', Number.NaN, -1, null]),
    ...each('policy', 'invalid_option', ['not JSON', '[]', '"text"', [], 42, '', { Sid: '\u4e2d' }, JWT]),
    ...each('policy', 'invalid_option', [{ Sid: 'x'.repeat(2_048) }]),
    ...each('policyArns', 'invalid_option', [
      [],
      ['ReadOnlyAccess'],
      [42],
      [JWT],
      Array.from({ length: 11 }, (_, at) => `arn:aws:iam::aws:policy/P${at}`),
    ]),
    ...each('useFipsEndpoint', 'invalid_option', ['yes']),
    ...each('useDualstackEndpoint', 'invalid_option', ['yes']),
    ...['useFipsEndpoint', 'useDualstackEndpoint'].map((flag): Case => [
      `endpoint with ${flag}`,
      {
        options: { endpoint: 'https://sts.example', [flag]: true },
        option: 'endpoint',
        code: 'conflicting_options',
      },
    ]),
    ...each('rolearn', 'invalid_option', ['arn:aws:iam::123456789012:role/shop']),
    ...each('exchanger', 'invalid_option', ['client-sts', {}]),
  ],
  network,
);

describe('what a call asks for', () => {
  const tokenSource = vi.fn<() => string>(() => JWT);
  const provider = () => awsCredentialsProvider({ ...aws.good, tokenSource });

  test.each([...REGIONS, 42])('request.region %o', async (region) => {
    const asked = provider().getCredentials({ request: { region: region as string } });
    const error: unknown = await asked.catch((thrown: unknown) => thrown);
    if (!OptionError.isInstance(error)) throw error;
    expect([error.code, error.option]).toEqual(['invalid_option', 'request.region']);
    expect(error.message).not.toContain(JWT.slice(-40));
    expect(network()).toEqual([]);
  });
});

test.each([{}, 'client', null, { send: true }])('clientStsExchanger refuses %o as its client', (client) => {
  expect(() => clientStsExchanger({ client: client as never })).toThrow(OptionError);
});
