import { beforeEach, describe, expect, test } from 'vitest';
import {
  AUDIENCE,
  bytes,
  CLOUD,
  EMAIL,
  ISSUER,
  POOL,
  PRINCIPAL,
  PROJECT,
  PROVIDER,
  requestTo,
  START,
  SUBJECT,
  testGcp,
  told,
  type TestGcp,
} from '../gcp.fixture.js';

let gcp: TestGcp;
beforeEach(() => {
  gcp = testGcp();
});

const PROVIDER_ID = { projectNumber: PROJECT, poolId: 'vercel', providerId: 'other' } as const;
const OTHER = `${POOL}/providers/other`;
const BASIC = { issuerUri: ISSUER, attributeMapping: { 'google.subject': 'assertion.sub' } } as const;
const IN_SECONDS = START / 1000;

describe('a good exchange', () => {
  test('brings a federated token of an hour at most, and notes who and what for', async () => {
    const answer = await gcp.exchange();
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      access_token: expect.stringMatching(/^ya29\.d\.[\w-]{900,}$/),
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: 3599,
    });
    expect(answer.log).toEqual({
      action: 'ExchangeToken',
      provider: PROVIDER.slice('//iam.googleapis.com/'.length),
      principal: PRINCIPAL,
      scopes: CLOUD,
      verdict: 'allowed',
    });
  });

  test('takes JSON with the names of the discovery document, and an ID token as type', async () => {
    const body = {
      grantType: 'urn:ietf:params:oauth:grant-type:token-exchange',
      audience: PROVIDER,
      scope: `${CLOUD} openid`,
      requestedTokenType: 'urn:ietf:params:oauth:token-type:access_token',
      subjectTokenType: 'urn:ietf:params:oauth:token-type:id_token',
      subjectToken: await gcp.mint(),
    };
    const request = requestTo('POST', '/v1/token', {
      headers: { 'content-type': 'application/json' },
      body: bytes(JSON.stringify(body)),
    });
    expect((await gcp.service('gcp-sts').handle(request)).status).toBe(200);
  });

  test('never outlives the subject token', async () => {
    const seconds = async (lifetimeSeconds: number) =>
      (await gcp.exchange({ subject_token: await gcp.mint({ lifetimeSeconds }) })).json['expires_in'];
    expect(await seconds(7200)).toBe(3599);
    expect(await seconds(600)).toBe(600);
    gcp.clock.nowMs += 900;
    expect(await seconds(30)).toBe(29);
    expect(
      (await gcp.exchange({ subject_token: await gcp.mint({ lifetimeSeconds: 1 }) })).json,
    ).not.toHaveProperty('expires_in');
  });
});

describe('the form', () => {
  const TYPE = 'urn:ietf:params:oauth:token-type:';
  test.each([
    ['grant_type', undefined, 'unsupported_grant_type', 'Invalid value for "grant_type"'],
    ['grant_type', 'client_credentials', 'unsupported_grant_type', 'Invalid value for "grant_type"'],
    ['audience', undefined, 'invalid_request', 'Invalid value for "audience". This value should be the full'],
    ['audience', `https:${PROVIDER}`, 'invalid_request', 'Invalid value for "audience"'],
    ['audience', PROVIDER.replace(PROJECT, 'acme-prod'), 'invalid_request', 'Invalid value for "audience"'],
    [
      'requested_token_type',
      `${TYPE}id_token`,
      'invalid_request',
      'Invalid value for "requested_token_type"',
    ],
    [
      'subject_token_type',
      `${TYPE}access_token`,
      'invalid_request',
      'Invalid value for "subject_token_type"',
    ],
    ['subject_token', undefined, 'invalid_request', 'Invalid value for "subject_token"'],
    ['scope', undefined, 'invalid_scope', 'Invalid OAuth scope'],
    ['scope', 'cloud-platform', 'invalid_scope', 'Invalid OAuth scope'],
    ['scope', `${CLOUD},${CLOUD}`, 'invalid_scope', 'Invalid OAuth scope'],
  ])('%s = %j is %s', async (name, value, error, description) => {
    const answer = await gcp.exchange({ [name]: value });
    expect([answer.status, answer.json['error']]).toEqual([400, error]);
    expect(answer.json['error_description']).toContain(description);
  });

  test('a repeated field, another content type and broken JSON', async () => {
    let described: unknown;
    const post = async (type: string, body: string) => {
      const request = requestTo('POST', '/v1/token', {
        headers: { 'content-type': type },
        body: bytes(body),
      });
      const { status, json } = told(await gcp.service('gcp-sts').handle(request));
      described = json['error_description'];
      return [status, json['error']];
    };
    expect(await post('application/x-www-form-urlencoded', 'grant_type=a&grant_type=b')).toEqual([
      400,
      'invalid_request',
    ]);
    const options = '{"accessBoundary":{}}';
    expect((await gcp.exchange({ options: '{}' })).status).toBe(200);
    expect((await gcp.exchange({ options })).status).toBe(501);
    const unread = 'grant_type=urn:ietf:params:oauth:grant-type:token-exchange&colour=red&colour=blue';
    expect(await post('application/x-www-form-urlencoded', unread)).toEqual([400, 'invalid_request']);
    expect(described).toBe('Invalid value for "colour". It must not be repeated.');
    expect(await post('text/plain', '')).toEqual([400, 'invalid_request']);
    expect(await post('application/json', '{')).toEqual([400, 'invalid_request']);
  });

  test('an Authorization header, another path, another method', async () => {
    const handle = async (method: string, path: string, headers = {}) =>
      told(await gcp.service('gcp-sts').handle(requestTo(method, path, { headers })));
    const withHeader = await handle('POST', '/v1/token', { authorization: 'Bearer x' });
    expect(withHeader.status).toBe(401);
    expect(withHeader.json['error']).toMatchObject({ code: 401, status: 'UNAUTHENTICATED' });
    expect((await handle('POST', '/v2/token')).status).toBe(404);
    expect((await handle('GET', '/v1/token')).status).toBe(404);
  });
});

