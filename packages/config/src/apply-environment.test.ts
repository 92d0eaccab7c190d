import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { applyEnvironment } from './apply-environment.js';
import { checkedConfig } from './check-config.js';
import { ConfigError } from './config-error.js';
import { AWS, AZURE, GCP } from './configs.fixture.js';
import type { Config } from './define-config.js';

beforeEach(() => {
  for (const name of ['VERCEL_ENV', 'VERCEL_TARGET_ENV']) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const CONFIG = { credentials: { store: AWS, 'blob-store': AZURE } };

/** Loads a JSON configuration with these variables applied. */
function loaded(given: Readonly<Record<string, string>>, config: unknown = CONFIG): Config {
  const { raw, variables, problems } = applyEnvironment(config, new Map(Object.entries(given)));
  return checkedConfig(raw, { name: 'credex.config.json', kind: 'data', variables }, problems);
}

describe('CREDEX_<NAME>_<OPTION>', () => {
  test.each([
    [
      'text',
      'CREDEX_STORE_ROLE_ARN',
      'arn:aws:iam::123456789012:role/x',
      { roleArn: 'arn:aws:iam::123456789012:role/x' },
    ],
    ['a number', 'CREDEX_STORE_DURATION_SECONDS', '900', { durationSeconds: 900 }],
    ['a switch', 'CREDEX_STORE_USE_FIPS_ENDPOINT', 'true', { useFipsEndpoint: true }],
    [
      'a list',
      'CREDEX_STORE_POLICY_ARNS',
      'arn:aws:iam::aws:policy/X  arn:aws:iam::aws:policy/Y',
      { policyArns: ['arn:aws:iam::aws:policy/X', 'arn:aws:iam::aws:policy/Y'] },
    ],
    ['JSON', 'CREDEX_STORE_POLICY', '{"Statement":[]}', { policy: '{"Statement":[]}' }],
    [
      'a list of objects, as JSON',
      'CREDEX_STORE_ASSUME_ROLE',
      '[{"roleArn":"arn:aws:iam::999999999999:role/far"}]',
      { assumeRole: [{ roleArn: 'arn:aws:iam::999999999999:role/far' }] },
    ],
    ['a member', 'CREDEX_STORE_EXPECT_PROJECT_ID', 'prj_1', { expect: { projectId: 'prj_1' } }],
  ])('%s', (_kind, variable, text, expected) => {
    expect(loaded({ [variable]: text }).credentials).toEqual({
      store: { ...AWS, ...expected },
      'blob-store': AZURE,
    });
  });

  test('a variable cannot turn on the fallback to the developer’s login', () => {
    expect(() => loaded({ CREDEX_STORE_LOCAL: 'profile' })).toThrow(
      /cannot be set by an environment variable/,
    );
  });

  test('a hyphen in a name becomes an underscore', () => {
    const { credentials } = loaded({ CREDEX_BLOB_STORE_ADDITIONALLY_ALLOWED_TENANTS: '*' });
    expect(credentials['blob-store']).toEqual({ ...AZURE, additionallyAllowedTenants: '*' });
  });

  test('moving an entry to another cloud keeps the shared options and takes the rest from variables', () => {
    const config = { credentials: { store: { ...AWS, region: 'eu-west-1', timeoutMs: 500 } } };
    const given = {
      CREDEX_STORE_PROVIDER: 'gcp',
      CREDEX_STORE_PROJECT_NUMBER: GCP.projectNumber,
      CREDEX_STORE_WORKLOAD_IDENTITY_POOL_ID: GCP.workloadIdentityPoolId,
      CREDEX_STORE_WORKLOAD_IDENTITY_POOL_PROVIDER_ID: GCP.workloadIdentityPoolProviderId,
    };
    expect(loaded(given, config).credentials['store']).toEqual({ ...GCP, timeoutMs: 500 });
  });

  test('in a list, a variable changes the entry for the current environment', () => {
    const store = [
      { ...AWS, when: { environment: 'production' } },
      { ...AWS, when: { environment: 'preview' } },
    ];
    vi.stubEnv('VERCEL_ENV', 'preview');
    expect(
      loaded({ CREDEX_STORE_REGION: 'eu-west-1' }, { credentials: { store } }).credentials['store'],
    ).toEqual([store[0], { ...store[1], region: 'eu-west-1' }]);
  });

  test('CREDEX_DEFAULT', () => {
    expect(loaded({ CREDEX_DEFAULT: 'blob-store' }).default).toBe('blob-store');
  });

  test('variables that match no option are ignored', () => {
    expect(loaded({ CREDEX_DEBUG: '1', CREDEX_OTHER: 'x' })).toEqual(CONFIG);
  });
});

describe('what a variable cannot set', () => {
  test.each([
    [
      'an unknown option',
      'CREDEX_STORE_ROL_ARN',
      'x',
      'invalid_option',
      /does not match an option of aws\. Did you mean `CREDEX_STORE_ROLE_ARN`/,
    ],
    [
      'an option of another cloud',
      'CREDEX_STORE_TENANT_ID',
      'x',
      'invalid_option',
      /not match an option of aws/,
    ],
    ['an endpoint', 'CREDEX_STORE_ENDPOINT', 'https://evil.example', 'unsafe_url', /where a token is sent/],
    ['http on loopback', 'CREDEX_STORE_ALLOW_LOOPBACK_HTTP', 'true', 'unsafe_url', /in code/],
    ['origins', 'CREDEX_BLOB_STORE_ORIGINS', 'https://evil.example', 'unsafe_url', /in code/],
    ['when', 'CREDEX_STORE_WHEN', 'production', 'invalid_option', /Set it in the configuration/],
    [
      'an unknown name',
      'CREDEX_STROE_ROLE_ARN',
      'x',
      'invalid_option',
      /does not match a name in `credentials` .*Did you mean `CREDEX_STORE_ROLE_ARN`/,
    ],
    [
      'an unknown default',
      'CREDEX_DEFAULT',
      'stroe',
      'invalid_option',
      /\(CREDEX_DEFAULT\).*Did you mean `store`/,
    ],
    [
      'a value that is not a number',
      'CREDEX_STORE_DURATION_SECONDS',
      '1h',
      'invalid_option',
      /\(CREDEX_STORE_DURATION_SECONDS\) must be a whole number/,
    ],
    [
      'a value that is not a boolean',
      'CREDEX_STORE_USE_FIPS_ENDPOINT',
      'yes',
      'invalid_option',
      /\(CREDEX_STORE_USE_FIPS_ENDPOINT\) must be true or false/,
    ],
    ['an unknown provider', 'CREDEX_STORE_PROVIDER', 'gpc', 'invalid_option', /Did you mean `gcp`/],
    [
      'an authority that is not Microsoft’s',
      'CREDEX_BLOB_STORE_AUTHORITY_HOST',
      'https://evil.example',
      'invalid_option',
      /login\.microsoftonline\.com/,
    ],
    [
      'a secret',
      'CREDEX_STORE_ROLE_SESSION_NAME',
      `AK${'IAIOSFODNN7EXAMPLE'}`,
      'invalid_option',
      /\(CREDEX_STORE_ROLE_SESSION_NAME\) looks like an AWS access key/,
    ],
  ] as const)('%s', (_what, variable, text, code, says) => {
    const error = refusal(() => loaded({ [variable]: text }));
    expect(error.message).toMatch(says);
    expect(error).toMatchObject({ code, environmentVariable: variable });
    if (text.length > 12 && !text.startsWith('https:')) expect(error.message).not.toContain(text);
  });

  test('a universe domain', () => {
    const error = refusal(() =>
      loaded({ CREDEX_STORE_UNIVERSE_DOMAIN: 'evil.example' }, { credentials: { store: GCP } }),
    );
    expect(error.code).toBe('unsafe_url');
  });

  test('a variable for a name without an entry for the environment', () => {
    const store = [{ ...AWS, when: { environment: 'production' } }];
    const error = refusal(() => loaded({ CREDEX_STORE_REGION: 'eu-west-1' }, { credentials: { store } }));
    expect(error.message).toMatch(/CREDEX_STORE_REGION has no effect.*environment development/);
  });
});

function refusal(run: () => unknown): ConfigError {
  try {
    run();
  } catch (error) {
    if (ConfigError.isInstance(error)) return error;
    throw error;
  }
  throw new TypeError('It was taken.');
}
