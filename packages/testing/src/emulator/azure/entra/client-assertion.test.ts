import { SignJWT } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  AUDIENCE,
  CLIENT,
  ISSUER,
  jsonOf,
  OTHER_TENANT,
  START,
  SUBJECT,
  TENANT,
  testAzure,
  tokenRequest,
  withShop,
} from '../azure.fixture.js';
import type { TestAzure } from '../azure.fixture.js';

let azure: TestAzure;
beforeEach(() => {
  azure = testAzure();
  withShop(azure);
});

async function refusal(
  assertion: string,
): Promise<{ status: number; code: unknown; error: unknown; text: string }> {
  const answer = await tokenRequest(azure, { client_assertion: assertion });
  const body = jsonOf(answer);
  const text = String(body['error_description']).replace(/ Trace ID: .*$/, '');
  return { status: answer.status, code: (body['error_codes'] as unknown[])[0], error: body['error'], text };
}

const now = START / 1000;
type Claims = Record<string, unknown>;
const cases: readonly (readonly [string, number, number, string, Claims])[] = [
  ['another issuer', 401, 700211, 'invalid_client', { iss: 'https://oidc.vercel.com/other' }],
  ['a trailing slash on the issuer', 401, 700211, 'invalid_client', { iss: `${ISSUER}/` }],
  ['the issuer in other letters', 401, 700211, 'invalid_client', { iss: ISSUER.toUpperCase() }],
  ['another subject', 401, 700213, 'invalid_client', { sub: SUBJECT.replace('production', 'preview') }],
  ['no subject', 401, 700213, 'invalid_client', { sub: undefined }],
  ['the subject in other letters', 401, 7002138, 'invalid_client', { sub: SUBJECT.replace('shop', 'Shop') }],
  ['another audience', 401, 700212, 'invalid_client', { aud: 'api://AzureADTokenExchange' }],
  ['no audience', 401, 700212, 'invalid_client', { aud: undefined }],
  ['the audience in other letters', 401, 700212, 'invalid_client', { aud: 'https://vercel.com/Acme' }],
  ['two audiences', 401, 5002741, 'invalid_client', { aud: [AUDIENCE, 'https://b.example'] }],
  ['an expired assertion', 401, 700024, 'invalid_client', { exp: now - 1 }],
  ['one that is not valid yet', 401, 700024, 'invalid_client', { nbf: now + 60 }],
  ['one without exp', 400, 50027, 'invalid_request', { exp: undefined }],
  ['one without iss', 400, 50027, 'invalid_request', { iss: undefined }],
];

describe('an assertion is refused for', () => {
  it.each(cases)('%s', async (_, status, code, error, claims) => {
    expect(await refusal(await azure.assertion(claims))).toMatchObject({ status, code, error });
  });

  it('a key that the issuer does not publish', async () => {
    expect(await refusal(await azure.assertion({}, 'unpublished'))).toEqual({
      status: 401,
      code: 7000272,
      error: 'invalid_client',
      text: `AADSTS7000272: The certificate with identifier k9 used to sign the federated credential could not be found in the metadata of identity provider ${ISSUER}. Please validate that your Identity Provider's metadata exposes the key used to sign the incoming token.`,
    });
  });

  it('a signature that does not hold', async () => {
    expect(await refusal(await azure.assertion({}, 'tampered'))).toMatchObject({
      status: 401,
      code: 7000274,
    });
  });

  it.each(['at+jwt', 'jwt', ''])('the header type %j', async (typ) => {
    const jwt = await new SignJWT({ iss: ISSUER, sub: SUBJECT, aud: AUDIENCE, exp: now + 60 })
      .setProtectedHeader({ alg: 'HS256', kid: 'k1', typ })
      .sign(new Uint8Array(32));
    expect(await refusal(jwt)).toMatchObject({ status: 400, code: 5002727, error: 'invalid_request' });
  });

  it('an algorithm that is not of the key', async () => {
    const jwt = await new SignJWT({ iss: ISSUER, sub: SUBJECT, aud: AUDIENCE, exp: now + 60 })
      .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
      .sign(new Uint8Array(32));
    expect(await refusal(jwt)).toMatchObject({ status: 400, code: 5002730, error: 'invalid_request' });
  });

  it('an issuer that cannot be reached', async () => {
    const assertion = await azure.assertion();
    azure.runtime.reachable = false;
    expect(await refusal(assertion)).toMatchObject({ status: 400, code: 50166, error: 'invalid_request' });
  });

  it('an application without a federated credential', async () => {
    azure.admin.createApplication({ tenantId: TENANT, clientId: OTHER_TENANT, federatedCredentials: [] });
    const answer = await tokenRequest(azure, { client_id: OTHER_TENANT });
    expect(jsonOf(answer)['error_codes']).toEqual([70025]);
  });
});

