import { beforeEach, describe, expect, test } from 'vitest';
import {
  CLOUD,
  EMAIL,
  POOL,
  PRINCIPAL,
  PROJECT,
  requestTo,
  START,
  testGcp,
  told,
  type TestGcp,
} from '../gcp.fixture.js';

const USER = 'roles/iam.workloadIdentityUser';
const CREATOR = 'roles/iam.serviceAccountTokenCreator';
const DELEGATE = 'delegate@acme-prod.iam.gserviceaccount.com';
const SCOPE = { scope: [CLOUD] } as const;

let gcp: TestGcp;
beforeEach(() => {
  gcp = testGcp();
});

const bound = (role: string, member = PRINCIPAL, email = EMAIL, allowExtendedLifetime = false) =>
  gcp.admin.createServiceAccount({ email, bindings: [{ role, members: [member] }], allowExtendedLifetime });

const denied = (permission: string) => ({
  code: 403,
  message: `Permission '${permission}' denied on resource (or it may not exist).`,
  status: 'PERMISSION_DENIED',
  details: [
    {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason: 'IAM_PERMISSION_DENIED',
      domain: 'iam.googleapis.com',
      metadata: { permission },
    },
  ],
});

describe('generateAccessToken', () => {
  test('a bound principal gets a token of the account for an hour', async () => {
    bound(USER);
    const answer = await gcp.iam('generateAccessToken', await gcp.federated(), SCOPE);
    expect(answer.json).toEqual({
      accessToken: expect.stringMatching(/^ya29\.c\.[\w-]+$/),
      expireTime: '2026-11-22T11:00:00Z',
    });
    expect(answer.log).toEqual({
      action: 'GenerateAccessToken',
      target: EMAIL,
      principal: PRINCIPAL,
      scopes: CLOUD,
      verdict: 'allowed',
    });
  });

  test('null is a field that was left out, as gcloud sends it', async () => {
    bound(USER);
    const federated = await gcp.federated();
    const body = { ...SCOPE, lifetime: null, delegates: null };
    expect((await gcp.iam('generateAccessToken', federated, body)).json).toMatchObject({
      expireTime: '2026-11-22T11:00:00Z',
    });
  });

  test('the email may be encoded; the project must be the wildcard', async () => {
    bound(USER);
    const token = await gcp.federated();
    const status = async (path: string) => {
      const body = new TextEncoder().encode(JSON.stringify(SCOPE));
      const headers = { authorization: `Bearer ${token}` };
      return told(await gcp.service('gcp-iam-credentials').handle(requestTo('POST', path, { headers, body })))
        .status;
    };
    const encoded = encodeURIComponent(EMAIL);
    expect(await status(`/v1/projects/-/serviceAccounts/${encoded}:generateAccessToken`)).toBe(200);
    expect(await status(`/v1/projects/-/serviceAccounts/${encoded}%3AgenerateAccessToken`)).toBe(200);
    expect(await status(`/v1/projects/acme-prod/serviceAccounts/${EMAIL}:generateAccessToken`)).toBe(400);
    expect(await status(`/v1/projects/-/serviceAccounts/${EMAIL}:generateEverything`)).toBe(404);
    expect(await status(`/v1/projects/-/serviceAccounts/${EMAIL}`)).toBe(404);
  });

  test('lifetimes', async () => {
    bound(USER);
    bound(USER, PRINCIPAL, DELEGATE, true);
    const token = await gcp.federated();
    const expiry = async (lifetime: string, email = EMAIL) => {
      const { json } = await gcp.iam('generateAccessToken', token, { ...SCOPE, lifetime }, email);
      return json['expireTime'] ?? (json['error'] as { message: string }).message;
    };
    expect(await expiry('60s')).toBe('2026-11-22T10:01:00Z');
    expect(await expiry('3600s')).toBe('2026-11-22T11:00:00Z');
    expect(await expiry('0s')).toBe('Lifetime of access token must be larger then zero.');
    expect(await expiry('3601s')).toBe(
      `Access tokens for service account ${EMAIL} can not have lifetimes of more than 1 hour. Use the Org Policy Constraint constraints/iam.allowServiceAccountCredentialLifetimeExtension to allow up to 12 hours.`,
    );
    expect(await expiry('3600')).toContain("duration must end with 's'");
    expect(await expiry('43200s', DELEGATE)).toBe('2026-11-22T22:00:00Z');
    expect(await expiry('43201s', DELEGATE)).toContain('more than 12 hours');
  });

  test('scopes: none and unknown ones are refused, one empty string is the default', async () => {
    bound(USER);
    const token = await gcp.federated();
    const answer = async (body: unknown) => {
      const { status, json, log } = await gcp.iam('generateAccessToken', token, body);
      return status === 200 ? log['scopes'] : json['error'];
    };
    const invalid = {
      code: 400,
      message: 'Request contains an invalid argument.',
      status: 'INVALID_ARGUMENT',
    };
    expect(await answer({})).toEqual(invalid);
    expect(await answer({ scope: [] })).toEqual(invalid);
    expect(await answer({ scope: ['cloud-platform'] })).toEqual(invalid);
    expect(await answer({ scope: [`${CLOUD} openid`] })).toEqual(invalid);
    expect(await answer({ scope: [''] })).toBe(CLOUD);
    expect(await answer({ scope: CLOUD })).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' });
    expect(await answer({ scopes: [CLOUD] })).toMatchObject({
      message: 'Invalid JSON payload received. Unknown name "scopes": Cannot find field.',
    });
    expect(await answer('{')).toMatchObject({ code: 400 });
    expect(await answer('[]')).toMatchObject({ code: 400 });
  });
});

