/**
 * @credex/verify against `oauth2-mock-server` of npm: its keys, its tokens and its documents, over TLS
 * with a private certificate authority, through the verifier's own transport and public options.
 */

import { globalAgent } from 'node:https';
import { SignJWT, UnsecuredJWT, decodeJwt, decodeProtectedHeader, importJWK } from 'jose';
import { beforeEach, describe, expect, test } from 'vitest';
import { deploymentClaims, fetchJson, mockServerIssuer } from '../support/independent-issuers.js';
import type { MockServerIssuer } from '../support/independent-issuers.js';
import { ALGORITHMS, codeOf, useIndependentIssuers } from '../support/use-independent-issuers.js';

const issuers = useIndependentIssuers();

describe('oauth2-mock-server as an issuer with its keys at another path', () => {
  let mock: MockServerIssuer;
  let jwksUri: string;
  beforeEach(async () => {
    mock = mockServerIssuer(issuers.server, issuers.ca);
    await mock.service.issuer.keys.add({ ...issuers.rsa[0], alg: 'RS256' });
    const document = await fetchJson(`${mock.issuer}/.well-known/openid-configuration`, issuers.ca);
    jwksUri = String(document['jwks_uri']);
  });

  test.each(ALGORITHMS)('verifies %s by the keys that its discovery document names', async (alg) => {
    const kid = `key of ${alg}`;
    if (alg.startsWith('RS') || alg.startsWith('PS'))
      await mock.service.issuer.keys.add({ ...issuers.rsa[1], kid, alg });
    else await mock.service.issuer.keys.generate(alg, { kid });
    const verifier = issuers.verifierOf(mock.issuer, { jwksUri, algorithms: ['RS256', alg] });
    // Its keys sign in turn.
    const tokens = [await mock.token(), await mock.token()];
    expect(tokens.map((token) => decodeProtectedHeader(token).alg).sort()).toEqual(['RS256', alg].sort());
    for (const token of tokens) expect(await codeOf(verifier, token)).toBe('passed');
    expect(issuers.server.count('/jwks')).toBe(1);
  });

  test('its discovery document names another path for the keys', () => {
    expect(jwksUri).toBe(`${mock.issuer}/jwks`);
  });

  test('finds no keys where Vercel has them, and says that they could not be had', async () => {
    expect(await codeOf(issuers.verifierOf(mock.issuer), await mock.token())).toBe('keys_unavailable');
  });

  test('refuses an algorithm that its key is not published for', async () => {
    const { keys } = mock.service.issuer;
    const ec = await keys.generate('ES256', { kid: 'ec' });
    const verifier = issuers.verifierOf(mock.issuer, { jwksUri, algorithms: ALGORITHMS.map(([one]) => one) });
    const claims = decodeJwt(await mock.token());
    const signedBy = async (jwk: object, alg: string, kid: string): Promise<string> =>
      new SignJWT(claims).setProtectedHeader({ alg, kid, typ: 'JWT' }).sign(await importJWK(jwk, alg));
    const { alg: _, ...bare } = { ...issuers.rsa[0], alg: undefined };
    expect(await codeOf(verifier, await signedBy(bare, 'RS256', 'first'))).toBe('passed');
    for (const alg of ['RS384', 'RS512', 'PS256', 'PS384', 'PS512'])
      expect(await codeOf(verifier, await signedBy(bare, alg, 'first'))).toBe('algorithm_not_allowed');
    // The right key by the wrong name, and the other way round.
    expect(await codeOf(verifier, await signedBy(bare, 'RS256', 'ec'))).toBe('algorithm_not_allowed');
    expect(await codeOf(verifier, await signedBy(ec, 'ES256', 'first'))).toBe('algorithm_not_allowed');
    expect(await codeOf(verifier, await signedBy(ec, 'ES256', 'ec'))).toBe('passed');
  });

  test('refuses a token without a signature, whatever its header is called', async () => {
    const verifier = issuers.verifierOf(mock.issuer, { jwksUri });
    const token = await mock.token();
    expect(await codeOf(verifier, token)).toBe('passed');
    const [, payload, signature] = token.split('.');
    const unsecured = new UnsecuredJWT(decodeJwt(token)).encode();
    expect(await codeOf(verifier, unsecured)).toBe('algorithm_not_allowed');
    for (const alg of ['none', 'None', 'NONE', 'nOnE']) {
      const header = Buffer.from(JSON.stringify({ alg, kid: 'first', typ: 'JWT' })).toString('base64url');
      for (const end of ['', signature])
        expect(await codeOf(verifier, `${header}.${payload}.${end}`)).toBe('algorithm_not_allowed');
    }
  });

  test('trusts no key without an id, alone or among others, and no token without one', async () => {
    const { keys } = mock.service.issuer;
    await keys.add({ ...issuers.rsa[1], alg: 'RS256' });
    mock.service.addRoute('GET', '/without-ids', (_, response) => {
      const bare = keys.toJSON().map(({ kid: _kid, ...jwk }) => jwk);
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: bare }));
    });
    const named = await mock.token();
    const unnamed = await mock.token(({ header }) => {
      delete (header as { kid?: string }).kid;
    });
    const verifier = issuers.verifierOf(mock.issuer, { jwksUri: `${mock.issuer}/without-ids` });
    // Which of two keys is meant must be said, not tried.
    expect(await codeOf(verifier, named)).toBe('unknown_key');
    expect(await codeOf(verifier, unnamed)).toBe('malformed_token');
    const withIds = issuers.verifierOf(mock.issuer, { jwksUri });
    expect(await codeOf(withIds, unnamed)).toBe('malformed_token');
    expect(await codeOf(withIds, named)).toBe('passed');
  });

  test('judges times and audience of its tokens before it asks for a key', async () => {
    const verifier = issuers.verifierOf(mock.issuer, { jwksUri });
    const wrong = await mock.token(({ payload }) =>
      Object.assign(payload, deploymentClaims({ aud: 'other' })),
    );
    expect(await codeOf(verifier, wrong)).toBe('audience_mismatch');
    const token = await mock.token();
    await issuers.clock.advance(3_606_000);
    expect(await codeOf(verifier, token)).toBe('token_expired');
    expect(issuers.server.count('/jwks')).toBe(0);
  });

  test('is not asked where its certificate is of an unknown authority', async () => {
    globalAgent.destroy();
    delete globalAgent.options.ca;
    try {
      const verifier = issuers.verifierOf(mock.issuer, { jwksUri });
      await expect(verifier.verify(await mock.token())).rejects.toMatchObject({
        code: 'keys_unavailable',
        cause: { code: 'network' },
      });
      expect(issuers.server.count('/jwks')).toBe(0);
    } finally {
      globalAgent.options.ca = issuers.ca;
    }
  });
});
