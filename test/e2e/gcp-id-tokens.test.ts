/** ID tokens of a service account at a strict service, as Cloud Run and Identity-Aware Proxy are, and delegation chains. */

import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { CredentialCache } from '@credex/core';
import { createCredentialCache } from '@credex/core';
import { createAuthenticatedFetch } from '@credex/vercel';
import { getGcpCredentials } from '@credex/gcp';
import { googleAuthClient, idTokenClient } from '@credex/gcp/google-auth-library';
import type { GcpIdTokenOptions } from '@credex/gcp/id-token';
import { gcpIdTokenProvider, getGcpIdToken } from '@credex/gcp/id-token';
import { GoogleAuth, OAuth2Client } from 'google-auth-library';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { setDeployment } from '../support/environment.js';
import { GCP, PRODUCTION_SUBJECT, principalOf } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';
import { WAYS, by } from '../support/ways.js';

const EMAIL = GCP.serviceAccountEmail;
const [FIRST, SECOND] = [
  'first@acme-prod.iam.gserviceaccount.com',
  'second@acme-prod.iam.gserviceaccount.com',
];
const USER = 'roles/iam.workloadIdentityUser';
const CREATOR = 'roles/iam.serviceAccountTokenCreator';
const ID_TOKEN_CREATOR = 'roles/iam.serviceAccountOpenIdTokenCreator';

const fixture = useFixture();
let production: string;
let cache: CredentialCache;
let service: Awaited<ReturnType<typeof startService>>;
beforeAll(async () => {
  production = await fixture.mint();
  for (const email of [FIRST, SECOND]) fixture.emulator.gcp.createServiceAccount({ email, bindings: [] });
  service = await startService();
});
afterAll(() => service.close());
beforeEach(() => {
  setDeployment();
  cache = createCredentialCache();
  bind(EMAIL, USER, principalOf(PRODUCTION_SUBJECT));
});

const bind = (email: string, role: string, member: string): void =>
  fixture.emulator.gcp.setServiceAccountBindings(email, [{ role, members: [member] }]);

