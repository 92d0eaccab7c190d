/** The direct exchange compared with google-auth-library's own client: the same on the wire, both steps, case by case. */

import { IdentityPoolClient, Impersonated, gaxios } from 'google-auth-library';
import type { IdentityPoolClientOptions } from 'google-auth-library';
import type { Fetch } from '@credex/core';
import type { GcpCredentialsProviderOptions } from '@credex/gcp';
import { getGcpCredentials } from '@credex/gcp';
import { getGcpIdToken } from '@credex/gcp/id-token';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { directGcp } from '../support/direct.js';
import { clearEnvironment } from '../support/environment.js';
import { GCP_DEPARTURES, oracle } from './differences.js';
import type { SentRequest } from './request-parts.js';
import { alone, capture, jwtOf, nameless, overSocket, wireOf } from './request-parts.js';

beforeEach(() => clearEnvironment());
afterEach(() => void vi.unstubAllEnvs());

const SCOPE = 'https://www.googleapis.com/auth/';
const EMAIL = 'shop@acme-prod.iam.gserviceaccount.com';

interface Asked {
  readonly name: string;
  readonly projectNumber?: string;
  readonly workloadIdentityPoolId?: string;
  readonly workloadIdentityPoolProviderId?: string;
  readonly serviceAccountEmail?: string;
  readonly delegates?: readonly string[];
  readonly scopes?: readonly string[];
  readonly lifetimeSeconds?: number;
  readonly universeDomain?: string;
  readonly quotaProjectId?: string;
}

/** Each is asked with and without a service account, unless it names one. */
const BOTH: readonly Asked[] = [
  { name: 'nothing but what is required' },
  { name: 'one scope', scopes: [`${SCOPE}bigquery`] },
  { name: 'a short scope', scopes: ['openid'] },
  { name: 'three scopes', scopes: [`${SCOPE}bigquery`, `${SCOPE}devstorage.read_only`, 'openid'] },
  { name: 'a scope of odd characters', scopes: ['https://WWW.example.com/auth/a.b-c_d~e/F0'] },
  { name: 'twenty scopes', scopes: Array.from({ length: 20 }, (_, at) => `${SCOPE}a${at + 10}`) },
  { name: 'scopes in no order', scopes: ['openid', `${SCOPE}bigquery`] },
  { name: 'a scope twice', scopes: ['openid', 'openid'] },
  { name: 'another universe', universeDomain: 'apis-tpclp.goog' },
  { name: 'a quota project', quotaProjectId: 'acme-billing' },
  { name: 'the longest project number', projectNumber: '9'.repeat(19) },
  {
    name: 'names of the pool',
    workloadIdentityPoolId: 'a-0-',
    workloadIdentityPoolProviderId: '0'.repeat(32),
  },
];

const CASES: readonly Asked[] = [
  ...BOTH,
  ...BOTH.map((asked) => ({
    ...asked,
    name: `${asked.name}, for a service account`,
    serviceAccountEmail: EMAIL,
  })),
  ...[600, 3_600, 43_200].map((lifetimeSeconds) => ({
    name: `a service account for ${lifetimeSeconds} seconds`,
    serviceAccountEmail: EMAIL,
    lifetimeSeconds,
  })),
  ...[1, 2, 5].map((length) => ({
    name: `a delegation chain of ${length}`,
    serviceAccountEmail: EMAIL,
    delegates: Array.from({ length }, (_, at) => `link-${at}@acme-prod.iam.gserviceaccount.com`),
    scopes: [`${SCOPE}bigquery`],
    lifetimeSeconds: 1_800,
  })),
  {
    name: "a project's default account",
    serviceAccountEmail: '742613904155-compute@developer.gserviceaccount.com',
  },
  { name: 'an account of odd characters', serviceAccountEmail: 'A.b_c-d@e-0.example.com' },
  {
    name: 'everything at once',
    serviceAccountEmail: EMAIL,
    scopes: ['openid', `${SCOPE}bigquery`],
    lifetimeSeconds: 601,
    universeDomain: 'example.com',
    quotaProjectId: 'acme-billing',
  },
];

const usual = {
  projectNumber: '742613904155',
  workloadIdentityPoolId: 'vercel',
  workloadIdentityPoolProviderId: 'vercel',
};
const JWT = jwtOf();

const answer = ({ url }: Pick<SentRequest, 'url'>): string =>
  JSON.stringify(
    String(url).includes(':generateIdToken')
      ? { token: jwtOf({ aud: 'https://orders-abc123-ew.a.run.app' }) }
      : String(url).includes(':generateAccessToken')
        ? { accessToken: 'ya29.x', expireTime: new Date(Date.now() + 3_600_000).toISOString() }
        : {
            access_token: 'federated-AZaz09-_.~+/=',
            expires_in: 3_599,
            token_type: 'Bearer',
            issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
          },
  );

