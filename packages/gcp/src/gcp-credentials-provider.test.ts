import { inspect } from 'node:util';
import type { CredentialEvent } from '@credex/core';
import { FederationError, OptionError, createCredentialCache } from '@credex/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { gcpCredentialsProvider, getGcpCredentials } from './gcp-credentials-provider.js';
import type { Google } from './gcp.fixture.js';
import { EMAIL, STS_PATH, optionsFor, startGoogle, stsResponse, subjectJwt } from './gcp.fixture.js';

const IMPERSONATION_PATH = `/v1/projects/-/serviceAccounts/${EMAIL}:generateAccessToken`;

let google: Google;
beforeEach(async () => {
  google = await startGoogle();
});
afterEach(() => google.close());

describe('the number of exchanges', () => {
  test('is one for 1,000 concurrent callers, with and without a service account', async () => {
    for (const [index, more] of [{}, { serviceAccountEmail: EMAIL }].entries()) {
      const provider = gcpCredentialsProvider(optionsFor(google, more));
      const all = await Promise.all(Array.from({ length: 1_000 }, () => provider.getCredentials()));
      expect(new Set(all.map(({ accessToken }) => accessToken)).size).toBe(1);
      expect(google.of(STS_PATH)).toHaveLength(index + 1);
    }
    expect(google.of(IMPERSONATION_PATH)).toHaveLength(1);
  });

  test('is one for many providers that share a cache', async () => {
    const options = optionsFor(google, {}, createCredentialCache());
    await Promise.all(Array.from({ length: 50 }, () => getGcpCredentials(options)));
    await getGcpCredentials(options);
    expect(google.seen).toHaveLength(1);
  });

  test('is one for the process, if no cache is passed', async () => {
    const { cache: _own, ...options } = optionsFor(google);
    const first = await getGcpCredentials(options);
    const second = await gcpCredentialsProvider(options).getCredentials();
    expect(second).toEqual(first);
    expect(google.seen).toHaveLength(1);
  });

  test('is one for the same scopes in another order, and another one for other scopes', async () => {
    const provider = gcpCredentialsProvider(optionsFor(google, { scopes: 'openid email' }));
    const scopes = (...names: string[]) => provider.getCredentials({ request: { scopes: names } });
    await Promise.all([
      provider.getCredentials(),
      scopes('email', 'openid'),
      scopes('openid', 'email', 'email'),
    ]);
    expect(google.seen).toHaveLength(1);
    await scopes('profile');
    expect(google.seen).toHaveLength(2);
    expect(new URLSearchParams(google.seen[1]?.body).get('scope')).toBe('profile');
    await scopes('profile');
    expect(google.seen).toHaveLength(2);
  });

  test('grows after invalidate and with forceRefresh', async () => {
    let now = Date.now();
    let elapsed = 0;
    const clock = { now: () => now, monotonic: () => elapsed };
    const provider = gcpCredentialsProvider(optionsFor(google, { clock }));
    const cached = await provider.getCredentials();
    now += 60_000;
    elapsed += 60_000;
    provider.invalidate((one) => one.accessToken === 'another');
    expect(await provider.getCredentials()).toEqual(cached);
    provider.invalidate(cached);
    expect((await provider.getCredentials()).accessToken).toBe('federated-1');
    expect((await provider.getCredentials({ forceRefresh: true })).accessToken).toBe('federated-2');
  });
});

test('getAccessToken returns the format of firebase-admin', async () => {
  const { access_token, expires_in } = await gcpCredentialsProvider(optionsFor(google)).getAccessToken();
  expect(access_token).toBe('federated-0');
  expect(expires_in).toBeGreaterThan(3_580);
  expect(expires_in).toBeLessThanOrEqual(3_599);
});

test('status', async () => {
  const provider = gcpCredentialsProvider(optionsFor(google));
  expect(provider.status().state).toBe('empty');
  await provider.getCredentials();
  expect(provider.status().state).toBe('fresh');
});

describe('failures', () => {
  test('have the presented claims and the hint, and no token', async () => {
    google.plan.sts = () => ({
      status: 400,
      body: {
        error: 'invalid_grant',
        error_description:
          'The audience in ID Token [https://vercel.com/acme] does not match the expected audience.',
      },
    });
    const jwt = subjectJwt();
    const events: CredentialEvent[] = [];
    const options = optionsFor(google, { tokenSource: () => jwt, onEvent: (event) => events.push(event) });
    const error: unknown = await getGcpCredentials(options).catch((thrown: unknown) => thrown);
    expect(FederationError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({
      code: 'audience_mismatch',
      provider: 'gcp',
      retryable: false,
      status: 400,
      serverCode: 'invalid_grant',
      presented: { aud: 'https://vercel.com/acme', iss: 'https://oidc.vercel.com/acme' },
    });
    expect(google.seen).toHaveLength(1);
    expect(inspect([error, events], { depth: 20, showHidden: true })).not.toContain(jwt.split('.')[1]);
  });

  test('of the connection contain no token', async () => {
    const gone = await startGoogle();
    await gone.close();
    const jwt = subjectJwt();
    const error: unknown = await getGcpCredentials(
      optionsFor(gone, { tokenSource: () => jwt, random: () => 0 }),
    ).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'network', retryable: true });
    const text = inspect(error, { depth: 20, showHidden: true }) + JSON.stringify(error);
    expect(text).not.toContain(jwt.split('.')[1]);
    expect(text).not.toContain(jwt.split('.')[2]);
  });

  test('of the expected identity send nothing', async () => {
    const options = optionsFor(google, { expect: { project: 'other' } });
    await expect(getGcpCredentials(options)).rejects.toMatchObject({ code: 'subject_mismatch' });
    expect(google.seen).toHaveLength(0);
  });

  test('of invalid scopes are thrown by the call', async () => {
    const provider = gcpCredentialsProvider(optionsFor(google));
    await expect(provider.getCredentials({ request: { scopes: 'a,b' } })).rejects.toBeInstanceOf(OptionError);
    expect(google.seen).toHaveLength(0);
  });

  test('that are temporary are retried by core', async () => {
    google.plan.sts = (request, count) => (count === 0 ? { status: 503 } : stsResponse(request, count));
    const credential = await getGcpCredentials(optionsFor(google, { random: () => 0 }));
    expect(credential.accessToken).toBe('federated-1');
    expect(google.seen).toHaveLength(2);
  });
});