describe('the caller', () => {
  const error = async (token: string | undefined) => {
    const { json, headers } = await gcp.iam('generateAccessToken', token, SCOPE);
    return { ...(json['error'] as object), challenge: headers['www-authenticate'] };
  };

  test('no token, an unknown one, an expired one, one of a disabled pool', async () => {
    bound(USER);
    const token = await gcp.federated();
    expect(await error(undefined)).toMatchObject({
      code: 401,
      status: 'UNAUTHENTICATED',
      message: expect.stringContaining('Request is missing required authentication credential.') as string,
      details: [{ reason: 'CREDENTIALS_MISSING' }],
    });
    const invalid = {
      code: 401,
      status: 'UNAUTHENTICATED',
      message: expect.stringContaining('Request had invalid authentication credentials.') as string,
      challenge: 'Bearer realm="https://accounts.google.com/", error="invalid_token"',
    };
    expect(await error('ya29.d.stranger')).toMatchObject(invalid);
    const pool = { projectNumber: PROJECT, poolId: 'vercel' };
    gcp.admin.setPoolDisabled({ ...pool, disabled: true });
    expect(await error(token)).toMatchObject(invalid);
    gcp.admin.setPoolDisabled({ ...pool, disabled: false });
    // A provider's end stops exchanges, not the tokens they brought.
    gcp.admin.setProviderDisabled({ ...pool, providerId: 'acme', disabled: true });
    expect((await gcp.iam('generateAccessToken', token, SCOPE)).status).toBe(200);
    gcp.clock.nowMs = START + 3_599_000;
    expect(await error(token)).toMatchObject({ ...invalid, details: [{ reason: 'ACCESS_TOKEN_EXPIRED' }] });
  });

  test('scopes that do not open the API', async () => {
    bound(USER);
    expect(
      await error(await gcp.federated('https://www.googleapis.com/auth/devstorage.full_control')),
    ).toMatchObject({
      code: 403,
      status: 'PERMISSION_DENIED',
      message: 'Request had insufficient authentication scopes.',
      details: [
        {
          reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
          metadata: {
            service: 'iamcredentials.googleapis.com',
            method: 'google.iam.credentials.v1.IAMCredentials.GenerateAccessToken',
          },
        },
      ],
    });
    const iam = await gcp.federated('https://www.googleapis.com/auth/iam');
    expect((await gcp.iam('generateAccessToken', iam, SCOPE)).status).toBe(200);
  });

  test.each([
    [PRINCIPAL, 200],
    [`principalSet:${POOL}/*`, 200],
    [`principalSet:${POOL}/attribute.environment/production`, 200],
    [`principalSet:${POOL}/attribute.environment/preview`, 403],
    [`principalSet:${POOL}/attribute.environment/*`, 403],
    [`principalSet:${POOL}/group/production`, 403],
    [`principalSet:${POOL.replace('vercel', 'netlify')}/*`, 403],
    [PRINCIPAL.replace(PROJECT, 'acme-prod'), 403],
    [`${PRINCIPAL}x`, 403],
    [PRINCIPAL.replace('production', 'PRODUCTION'), 403],
    [PRINCIPAL.replace('production', '*'), 403],
    [`serviceAccount:${EMAIL}`, 403],
  ])('bound as %s: %i', async (member, status) => {
    bound(USER, member);
    const answer = await gcp.iam('generateAccessToken', await gcp.federated(), SCOPE);
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.json['error']).toEqual(denied('iam.serviceAccounts.getAccessToken'));
  });

  test('a mapped group', async () => {
    gcp.admin.createProvider({
      projectNumber: PROJECT,
      poolId: 'vercel',
      providerId: 'grouped',
      issuerUri: 'https://oidc.vercel.com/acme',
      allowedAudiences: ['https://vercel.com/acme'],
      attributeMapping: { 'google.subject': 'assertion.sub', 'google.groups': '[assertion.environment]' },
    });
    bound(USER, `principalSet:${POOL}/group/production`);
    const { json } = await gcp.exchange({ audience: `${POOL}/providers/grouped` });
    expect((await gcp.iam('generateAccessToken', String(json['access_token']), SCOPE)).status).toBe(200);
  });

  test('an account that is not there, and a binding that was taken away', async () => {
    bound(USER);
    const token = await gcp.federated();
    const missing = await gcp.iam('generateAccessToken', token, SCOPE, 'missing@x.iam.gserviceaccount.com');
    expect(missing.json['error']).toEqual({
      code: 404,
      message: 'Not found; Gaia id not found for email missing@x.iam.gserviceaccount.com',
      status: 'NOT_FOUND',
    });
    gcp.admin.setServiceAccountBindings(EMAIL, []);
    expect((await gcp.iam('generateAccessToken', token, SCOPE)).status).toBe(403);
  });
});