describe('the provider', () => {
  const TARGET =
    'The target service indicated by the "audience" parameters is invalid. This might either be because the pool or provider is disabled or deleted or because it doesn\'t exist.';

  test('one that is not there, that is disabled, or whose pool is', async () => {
    const target = async (audience: string) => {
      const { status, json } = await gcp.exchange({ audience });
      return [status, json['error'], json['error_description']];
    };
    const refused = [400, 'invalid_target', TARGET];
    expect(await target(OTHER)).toEqual(refused);
    expect(await target(PROVIDER.replace('/vercel/', '/netlify/'))).toEqual(refused);
    expect(await target(PROVIDER.replace(PROJECT, '1'))).toEqual(refused);
    const acme = { ...PROVIDER_ID, providerId: 'acme' };
    gcp.admin.setProviderDisabled({ ...acme, disabled: true });
    expect(await target(PROVIDER)).toEqual(refused);
    gcp.admin.setProviderDisabled({ ...acme, disabled: false });
    gcp.admin.setPoolDisabled({ ...acme, disabled: true });
    expect(await target(PROVIDER)).toEqual(refused);
    gcp.admin.setPoolDisabled({ ...acme, disabled: false });
    expect((await gcp.exchange()).status).toBe(200);
  });

  test('without allowed audiences it takes its own name alone, in two spellings', async () => {
    gcp.admin.createProvider({ ...PROVIDER_ID, ...BASIC });
    const status = async (audience: string | string[]) =>
      (await gcp.exchange({ audience: OTHER, subject_token: await gcp.mint({ audience }) })).status;
    expect(await status(OTHER)).toBe(200);
    expect(await status(`https:${OTHER}`)).toBe(200);
    expect(await status(['x', OTHER])).toBe(200);
    expect(await status(OTHER.slice(2))).toBe(400);
    expect(await status(AUDIENCE)).toBe(400);
    expect(await status(PROVIDER)).toBe(400);
  });

  test('with allowed audiences its own name is refused', async () => {
    const answer = await gcp.exchange({ subject_token: await gcp.mint({ audience: PROVIDER }) });
    expect(answer.json).toEqual({
      error: 'invalid_grant',
      error_description: `The audience in ID Token [${PROVIDER}] does not match the expected audience.`,
    });
  });
});