describe("in Entra's sentences", () => {
  it('the subject', async () => {
    const { text } = await refusal(await azure.assertion({ sub: 'owner:acme' }));
    expect(text).toBe(
      "AADSTS700213: No matching federated identity record found for presented assertion subject 'owner:acme'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation",
    );
  });

  it('the times, and 1970 for a token without nbf', async () => {
    const { text } = await refusal(await azure.assertion({ exp: now - 1, nbf: undefined }));
    expect(text).toBe(
      'AADSTS700024: Client assertion is not within its valid time range. Current time: 2026-11-22T10:00:00.0000000Z, assertion valid from 1970-01-01T00:00:00.0000000Z, expiry time of assertion 2026-11-22T09:59:59.0000000Z. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .',
    );
  });
});

describe('several federated credentials', () => {
  const credential = (name: string, part: Claims = {}) => ({
    name,
    issuer: ISSUER,
    subject: SUBJECT,
    audience: AUDIENCE,
    ...part,
  });

  it('are each a whole: fields of two do not add up to a match', async () => {
    azure.admin.createApplication({
      tenantId: TENANT,
      clientId: OTHER_TENANT,
      federatedCredentials: [
        credential('one', { audience: 'https://a.example' }),
        credential('two', { subject: 'owner:acme:project:other:environment:production' }),
      ],
    });
    const answer = await tokenRequest(azure, { client_id: OTHER_TENANT });
    expect(jsonOf(answer)['error_codes']).toEqual([700212]);
  });

  it('are at most 20, with names and pairs of their own', () => {
    const create = (federatedCredentials: ReturnType<typeof credential>[]) => () =>
      azure.admin.createApplication({ tenantId: TENANT, clientId: OTHER_TENANT, federatedCredentials });
    const many = Array.from({ length: 21 }, (_, n) =>
      credential(`name-${String(n)}`, { subject: String(n) }),
    );
    expect(create(many)).toThrow(/at most 20/);
    expect(create([credential('one'), credential('two')])).toThrow(/same issuer and subject/);
    expect(create([credential('one'), credential('one', { subject: 'x' })])).toThrow(/same name/);
    expect(create([credential('a b')])).toThrow(/3 to 120 letters/);
    expect(create([credential('one', { audience: '' })])).toThrow(/1 to 600/);
    expect(create(many.slice(0, 20))).not.toThrow();
  });

  it('need a tenant and a new GUID', () => {
    const federatedCredentials = [credential('one')];
    const create = (tenantId: string, clientId: string) => () =>
      azure.admin.createApplication({ tenantId, clientId, federatedCredentials });
    expect(create(OTHER_TENANT, OTHER_TENANT)).toThrow(/createTenant first/);
    expect(create(TENANT, 'shop')).toThrow(/clientId: a GUID/);
    expect(create(TENANT, CLIENT)).toThrow(/already/);
    expect(() => azure.admin.createTenant({ tenantId: TENANT })).toThrow(/already/);
  });
});
