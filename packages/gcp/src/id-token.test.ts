import { OptionError, createCredentialCache } from '@credex/core';
import { readSubjectToken } from '@credex/core/on-demand';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { gcpCredentialsProvider } from './gcp-credentials-provider.js';
import type { Google, Responder } from './gcp.fixture.js';
import { AUDIENCE, EMAIL, NAMES, STS_PATH, optionsFor, startGoogle, subjectJwt } from './gcp.fixture.js';
import type { GcpIdTokenOptions } from './id-token.js';
import { gcpIdTokenProvider, getGcpIdToken } from './id-token.js';

const RUN = 'https://orders-abc123-ew.a.run.app';
const PATH = `/v1/projects/-/serviceAccounts/${EMAIL}:generateIdToken`;
const DELEGATE = 'one@my-project.iam.gserviceaccount.com';

let google: Google;
beforeEach(async () => {
  google = await startGoogle();
  google.plan.other = idTokenResponse;
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await google.close();
});

const idTokenOf = (claims: Readonly<Record<string, unknown>>): string => {
  const exp = Math.floor(Date.now() / 1000) + 3_600;
  return subjectJwt({ iss: 'https://accounts.google.com', exp, ...claims });
};
const idTokenResponse: Responder = ({ body }, count) => {
  const { audience } = JSON.parse(body) as { audience: string };
  return { body: { token: idTokenOf({ aud: audience, count }) } };
};
const optionsOf = (
  more: Partial<GcpIdTokenOptions> = {},
  cache = createCredentialCache(),
): GcpIdTokenOptions => ({
  ...optionsFor(google, { serviceAccountEmail: EMAIL }, cache),
  targetAudience: RUN,
  ...more,
});
const sent = (): unknown[] => google.of(PATH).map(({ body }) => JSON.parse(body));
const refusal = (options: object): OptionError => {
  try {
    gcpIdTokenProvider({ ...NAMES, serviceAccountEmail: EMAIL, targetAudience: RUN, ...options });
  } catch (error) {
    if (OptionError.isInstance(error)) return error;
  }
  throw new Error('an OptionError was expected');
};

describe('an ID token', () => {
  test('is created with a federated token of the scope that IAM Credentials needs', async () => {
    const before = Math.floor(Date.now() / 1000) * 1000;
    const { idToken, expiresAt, principal, ...rest } = await getGcpIdToken(optionsOf());
    expect(rest).toEqual({});
    expect([principal, expiresAt >= before + 3_600_000]).toEqual([EMAIL, true]);
    expect(idToken).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    const form = new URLSearchParams(google.of(STS_PATH)[0]?.body);
    expect(form.get('scope')).toBe('https://www.googleapis.com/auth/cloud-platform');
    expect(google.of(PATH)[0]?.headers.authorization).toBe('Bearer federated-0');
    expect(sent()).toEqual([{ audience: RUN, includeEmail: true, useEmailAzp: true }]);
  });

  test('is created through the delegation chain, and without the address if that is asked for', async () => {
    await getGcpIdToken(optionsOf({ delegates: [DELEGATE], includeEmail: false }));
    expect(sent()).toEqual([
      {
        delegates: [`projects/-/serviceAccounts/${DELEGATE}`],
        audience: RUN,
        includeEmail: false,
        useEmailAzp: false,
      },
    ]);
  });

  test('is shared by all callers, and each receives a separate object', async () => {
    const options = optionsOf();
    const all = await Promise.all(Array.from({ length: 20 }, () => getGcpIdToken(options)));
    expect(google.seen).toHaveLength(2);
    expect(new Set(all.map(({ idToken }) => idToken)).size).toBe(1);
    expect(new Set(all).size).toBe(20);
    const provider = gcpIdTokenProvider(options);
    expect(provider.getIdToken).toHaveLength(0);
    const ignoring = provider.getIdToken as (argument: unknown) => Promise<string>;
    expect(await ignoring({ audience: 'https://other.example' })).toBe(all[0]?.idToken);
    expect(provider.status()).toMatchObject({ state: 'fresh' });
    expect(google.seen).toHaveLength(2);
  });

  test('of another audience is requested by the call', async () => {
    const provider = gcpIdTokenProvider(optionsOf());
    const request = { targetAudience: 'https://other.a.run.app' };
    const [own, other] = [await provider.getCredentials(), await provider.getCredentials({ request })];
    expect(own.idToken).not.toBe(other.idToken);
    await provider.getCredentials({ request: { targetAudience: RUN } });
    expect(sent()).toMatchObject([{ audience: RUN }, { audience: request.targetAudience }]);
    expect(provider.status({ request })).toMatchObject({ state: 'fresh' });
    await expect(provider.getCredentials({ request: { targetAudience: '' } })).rejects.toMatchObject({
      code: 'invalid_option',
      option: 'targetAudience',
    });
  });

  test('is requested once more with a new federated token after 401', async () => {
    google.plan.other = (request, count) => (count === 0 ? { status: 401 } : idTokenResponse(request, count));
    await getGcpIdToken(optionsOf());
    expect(google.of(PATH).map(({ headers }) => headers.authorization)).toEqual([
      'Bearer federated-0',
      'Bearer federated-1',
    ]);
  });
});

