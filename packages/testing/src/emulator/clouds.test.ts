import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startEmulator } from '../emulator.js';
import type { Emulator, Fault, ServiceName } from '../emulator.js';

const ISSUER = 'https://oidc.vercel.com/acme';
const SUBJECT = 'owner:acme:project:shop:environment:production';
const shop = {
  team: 'acme',
  teamId: 'team_acme',
  project: 'shop',
  projectId: 'prj_shop',
  environment: 'production',
};
const ROLE = 'arn:aws:iam::123456789012:role/shop';
const POOL = { projectNumber: '100200300', poolId: 'vercel', providerId: 'vercel' };
const POOL_PATH = `iam.googleapis.com/projects/${POOL.projectNumber}/locations/global/workloadIdentityPools/vercel`;
const ACCOUNT = 'shop@acme-prod.iam.gserviceaccount.com';
const TENANT = '11111111-2222-4333-8444-555555555555';
const CLIENT = '66666666-7777-4888-9999-aaaaaaaaaaaa';

// Making RSA keys takes seconds on a busy machine.
const MAKES_KEYS = { timeout: 30_000 };
let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator({ seed: 'clouds' });
  const audience = 'https://vercel.com/acme';
  emulator.aws.createOpenIdConnectProvider({ accountId: '123456789012', url: ISSUER, clientIds: [audience] });
  emulator.aws.createRole({
    arn: ROLE,
    trustPolicy: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Federated: 'arn:aws:iam::123456789012:oidc-provider/oidc.vercel.com/acme' },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: {
            StringEquals: { 'oidc.vercel.com/acme:aud': audience, 'oidc.vercel.com/acme:sub': SUBJECT },
          },
        },
      ],
    },
    policies: [],
  });
  emulator.gcp.createPool(POOL);
  emulator.gcp.createProvider({
    ...POOL,
    issuerUri: ISSUER,
    allowedAudiences: [audience],
    attributeMapping: { 'google.subject': 'assertion.sub' },
  });
  const member = `principal://${POOL_PATH}/subject/${SUBJECT}`;
  emulator.gcp.createServiceAccount({
    email: ACCOUNT,
    bindings: [{ role: 'roles/iam.workloadIdentityUser', members: [member] }],
  });
  emulator.azure.createTenant({ tenantId: TENANT });
  emulator.azure.createApplication({
    tenantId: TENANT,
    clientId: CLIENT,
    federatedCredentials: [{ name: 'vercel', issuer: ISSUER, subject: SUBJECT, audience }],
  });
}, MAKES_KEYS.timeout);
afterEach(() => emulator.faults.clear());
afterAll(() => emulator.close());

interface Answer {
  readonly status: number;
  readonly text: string;
}
const post = async (service: ServiceName, path: string, body: BodyInit, headers = {}): Promise<Answer> => {
  const response = await fetch(emulator.url(service) + path, { method: 'POST', body, headers });
  return { status: response.status, text: await response.text() };
};

const assume = (token: string) =>
  post(
    'aws-sts',
    '/',
    new URLSearchParams({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: ROLE,
      RoleSessionName: 'shop',
      WebIdentityToken: token,
    }),
  );
const federate = (token: string) =>
  post(
    'gcp-sts',
    '/v1/token',
    new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      audience: `//${POOL_PATH}/providers/vercel`,
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      subject_token: token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    }),
  );
const impersonate = async (token: string) => {
  const federated = JSON.parse((await federate(token)).text) as { access_token: string };
  return post(
    'gcp-iam-credentials',
    `/v1/projects/-/serviceAccounts/${ACCOUNT}:generateAccessToken`,
    JSON.stringify({ scope: ['https://www.googleapis.com/auth/devstorage.read_only'], lifetime: '3600s' }),
    { authorization: `Bearer ${federated.access_token}`, 'content-type': 'application/json' },
  );
};
const assert = (token: string) =>
  post(
    'entra',
    `/${TENANT}/oauth2/v2.0/token`,
    new URLSearchParams({
      client_id: CLIENT,
      scope: 'https://storage.azure.com/.default',
      grant_type: 'client_credentials',
      client_assertion: token,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    }),
  );