/** Verifies as a service of Google does: 401 for a token that is not for it, 403 for a caller that may not call it. */
async function startService() {
  const iam = fixture.emulator.url('gcp-iam-credentials');
  const byLibrary = new OAuth2Client({
    endpoints: {
      oauth2FederatedSignonPemCertsUrl: `${iam}/oauth2/v1/certs`,
      oauth2FederatedSignonJwkCertsUrl: `${iam}/oauth2/v3/certs`,
    },
  });
  const keys = createRemoteJWKSet(new URL(`${iam}/oauth2/v3/certs`));
  const server = createServer((request, response) => {
    const idToken = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const audience = `http://${request.headers.host ?? ''}`;
    void Promise.all([
      byLibrary.verifyIdToken({ idToken, audience }),
      jwtVerify(idToken, keys, { audience, issuer: 'https://accounts.google.com', algorithms: ['RS256'] }),
    ]).then(
      ([ticket, { payload }]) => {
        const { email, email_verified } = ticket.getPayload() ?? {};
        const isCaller = email_verified === true && email === EMAIL && payload['azp'] === EMAIL;
        response.writeHead(isCaller ? 200 : 403).end(isCaller ? `Hello ${email}` : 'Forbidden');
      },
      () =>
        response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end('Unauthorized'),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** In a separate cache, because the tests change the roles. */
const gcp = () => ({ ...fixture.options.gcp, cache });
const optionsOf = (more: Partial<GcpIdTokenOptions> = {}): GcpIdTokenOptions => ({
  ...gcp(),
  targetAudience: service.origin,
  ...more,
});

/** The status and the text of the service's response to a request with the token. */
async function opened(more: Partial<GcpIdTokenOptions> = {}): Promise<readonly [number, string]> {
  const { idToken } = await fixture.inRequest(production, () => getGcpIdToken(optionsOf(more)));
  const response = await fetch(service.origin, { headers: { authorization: `Bearer ${idToken}` } });
  return [response.status, await response.text()];
}

/** The classes of the copies that the two Storage clients carry: 9 and 11. */
const copies = (): readonly (typeof GoogleAuth)[] =>
  ['@google-cloud/storage', '@google-cloud/storage-8'].map((client) => {
    const from = createRequire(createRequire(import.meta.url).resolve(client));
    return (from('google-auth-library') as { GoogleAuth: typeof GoogleAuth }).GoogleAuth;
  });

const refused = async (work: () => Promise<unknown>): Promise<{ code?: string; hint?: string }> =>
  fixture.inRequest(production, work).then(
    () => ({}),
    (error: unknown) => error as object,
  );

describe('a strict service', () => {
  test('opens for an ID token of its audience', async () => {
    expect(await opened()).toEqual([200, `Hello ${EMAIL}`]);
    expect(fixture.emulator.log.entries('gcp-iam-credentials')[0]?.notes).toMatchObject({
      action: 'GenerateIdToken',
      target: EMAIL,
      principal: principalOf(PRODUCTION_SUBJECT),
      verdict: 'allowed',
    });
  });

  test('opens for the role that allows ID tokens only', async () => {
    bind(EMAIL, ID_TOKEN_CREATOR, principalOf(PRODUCTION_SUBJECT));
    expect(await opened()).toEqual([200, `Hello ${EMAIL}`]);
    const denied = await refused(() => getGcpCredentials(gcp()));
    expect([denied.code, denied.hint]).toEqual(['access_denied', expect.stringContaining(USER)]);
  });

  test('tells a wrong audience from a caller without a name; a missing role never gets there', async () => {
    expect(await opened({ targetAudience: 'https://other.a.run.app' })).toEqual([401, 'Unauthorized']);
    expect(await opened({ includeEmail: false })).toEqual([403, 'Forbidden']);
    fixture.emulator.gcp.setServiceAccountBindings(EMAIL, []);
    const denied = await refused(() => getGcpIdToken(optionsOf()));
    expect(denied.code).toBe('access_denied');
    expect(denied.hint).toContain(`Grant ${ID_TOKEN_CREATOR} on that service account to principal://`);
  });

  test('opens for the clients of google-auth-library', async () => {
    const get = { url: service.origin, responseType: 'text' } as const;
    const own = await fixture.inRequest(production, () => idTokenClient(optionsOf()).request<string>(get));
    const auth = new GoogleAuth({ authClient: googleAuthClient(gcp()) });
    const theirs = await fixture.inRequest(production, async () =>
      (await auth.getIdTokenClient(service.origin)).request<string>(get),
    );
    expect([own.data, theirs.data]).toEqual([`Hello ${EMAIL}`, `Hello ${EMAIL}`]);
    expect(
      fixture.emulator.log.count('gcp-iam-credentials', ({ notes }) => notes['action'] !== undefined),
    ).toBe(1);

    const wrong = idTokenClient(optionsOf({ targetAudience: 'https://other.a.run.app' }));
    await fixture.inRequest(production, () =>
      expect(wrong.request(get)).rejects.toMatchObject({ response: { status: 401 } }),
    );
    for (const Auth of copies()) {
      const auth = new Auth({ authClient: googleAuthClient(gcp()) as never });
      const headers = await fixture.inRequest(production, async () =>
        (await auth.getIdTokenClient(service.origin)).getRequestHeaders(),
      );
      const { authorization } = Object.fromEntries(new Headers(headers));
      expect(
        (await fetch(service.origin, { headers: { authorization: String(authorization) } })).status,
      ).toBe(200);
    }
    const none = new GoogleAuth({ authClient: googleAuthClient(fixture.options.gcpFederated) });
    await fixture.inRequest(production, async () => {
      const client = await none.getIdTokenClient(service.origin);
      await expect(client.request(get)).rejects.toMatchObject({ option: 'serviceAccountEmail' });
    });
  });

  test('opens for createAuthenticatedFetch, which sends the token to no other origin', async () => {
    const { getIdToken } = gcpIdTokenProvider(optionsOf());
    const orders = createAuthenticatedFetch({
      origins: service.origin,
      tokenSource: getIdToken,
      allowLoopbackHttp: true,
    });
    const response = await fixture.inRequest(production, () => orders(`${service.origin}/orders`));
    expect([response.status, await response.text()]).toEqual([200, `Hello ${EMAIL}`]);
    await expect(orders('https://other.a.run.app')).rejects.toMatchObject({ name: 'OptionError' });
  });
});

describe.each(WAYS)('a delegation chain of two, %s', (way) => {
  const delegates = [FIRST, `projects/-/serviceAccounts/${SECOND}`];
  const credentials = () => getGcpCredentials({ ...gcp(), ...by(way, 'gcp', fixture.emulator), delegates });
  beforeEach(() => {
    bind(FIRST, CREATOR, principalOf(PRODUCTION_SUBJECT));
    bind(SECOND, CREATOR, `serviceAccount:${FIRST}`);
    bind(EMAIL, CREATOR, `serviceAccount:${SECOND}`);
  });

  test('gives an access token and an ID token of the account at its end', async () => {
    const { principal } = await fixture.inRequest(production, credentials);
    expect(principal).toBe(EMAIL);
    expect(await opened({ delegates })).toEqual([200, `Hello ${EMAIL}`]);
    // Without the chain, the federated principal may not act as the account.
    expect((await refused(() => getGcpCredentials(gcp()))).code).toBe('access_denied');
  });

  test.each([
    ['the first link has the role of direct impersonation', FIRST, USER, principalOf(PRODUCTION_SUBJECT)],
    ['the second link is missing', SECOND, CREATOR, `serviceAccount:${SECOND}`],
  ])('is refused with all its links where %s', async (_name, email, role, member) => {
    bind(email, role, member);
    for (const call of [credentials, () => getGcpIdToken(optionsOf({ delegates }))]) {
      const denied = await refused(call);
      expect(denied.code).toBe('access_denied');
      for (const link of [
        `on ${FIRST} to ${principalOf(PRODUCTION_SUBJECT)}`,
        `on ${SECOND} to serviceAccount:${FIRST}`,
        `on ${EMAIL} to serviceAccount:${SECOND}`,
      ])
        expect(denied.hint).toContain(link);
    }
  });

  test('is refused with the role of its end where only that is missing', async () => {
    fixture.emulator.gcp.setServiceAccountBindings(EMAIL, []);
    expect((await refused(credentials)).hint).toBe(
      `The last delegate, ${SECOND}, may not impersonate ${EMAIL}. Grant ${CREATOR} on that service account to serviceAccount:${SECOND}.`,
    );
    expect((await refused(() => getGcpIdToken(optionsOf({ delegates })))).hint).toBe(
      `The last delegate, ${SECOND}, may not create ID tokens of ${EMAIL}. Grant ${ID_TOKEN_CREATOR} on that service account to serviceAccount:${SECOND}.`,
    );
  });
});
