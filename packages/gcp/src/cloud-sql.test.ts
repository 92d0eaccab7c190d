import { OptionError } from '@credex/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { alloyDbPassword, cloudSqlPassword, cloudSqlUser } from './cloud-sql.js';
import { gcpCredentialsProvider } from './gcp-credentials-provider.js';
import type { Google } from './gcp.fixture.js';
import { EMAIL, NAMES, STS_PATH, optionsFor, startGoogle } from './gcp.fixture.js';

let google: Google;
beforeEach(async () => {
  google = await startGoogle();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await google.close();
});

const message = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    if (OptionError.isInstance(error)) return error.message;
  }
  throw new Error('an OptionError was expected');
};

describe.each([
  { create: cloudSqlPassword, scope: 'https://www.googleapis.com/auth/sqlservice.login' },
  { create: alloyDbPassword, scope: 'https://www.googleapis.com/auth/alloydb.login' },
])('$create.name', ({ create, scope }) => {
  test('returns a function that ignores its arguments and shares one exchange', async () => {
    const options = optionsFor(google, { serviceAccountEmail: EMAIL });
    const password = create(options);
    expect(password).toHaveLength(0);
    const ignoring = password as (argument: unknown) => Promise<string>;
    const all = await Promise.all(Array.from({ length: 20 }, () => ignoring({ forceRefresh: true })));
    expect(new Set(all)).toEqual(new Set(['ya29.service-0']));
    expect(google.of(STS_PATH)).toHaveLength(1);
    const [impersonation] = google.of(`/v1/projects/-/serviceAccounts/${EMAIL}:generateAccessToken`);
    expect(JSON.parse(impersonation?.body ?? '')).toEqual({ scope: [scope], lifetime: '3600s' });
  });

  test('requests the scope for the federated principal', async () => {
    expect(await create(optionsFor(google))()).toBe('federated-0');
    expect(new URLSearchParams(google.of(STS_PATH)[0]?.body).get('scope')).toBe(scope);
  });

  test('returns the expiry time with the password', async () => {
    const { password, expiresAt } = await create(optionsFor(google)).withExpiry();
    expect([password, expiresAt > Date.now()]).toEqual(['federated-0', true]);
  });

  test('takes a provider instead of options', async () => {
    const credentials = gcpCredentialsProvider(optionsFor(google, { scopes: 'openid' }));
    expect(await create({ credentials })()).toBe('federated-0');
    expect(new URLSearchParams(google.of(STS_PATH)[0]?.body).get('scope')).toBe(scope);
    expect(message(() => create({ credentials, serviceAccountEmail: EMAIL }))).toContain(
      '`serviceAccountEmail` cannot be combined with `credentials`',
    );
    expect(message(() => create({ credentials: {} } as object))).toContain('`credentials` must be');
  });

  test('rejects with the FederationError of the exchange', async () => {
    google.plan.sts = () => ({ status: 400, body: { error: 'invalid_target' } });
    await expect(create(optionsFor(google))()).rejects.toMatchObject({ code: 'target_not_found' });
  });

  test('refuses scopes, unknown options and missing ones before anything is sent', () => {
    const { name } = create;
    expect(message(() => create({ ...NAMES, scopes: scope } as object))).toContain(
      `${name} knows no option \`scopes\`. Remove it: ${name} requests the one scope that the database accepts. It knows`,
    );
    expect(message(() => create({ ...NAMES, serviceAccountMail: EMAIL } as object))).toContain(
      'Did you mean `serviceAccountEmail`?',
    );
    vi.stubEnv('GCP_PROJECT_NUMBER', undefined);
    expect(message(() => create({ serviceAccountEmail: EMAIL }))).toContain('GCP_PROJECT_NUMBER');
    expect(google.seen).toEqual([]);
  });
});

describe('cloudSqlUser', () => {
  test('is the address without its suffix in PostgreSQL, and the part before the @ in MySQL', () => {
    expect(cloudSqlUser({ engine: 'postgres', serviceAccountEmail: EMAIL })).toBe('app@my-project.iam');
    expect(cloudSqlUser({ engine: 'mysql', serviceAccountEmail: EMAIL })).toBe('app');
    vi.stubEnv('GCP_SERVICE_ACCOUNT_EMAIL', 'jobs@shop.iam.gserviceaccount.com');
    expect(cloudSqlUser({ engine: 'postgres' })).toBe('jobs@shop.iam');
  });

  test.each([
    [{ engine: 'mariadb', serviceAccountEmail: EMAIL }, "`engine` must be 'postgres' or 'mysql'"],
    [{ engine: 'mysql', serviceAccountEmail: 'me@example.com' }, 'the email address of a service account'],
    [{ engine: 'mysql' }, 'GCP_SERVICE_ACCOUNT_EMAIL'],
    [{ engine: 'mysql', email: EMAIL }, 'cloudSqlUser knows no option `email`'],
  ])('refuses %o', (options, says) => {
    vi.stubEnv('GCP_SERVICE_ACCOUNT_EMAIL', undefined);
    expect(message(() => cloudSqlUser(options as never))).toContain(says);
  });
});