/** What a user of the library writes; Google's console writes the same into a credential file. */
function clientOptions(asked: Asked): IdentityPoolClientOptions {
  const { projectNumber, workloadIdentityPoolId, workloadIdentityPoolProviderId } = { ...usual, ...asked };
  const { serviceAccountEmail, universeDomain = 'googleapis.com', lifetimeSeconds } = asked;
  const account = `https://iamcredentials.${universeDomain}/v1/projects/-/serviceAccounts/${serviceAccountEmail}`;
  return {
    audience: `//iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/${workloadIdentityPoolId}/providers/${workloadIdentityPoolProviderId}`,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    subject_token_supplier: { getSubjectToken: async () => JWT },
    universe_domain: universeDomain,
    ...(serviceAccountEmail === undefined || asked.delegates !== undefined
      ? {}
      : { service_account_impersonation_url: `${account}:generateAccessToken` }),
    ...(lifetimeSeconds === undefined
      ? {}
      : { service_account_impersonation: { token_lifetime_seconds: lifetimeSeconds } }),
    ...(asked.scopes === undefined || asked.delegates !== undefined ? {} : { scopes: [...asked.scopes] }),
    ...(asked.quotaProjectId === undefined ? {} : { quota_project_id: asked.quotaProjectId }),
  };
}

async function byLibrary(
  asked: Asked,
  ask = (client: Impersonated): Promise<unknown> => client.getAccessToken(),
): Promise<SentRequest[]> {
  const { sent, fetch } = capture(answer);
  const transporter = new gaxios.Gaxios({ fetchImplementation: gaxiosFetch(fetch) });
  const client = new IdentityPoolClient({ ...clientOptions(asked), transporter });
  // The library gives its STS client no transporter: only the fetch under that one is replaced.
  const sts = Reflect.get(client, 'stsCredential') as { transporter: gaxios.Gaxios };
  sts.transporter.defaults = { fetchImplementation: gaxiosFetch(fetch) };
  await (asked.delegates === undefined ? client.getAccessToken() : ask(impersonated(asked, client)));
  return sent;
}

/** The library has delegation chains for a source client, not for an external account's own impersonation. */
function impersonated(asked: Asked, sourceClient: IdentityPoolClient): Impersonated {
  return new Impersonated({
    sourceClient,
    targetPrincipal: asked.serviceAccountEmail ?? '',
    delegates: (asked.delegates ?? []).map((email) => `projects/-/serviceAccounts/${email}`),
    targetScopes: [...(asked.scopes ?? [])],
    lifetime: asked.lifetimeSeconds ?? 3_600,
  });
}

const gaxiosFetch = (fetch: Fetch) => (input: unknown, init: unknown) =>
  fetch(input as URL, init as RequestInit) as Promise<Response>;

async function direct(asked: Asked): Promise<SentRequest[]> {
  const { sent, fetch } = capture(answer);
  const options: GcpCredentialsProviderOptions = { ...usual, ...nameless(asked) };
  await getGcpCredentials({ ...options, ...alone(JWT, fetch), exchanger: directGcp });
  return sent;
}

const { expectSame, testThatEachIsMet } = oracle(GCP_DEPARTURES);

describe('compared with google-auth-library', () => {
  test.each(CASES)('$name', async (asked) => {
    const official = (await byLibrary(asked)).map(wireOf);
    expect(official).toHaveLength(asked.serviceAccountEmail === undefined ? 1 : 2);
    expectSame(official, (await direct(asked)).map(wireOf));
  });

  test.each([
    { name: 'an ID token', includeEmail: true, delegates: undefined },
    { name: 'an ID token without the address', includeEmail: false, delegates: undefined },
    {
      name: 'an ID token through a chain',
      includeEmail: true,
      delegates: ['one@acme-prod.iam.gserviceaccount.com'],
    },
  ])('$name', async ({ name, includeEmail, delegates }) => {
    const targetAudience = 'https://orders-abc123-ew.a.run.app';
    const asked = { name, serviceAccountEmail: EMAIL, delegates: delegates ?? [] };
    const official = await byLibrary(asked, (client) =>
      client.fetchIdToken(targetAudience, { includeEmail }),
    );
    const { sent, fetch } = capture(answer);
    await getGcpIdToken({
      ...usual,
      serviceAccountEmail: EMAIL,
      delegates,
      targetAudience,
      includeEmail,
      ...alone(JWT, fetch),
    });
    expectSame(official.map(wireOf), sent.map(wireOf));
  });

  test('over a socket, each as its users have it', () =>
    overSocket(answer, async (origin, sent) => {
      const asked: Asked = { name: '', serviceAccountEmail: EMAIL, scopes: ['openid', `${SCOPE}~a`] };
      const options = clientOptions(asked);
      const here = (url: string | undefined): string => String(url).replace(/^https:\/\/[^/]+/, origin);
      const client = new IdentityPoolClient({
        ...options,
        token_url: `${origin}/v1/token`,
        service_account_impersonation_url: here(options.service_account_impersonation_url),
      });
      await client.getAccessToken();
      const official = sent.splice(0);
      expect(official).toHaveLength(2);
      await getGcpCredentials({
        ...usual,
        ...nameless(asked),
        stsEndpoint: origin,
        iamCredentialsEndpoint: origin,
        allowLoopbackHttp: true,
        ...alone(JWT),
      });
      expectSame(official.map(wireOf), sent.map(wireOf));
    }));
});

testThatEachIsMet();