interface Row {
  readonly service: ServiceName;
  readonly exchange: (token: string) => Promise<Answer>;
  /** The field that brings the credential, and what its end looks like when it is over. */
  readonly field: string;
  readonly ended: RegExp;
  readonly expired: readonly [status: number, words: string];
  readonly throttled: readonly [status: number, words: string];
}
const ROWS: readonly Row[] = [
  {
    service: 'aws-sts',
    exchange: assume,
    field: 'SecretAccessKey',
    ended: /<Expiration>([^<]+)</,
    expired: [400, 'ExpiredToken'],
    throttled: [400, 'Throttling'],
  },
  {
    service: 'gcp-sts',
    exchange: federate,
    field: 'access_token',
    ended: /"expires_in":(0)\b/,
    expired: [400, 'invalid_grant'],
    throttled: [429, 'quota_exceeded'],
  },
  {
    service: 'gcp-iam-credentials',
    exchange: impersonate,
    field: 'accessToken',
    ended: /"expireTime":"([^"]+)"/,
    expired: [401, 'UNAUTHENTICATED'],
    throttled: [429, 'RESOURCE_EXHAUSTED'],
  },
  {
    service: 'entra',
    exchange: assert,
    field: 'access_token',
    ended: /"expires_in":(0)\b/,
    expired: [401, '700024'],
    throttled: [429, 'Too Many Requests'],
  },
];

test.each(ROWS)('$service: a whole exchange, and what faults make of it', MAKES_KEYS, async (row) => {
  const token = await emulator.issuer.mint(shop);
  const struckBy = async (fault: Fault): Promise<Answer> => {
    const planted = emulator.faults.plant({ service: row.service, fault, times: 1 });
    const answer = await row.exchange(token);
    expect(planted.struck).toBe(1);
    return answer;
  };

  const good = await row.exchange(token);
  expect(good.status).toBe(200);
  const named = new RegExp(`<${row.field}>|"${row.field}":`);
  expect(good.text).toMatch(named);

  const missing = await struckBy({ kind: 'missing-field', field: row.field });
  expect(missing.status).toBe(200);
  expect(missing.text).not.toMatch(named);

  const over = await struckBy({ kind: 'already-expired' });
  expect(over.status).toBe(200);
  const end = row.ended.exec(over.text)?.[1] ?? 'none';
  expect(end === '0' || Date.parse(end) < emulator.clock.now()).toBe(true);

  const throttled = await struckBy({ kind: 'throttle', retryAfter: 3 });
  expect([throttled.status, throttled.text]).toEqual([
    row.throttled[0],
    expect.stringContaining(row.throttled[1]),
  ]);
  expect((await struckBy({ kind: 'status', status: 503 })).status).toBe(503);

  // By the service's own clock of two hours later the token, or the one it was exchanged for, has ended.
  const late = await struckBy({ kind: 'clock-skew', ms: 2 * 3_600_000 });
  expect([late.status, late.text]).toEqual([row.expired[0], expect.stringContaining(row.expired[1])]);
  expect((await row.exchange(token)).status).toBe(200);
});

test(
  'every cloud fetches keys: none of an issuer that is down, none that was dropped',
  MAKES_KEYS,
  async () => {
    const clouds = [assume, federate, assert];
    const taken = async (token: string) =>
      (await Promise.all(clouds.map((exchange) => exchange(token)))).map(({ status }) => status === 200);
    const [all, none] = [clouds.map(() => true), clouds.map(() => false)];

    const token = await emulator.issuer.mint(shop);
    emulator.issuer.setReachable(false);
    expect(await taken(token)).toEqual(none);
    emulator.issuer.setReachable(true);
    expect(await taken(token)).toEqual(all);
    emulator.issuer.rotate();
    expect(await taken(token)).toEqual(all);
    emulator.issuer.rotate({ drop: true });
    expect(await taken(token)).toEqual(none);
    expect(await taken(await emulator.issuer.mint(shop))).toEqual(all);
  },
);

test('nothing that was sent or issued is in the log', async () => {
  emulator.log.clear();
  const token = await emulator.issuer.mint(shop);
  const answers = await Promise.all(ROWS.map(({ exchange }) => exchange(token)));
  const printed = JSON.stringify(emulator.log.entries());
  for (const part of token.split('.')) expect(printed).not.toContain(part);
  const issued = answers.flatMap(({ text }) => [
    ...text.matchAll(/(?:SecretAccessKey>|SessionToken>|access_token":\s*"|accessToken":\s*")([^<"]{12})/g),
  ]);
  expect(issued.length).toBeGreaterThanOrEqual(5);
  for (const [, secret] of issued) expect(printed).not.toContain(secret);
});