test.each([
  [USER, { generateAccessToken: 200, generateIdToken: 200, signBlob: 403, signJwt: 403 }],
  [CREATOR, { generateAccessToken: 200, generateIdToken: 200, signBlob: 200, signJwt: 200 }],
  [
    'roles/iam.serviceAccountOpenIdTokenCreator',
    { generateAccessToken: 403, generateIdToken: 200, signBlob: 403, signJwt: 403 },
  ],
  [
    'roles/iam.serviceAccountUser',
    { generateAccessToken: 403, generateIdToken: 403, signBlob: 403, signJwt: 403 },
  ],
])('what %s allows', async (role, expected) => {
  bound(role);
  const token = await gcp.federated();
  const bodies = {
    generateAccessToken: SCOPE,
    generateIdToken: { audience: 'https://run.app' },
    signBlob: { payload: 'aGVsbG8=' },
    signJwt: { payload: '{}' },
  };
  const entries = Object.entries(bodies).map(async ([method, body]) => [
    method,
    (await gcp.iam(method, token, body)).status,
  ]);
  expect(Object.fromEntries(await Promise.all(entries))).toEqual(expected);
});

describe('delegates', () => {
  const delegates = [`projects/-/serviceAccounts/${DELEGATE}`];
  const status = async (body: object) =>
    (await gcp.iam('generateAccessToken', await gcp.federated(), { ...SCOPE, ...body })).status;

  test('each link of the chain needs the token creator role on the next', async () => {
    bound(CREATOR, `serviceAccount:${DELEGATE}`);
    bound(CREATOR, PRINCIPAL, DELEGATE);
    expect(await status({ delegates })).toBe(200);
    expect(await status({})).toBe(403);
    expect(await status({ delegates: [DELEGATE] })).toBe(400);
    expect(await status({ delegates: ['projects/-/serviceAccounts/x@y.z'] })).toBe(404);
    gcp.admin.setServiceAccountBindings(DELEGATE, [{ role: USER, members: [PRINCIPAL] }]);
    expect(await status({ delegates })).toBe(403);
  });

  test('a service account that acts as another, by its own token', async () => {
    bound(USER);
    bound(CREATOR, `serviceAccount:${EMAIL}`, DELEGATE);
    const first = await gcp.iam('generateAccessToken', await gcp.federated(), SCOPE);
    const second = await gcp.iam('generateAccessToken', String(first.json['accessToken']), SCOPE, DELEGATE);
    expect([second.status, second.log['principal']]).toEqual([200, `serviceAccount:${EMAIL}`]);
  });
});

test('no log note holds a token', async () => {
  bound(USER);
  const subject = await gcp.mint();
  const exchanged = await gcp.exchange({ subject_token: subject });
  const federated = String(exchanged.json['access_token']);
  const impersonated = await gcp.iam('generateAccessToken', federated, SCOPE);
  const refused = await gcp.iam('generateAccessToken', federated, {});
  const notes = JSON.stringify([exchanged.log, impersonated.log, refused.log]);
  for (const secret of [subject, federated, String(impersonated.json['accessToken'])])
    expect(notes).not.toContain(secret.slice(0, 40));
  expect(notes).not.toMatch(/ya29|eyJ/);
});