describe('the subject token', () => {
  const refused = async (subject_token: string) => {
    const { status, json } = await gcp.exchange({ subject_token });
    expect(status).toBe(400);
    expect(json['error']).toBe('invalid_grant');
    return json['error_description'];
  };
  const stale = (at: number | null) => `ID Token issued at ${at} is stale to sign-in.`;

  test.each([
    [{ audience: 'other' }, 'The audience in ID Token [other] does not match the expected audience.'],
    [{ audience: ['a', 'b'] }, 'The audience in ID Token [a, b] does not match the expected audience.'],
    [
      { audience: `${AUDIENCE}/` },
      `The audience in ID Token [${AUDIENCE}/] does not match the expected audience.`,
    ],
    [{ claims: { aud: undefined } }, 'The audience in ID Token [] does not match the expected audience.'],
    [
      { issuerMode: 'global' },
      `The issuer in ID Token https://oidc.vercel.com does not match the expected one in config: ${ISSUER}.`,
    ],
    [
      { claims: { iss: undefined } },
      `The issuer in ID Token null does not match the expected one in config: ${ISSUER}.`,
    ],
    [{ claims: { iat: undefined } }, stale(null)],
    [{ claims: { exp: undefined } }, stale(IN_SECONDS)],
    [{ issuedAt: IN_SECONDS - 3601 }, stale(IN_SECONDS - 3601)],
    [{ issuedAt: IN_SECONDS + 120 }, stale(IN_SECONDS + 120)],
    [{ notBefore: IN_SECONDS + 120 }, stale(IN_SECONDS)],
    [{ tamper: true }, 'Unable to verify the ID Token signature.'],
    [{ header: { alg: 'none' } }, 'Unable to verify the ID Token signature.'],
    [{ header: { alg: 'HS256' } }, 'Unable to verify the ID Token signature.'],
    [{ signWith: 'unpublished' }, "Error connecting to the given credential's issuer."],
  ] as const)('%j', async (options, description) => {
    expect(await refused(await gcp.mint(options as object))).toBe(description);
  });

  test('no JWT at all, and an issuer that is down', async () => {
    expect(await refused('not-a-jwt')).toBe('Unable to parse the ID Token.');
    gcp.issuer.setReachable(false);
    expect(await refused(await gcp.mint())).toBe("Error connecting to the given credential's issuer.");
  });
});

describe('planted faults speak as Google does', () => {
  const request = requestTo('POST', '/v1/token');
  test('the security token service', () => {
    const fault = gcp.service('gcp-sts').faultAnswer;
    const answer = (kind: 'throttle' | 'status', status?: number) => {
      const { json, ...rest } = told(fault?.(kind, request, status) as never);
      return [rest.status, json['error']];
    };
    expect(answer('throttle')).toEqual([429, 'quota_exceeded']);
    expect(answer('status', 503)).toEqual([
      503,
      { code: 503, status: 'UNAVAILABLE', message: 'The service is currently unavailable.' },
    ]);
    expect(answer('status', 500)[1]).toMatchObject({ status: 'INTERNAL' });
    expect(answer('status', 400)).toEqual([400, 'invalid_request']);
  });

  test('the two APIs', () => {
    const body = (name: string, kind: 'throttle' | 'status', status?: number) =>
      told(gcp.service(name).faultAnswer?.(kind, request, status) as never).json['error'];
    expect(body('gcp-iam-credentials', 'throttle')).toMatchObject({
      code: 429,
      status: 'RESOURCE_EXHAUSTED',
    });
    expect(body('gcp-iam-credentials', 'status', 503)).toMatchObject({ code: 503, status: 'UNAVAILABLE' });
    expect(body('gcp-storage', 'throttle')).toMatchObject({
      code: 429,
      errors: [{ domain: 'usageLimits', reason: 'rateLimitExceeded' }],
    });
    expect(body('gcp-storage', 'status', 503)).toMatchObject({ errors: [{ reason: 'backendError' }] });
  });
});

test('what an administrator may not set up', () => {
  const { admin } = gcp;
  const provider = (config: object) => () => admin.createProvider({ ...PROVIDER_ID, ...BASIC, ...config });
  expect(() => admin.createPool({ projectNumber: 'acme-prod', poolId: 'vercel' })).toThrow('projectNumber');
  expect(() => admin.createPool({ projectNumber: PROJECT, poolId: 'gcp-vercel' })).toThrow('poolId');
  expect(() => admin.createPool({ projectNumber: PROJECT, poolId: 'vercel' })).toThrow('already');
  expect(provider({ poolId: 'netlify' })).toThrow('There is no pool');
  expect(provider({ issuerUri: 'http://oidc.vercel.com' })).toThrow('a URL with https');
  expect(provider({ allowedAudiences: Array.from({ length: 11 }, String) })).toThrow('allowedAudiences');
  expect(provider({ attributeMapping: { 'attribute.a': 'assertion.a' } })).toThrow(
    'google.subject is required',
  );
  expect(provider({ attributeMapping: { ...BASIC.attributeMapping, 'attribute.A': 'assertion.a' } })).toThrow(
    'attribute.A',
  );
  expect(provider({ attributeMapping: { 'google.subject': 'assertion.' } })).toThrow('does not compile');
  expect(provider({ attributeCondition: 'assertion.sub ==' })).toThrow('attributeCondition');
  const account = (role: string, member: string) => () =>
    admin.createServiceAccount({ email: EMAIL, bindings: [{ role, members: [member] }] });
  expect(account('roles/owner', PRINCIPAL)).toThrow('no role roles/owner');
  expect(account('roles/iam.workloadIdentityUser', SUBJECT)).toThrow('is no member');
  expect(
    account('roles/iam.workloadIdentityUser', `${PRINCIPAL}`.replace('principal:', 'principalSet:')),
  ).toThrow('is no member');
});
