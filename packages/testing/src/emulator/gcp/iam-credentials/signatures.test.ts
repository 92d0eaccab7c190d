import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, importJWK, jwtVerify } from 'jose';
import { beforeEach, describe, expect, test } from 'vitest';
import { EMAIL, PRINCIPAL, START, testGcp, type TestGcp } from '../gcp.fixture.js';

let gcp: TestGcp;
beforeEach(() => {
  gcp = testGcp();
});

const bound = (role: string) =>
  gcp.admin.createServiceAccount({ email: EMAIL, bindings: [{ role, members: [PRINCIPAL] }] });

describe('what is signed verifies', () => {
  test('an ID token, by the keys of accounts.google.com', async () => {
    bound('roles/iam.workloadIdentityUser');
    const token = await gcp.federated();
    const ask = async (body: object) => (await gcp.iam('generateIdToken', token, body)).json;
    const { token: jwt } = await ask({ audience: 'https://run.app', includeEmail: true });
    const keys = createLocalJWKSet(await gcp.admin.idTokenKeys());
    const { payload } = await jwtVerify(String(jwt), keys, {
      issuer: 'https://accounts.google.com',
      audience: 'https://run.app',
      currentDate: new Date(START),
    });
    expect(payload).toMatchObject({
      email: EMAIL,
      email_verified: true,
      iat: START / 1000,
      exp: START / 1000 + 3600,
    });
    expect(payload.sub).toMatch(/^\d{21}$/);
    expect(payload['azp']).toBe(payload.sub);
    const plain = decodeJwt(String((await ask({ audience: 'https://run.app' }))['token']));
    expect(plain).not.toHaveProperty('email');
    expect((await ask({}))['error']).toMatchObject({ code: 400 });
  });

  test('a blob and a JWT, by the keys of the account', async () => {
    bound('roles/iam.serviceAccountTokenCreator');
    const token = await gcp.federated();
    const blob = (await gcp.iam('signBlob', token, { payload: 'aGVsbG8=' })).json;
    const [jwk] = (await gcp.admin.serviceAccountKeys(EMAIL)).keys;
    expect(blob['keyId']).toBe(jwk?.kid);
    const key = (await importJWK(jwk ?? { kty: 'RSA' }, 'RS256')) as CryptoKey;
    const signature = Buffer.from(String(blob['signedBlob']), 'base64');
    const holds = (text: string) =>
      crypto.subtle.verify('RSASSA-PKCS1-v1_5', key, signature, new TextEncoder().encode(text));
    expect([await holds('hello'), await holds('hallo')]).toEqual([true, false]);

    const exp = START / 1000 + 60;
    const signed = (await gcp.iam('signJwt', token, { payload: JSON.stringify({ sub: 'x', exp }) })).json;
    const jwt = String(signed['signedJwt']);
    expect(decodeProtectedHeader(jwt)).toEqual({ alg: 'RS256', kid: signed['keyId'], typ: 'JWT' });
    const verified = await jwtVerify(jwt, key, { currentDate: new Date(START) });
    expect(verified.payload).toEqual({ sub: 'x', exp });

    const late = JSON.stringify({ exp: START / 1000 + 12 * 3600 + 1 });
    for (const body of [{ payload: late }, { payload: 'no JSON' }, {}])
      expect((await gcp.iam('signJwt', token, body)).status).toBe(400);
    for (const body of [{ payload: 'not base64!' }, {}])
      expect((await gcp.iam('signBlob', token, body)).status).toBe(400);
  });
});