describe('the cache key', () => {
  const IN_KEY: Readonly<Record<string, Partial<GcpIdTokenOptions>>> = {
    targetAudience: { targetAudience: 'https://other.a.run.app' },
    includeEmail: { includeEmail: false },
    delegates: { delegates: [DELEGATE] },
    serviceAccountEmail: { serviceAccountEmail: DELEGATE },
    workloadIdentityPoolId: { workloadIdentityPoolId: 'other' },
    workloadIdentityPoolProviderId: { workloadIdentityPoolProviderId: 'other' },
    projectNumber: { projectNumber: '1' },
    universeDomain: { universeDomain: 'apis-tpclp.goog' },
  };

  test.each(Object.keys(IN_KEY))('contains %s', async (name) => {
    const cache = createCredentialCache();
    const { tokenSource } = optionsOf();
    await getGcpIdToken(optionsOf({ tokenSource }, cache));
    await getGcpIdToken(optionsOf({ tokenSource, ...IN_KEY[name] }, cache));
    expect(google.of(STS_PATH)).toHaveLength(2);
  });

  test('contains what the default of an option is', async () => {
    const cache = createCredentialCache();
    const { tokenSource } = optionsOf();
    await getGcpIdToken(optionsOf({ tokenSource }, cache));
    await getGcpIdToken(optionsOf({ tokenSource, includeEmail: true, quotaProjectId: 'billed' }, cache));
    expect(google.of(STS_PATH)).toHaveLength(1);
  });

  test('differs from that of the access token of the same service account', async () => {
    const options = optionsOf();
    const { targetAudience, ...others } = options;
    void targetAudience;
    const { idToken } = await getGcpIdToken(options);
    const { accessToken } = await gcpCredentialsProvider(others).getCredentials();
    expect([accessToken, idToken.startsWith('ya29')]).toEqual(['ya29.service-0', false]);
  });
});

describe('a response', () => {
  const now = Math.floor(Date.now() / 1000);
  test.each([
    ['is not a JSON object', '[]', 'it is not a JSON object'],
    ['has no token', {}, 'has no token that is a JWT'],
    ['has an opaque token', { token: 'ya29.x' }, 'has no token that is a JWT'],
    [
      'has a token without an expiry',
      { token: idTokenOf({ aud: RUN, exp: undefined }) },
      'has no token that is a JWT',
    ],
    [
      'has a token of another audience',
      { token: idTokenOf({ aud: 'https://other.a.run.app' }) },
      'another audience',
    ],
    ['has a token of several audiences', { token: idTokenOf({ aud: [RUN, 'x'] }) }, 'another audience'],
  ])('that %s is refused', async (_name, body, fault) => {
    google.plan.other = () => ({ body });
    await expect(getGcpIdToken(optionsOf())).rejects.toMatchObject({
      code: 'invalid_response',
      hint: expect.stringContaining(fault) as string,
    });
  });

  test('with a token that has expired is refused', async () => {
    google.plan.other = () => ({ body: { token: idTokenOf({ aud: RUN, exp: now - 600 }) } });
    await expect(getGcpIdToken(optionsOf())).rejects.toMatchObject({
      code: expect.stringMatching(/^(?:clock_skew|invalid_response)$/) as string,
    });
  });

  test('that refuses the caller names the role', async () => {
    const message =
      "Permission 'iam.serviceAccounts.getOpenIdToken' denied on resource (or it may not exist).";
    google.plan.other = () => ({
      status: 403,
      body: { error: { code: 403, status: 'PERMISSION_DENIED', message } },
    });
    await expect(getGcpIdToken(optionsOf())).rejects.toMatchObject({
      code: 'access_denied',
      hint: expect.stringContaining('roles/iam.serviceAccountOpenIdTokenCreator') as string,
    });
  });
});

describe('options', () => {
  test.each([
    [{ targetAudience: undefined }, 'missing_option', 'targetAudience', '`targetAudience` is missing'],
    [{ targetAudience: 'two words' }, 'invalid_option', 'targetAudience', 'the URL of the Cloud Run service'],
    [{ targetAudience: 'x'.repeat(2_001) }, 'invalid_option', 'targetAudience', '2001 characters'],
    [
      { serviceAccountEmail: undefined },
      'missing_option',
      'serviceAccountEmail',
      'GCP_SERVICE_ACCOUNT_EMAIL',
    ],
    [{ includeEmail: 'yes' }, 'invalid_option', 'includeEmail', 'true or false'],
    [{ delegates: ['x'] }, 'invalid_option', 'delegates', 'the email address of a service account'],
    [{ scopes: 'openid' }, 'invalid_option', 'scopes', 'gcpIdTokenProvider knows no option `scopes`'],
    [{ exchanger: () => undefined }, 'invalid_option', 'exchanger', 'knows no option `exchanger`'],
    [{ targetAudiences: RUN }, 'invalid_option', 'targetAudiences', 'Did you mean `targetAudience`?'],
  ])('%o is refused', (options, code, option, says) => {
    vi.stubEnv('GCP_SERVICE_ACCOUNT_EMAIL', undefined);
    const error = refusal(options);
    expect(error).toMatchObject({ code, option });
    expect(error.message).toContain(says);
  });

  test("have `audience: 'default'`, the pool provider's own audience", async () => {
    const asked: unknown[] = [];
    const jwt = subjectJwt({ aud: `https:${AUDIENCE}` });
    const tokenSource = {
      capture: () => ({
        identityKey: 'project/production',
        async token({ audience }: { readonly audience: string | undefined }) {
          asked.push(audience);
          return readSubjectToken(jwt);
        },
      }),
    };
    await getGcpIdToken(optionsOf({ tokenSource, audience: 'default' }));
    expect(asked).toEqual([`https:${AUDIENCE}`]);
  });

  test('have the environment variables of access tokens', async () => {
    vi.stubEnv('GCP_SERVICE_ACCOUNT_EMAIL', EMAIL);
    const { principal } = await getGcpIdToken(optionsOf({ serviceAccountEmail: undefined }));
    expect(principal).toBe(EMAIL);
  });
});
