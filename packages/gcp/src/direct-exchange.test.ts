import type { HttpResponse } from '@credex/core/internal';
import type { ExchangeContext } from '@credex/core/internal';
import { ResponseError } from '@credex/core/internal';
import { readSubjectToken } from '@credex/core/on-demand';
import { describe, expect, test } from 'vitest';
import { classifyGcpError } from './classify-gcp-error.js';
import { directExchanger } from './direct-exchange.js';
import type { GcpCredentialsProviderOptions } from './options.js';
import { gcpConfiguration } from './options.js';
import { AUDIENCE, EMAIL, NAMES, SUB, subjectJwt } from './gcp.fixture.js';

const NOW = 1_800_000_000_000;
const BIGQUERY = 'https://www.googleapis.com/auth/bigquery';
const CLOUD_PLATFORM = 'https://www.googleapis.com/auth/cloud-platform';
const JWT = subjectJwt({ exp: NOW / 1000 + 2_000 });

interface Sent {
  readonly step: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const json = (body: unknown, status = 200, headers = {}): HttpResponse => ({
  status,
  headers,
  body: JSON.stringify(body),
});

const FEDERATED = json({
  access_token: 'federated',
  issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  token_type: 'Bearer',
  expires_in: 3599,
});
const SERVICE = json(
  { accessToken: 'ya29.service', expireTime: new Date(NOW + 3_600_000).toISOString() },
  200,
  { date: new Date(NOW + 60_000).toUTCString() },
);

/** One exchange without core. `responses` are returned in order. */
async function exchangeOnce(
  more: GcpCredentialsProviderOptions,
  responses: readonly HttpResponse[],
  jwt = JWT,
) {
  const sent: Sent[] = [];
  const { signal } = new AbortController();
  let inStep = '';
  const context: ExchangeContext = {
    signal,
    subject: async () => readSubjectToken(jwt),
    async step(host, run) {
      inStep = host;
      return run(signal);
    },
    async post(url, { headers, body, signal: given }) {
      expect(given).toBe(signal);
      sent.push({ step: inStep, url: url.href, headers, body });
      return responses[sent.length - 1] as HttpResponse;
    },
  };
  const clock = { now: () => NOW, monotonic: () => 0 };
  const configuration = gcpConfiguration({ ...NAMES, clock, ...more });
  const run = directExchanger(configuration).exchange({ scopes: configuration.scopes }, context);
  const outcome = await run.then(
    (issued) => ({ issued, error: undefined }),
    (error: unknown) => ({ issued: undefined, error }),
  );
  return { ...outcome, sent };
}

describe('the requests', () => {
  test('for a federated token: one POST with the form of RFC 8693 and the requested scopes', async () => {
    const { sent, issued } = await exchangeOnce({ scopes: ['openid', BIGQUERY] }, [FEDERATED]);
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({
      step: 'sts.googleapis.com',
      url: 'https://sts.googleapis.com/v1/token',
      headers: {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
      },
    });
    expect([...new URLSearchParams(sent[0]?.body)]).toEqual([
      ['grant_type', 'urn:ietf:params:oauth:grant-type:token-exchange'],
      ['audience', AUDIENCE],
      ['scope', `${BIGQUERY} openid`],
      ['requested_token_type', 'urn:ietf:params:oauth:token-type:access_token'],
      ['subject_token', JWT],
      ['subject_token_type', 'urn:ietf:params:oauth:token-type:jwt'],
    ]);
    expect(issued).toEqual({
      credential: {
        accessToken: 'federated',
        expiresAt: NOW + 3_599_000,
        principal: `principal://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/vercel/subject/${SUB}`,
      },
      serverDate: undefined,
      maxLifetimeMs: 43_200_000,
    });
  });

  test('a response without expires_in expires after an hour or with the subject token', async () => {
    const { expires_in: _, ...unlimited } = JSON.parse(FEDERATED.body) as Record<string, unknown>;
    const { issued } = await exchangeOnce({}, [json(unlimited)]);
    expect(issued?.credential.expiresAt).toBe(Math.min(NOW + 3_600_000, readSubjectToken(JWT).expiresAt));
    // The second step does not need the lifetime of the first.
    const impersonated = await exchangeOnce({ serviceAccountEmail: EMAIL }, [json(unlimited), SERVICE]);
    expect(impersonated.issued?.credential.accessToken).toBe('ya29.service');
  });

  test('requests a newer subject token if the federated token expires with it within seconds', async () => {
    const seconds = json({ ...(JSON.parse(FEDERATED.body) as object), expires_in: 12 });
    const jwt = subjectJwt({ exp: NOW / 1000 + 12 });
    const { error } = await exchangeOnce({}, [seconds], jwt);
    const configuration = gcpConfiguration({ ...NAMES });
    expect(classifyGcpError(error, undefined, configuration)).toMatchObject({
      code: 'subject_token_expired',
      retry: 'fresh-subject',
      hint: expect.stringContaining('GCP_SERVICE_ACCOUNT_EMAIL') as string,
    });
    // With impersonation, the service account's token has its own lifetime.
    const impersonated = await exchangeOnce({ serviceAccountEmail: EMAIL }, [seconds, SERVICE], jwt);
    expect(impersonated.issued?.credential.expiresAt).toBe(NOW + 3_600_000);
  });

  test('for a service account: two steps on two hosts; the second has the requested scopes', async () => {
    const { sent, issued } = await exchangeOnce(
      { serviceAccountEmail: EMAIL, scopes: [BIGQUERY], lifetimeSeconds: 900, universeDomain: 'example.com' },
      [FEDERATED, SERVICE],
    );
    expect(sent.map(({ step }) => step)).toEqual(['sts.example.com', 'iamcredentials.example.com']);
    expect(new URLSearchParams(sent[0]?.body).get('scope')).toBe(CLOUD_PLATFORM);
    expect(sent[1]).toEqual({
      step: 'iamcredentials.example.com',
      url: `https://iamcredentials.example.com/v1/projects/-/serviceAccounts/${EMAIL}:generateAccessToken`,
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        authorization: 'Bearer federated',
      },
      body: JSON.stringify({ scope: [BIGQUERY], lifetime: '900s' }),
    });
    expect(issued).toEqual({
      credential: { accessToken: 'ya29.service', expiresAt: NOW + 3_600_000, principal: EMAIL },
      serverDate: NOW + 60_000,
      maxLifetimeMs: 900_000,
    });
  });
});

