import { X509Certificate } from 'node:crypto';
import { createLocalJWKSet, importX509, jwtVerify, type JSONWebKeySet } from 'jose';
import { expect, test } from 'vitest';
import { EMAIL, PRINCIPAL, requestTo, START, testGcp, told } from './gcp.fixture.js';

test('the keys of ID tokens and of a service account are published, as JWK sets and as certificates', async () => {
  const gcp = testGcp();
  const members = [PRINCIPAL];
  gcp.admin.createServiceAccount({
    email: EMAIL,
    bindings: [{ role: 'roles/iam.serviceAccountTokenCreator', members }],
  });
  const get = async (path: string, method = 'GET') =>
    told(await gcp.service('gcp-iam-credentials').handle(requestTo(method, path)));
  const token = await gcp.federated();
  const signed = {
    idToken: String((await gcp.iam('generateIdToken', token, { audience: 'x' })).json['token']),
    jwt: String((await gcp.iam('signJwt', token, { payload: '{"sub":"y"}' })).json['signedJwt']),
  };
  const at = { currentDate: new Date(START) };
  for (const [jwt, jwks, certificates] of [
    [signed.idToken, '/oauth2/v3/certs', '/oauth2/v1/certs'],
    [signed.jwt, `/service_accounts/v1/jwk/${EMAIL}`, `/service_accounts/v1/metadata/x509/${EMAIL}`],
  ] as const) {
    const keys = createLocalJWKSet((await get(jwks)).json as unknown as JSONWebKeySet);
    const { protectedHeader } = await jwtVerify(jwt, keys, at);
    const pem = String((await get(certificates)).json[protectedHeader.kid ?? '']);
    expect(new X509Certificate(pem).verify(new X509Certificate(pem).publicKey)).toBe(true);
    await jwtVerify(jwt, await importX509(pem, 'RS256'), at);
  }
  for (const path of ['/oauth2/v2/certs', '/service_accounts/v1/jwk/x@y.iam.gserviceaccount.com'])
    expect((await get(path)).status).toBe(404);
  expect((await get('/oauth2/v3/certs', 'POST')).status).toBe(404);
});