describe('failures', () => {
  test.each<[string, readonly HttpResponse[], object]>([
    [
      'an error response of STS',
      [json({ error: 'invalid_grant' }, 400)],
      { step: 'token-exchange', fault: undefined },
    ],
    [
      'a malformed response of STS',
      [json([])],
      { step: 'token-exchange', fault: expect.stringContaining('JSON object') },
    ],
    [
      'an error response of IAM',
      [FEDERATED, json({ error: { code: 403, status: 'PERMISSION_DENIED' } }, 403)],
      { step: 'impersonation', fault: undefined },
    ],
    [
      'a malformed response of IAM',
      [FEDERATED, json({ accessToken: 'x' })],
      { step: 'impersonation', fault: expect.stringContaining('expireTime') },
    ],
  ])('%s', async (_name, responses, expected) => {
    const { error, sent } = await exchangeOnce({ serviceAccountEmail: EMAIL }, responses);
    expect(error).toBeInstanceOf(ResponseError);
    expect(error).toMatchObject(expected);
    expect((error as ResponseError).response).toEqual(responses.at(-1));
    expect(sent).toHaveLength(responses.length);
  });

  test('a federated token that IAM rejects is replaced once', async () => {
    const refused = json({ error: { code: 401, status: 'UNAUTHENTICATED' } }, 401);
    const { issued, sent } = await exchangeOnce({ serviceAccountEmail: EMAIL }, [
      FEDERATED,
      refused,
      FEDERATED,
      SERVICE,
    ]);
    expect(issued?.credential.accessToken).toBe('ya29.service');
    expect(sent).toHaveLength(4);
  });
});
