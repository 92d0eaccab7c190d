/**
 * @credex/verify against `oidc-provider` of npm: its keys, its tokens and its documents, over TLS
 * with a private certificate authority, through the verifier's own transport and public options.
 */

import { createPrivateKey, createPublicKey } from 'node:crypto';
import { decodeProtectedHeader } from 'jose';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { fetchJson, oidcProviderIssuer, privateJwk, startTlsServer } from '../support/independent-issuers.js';
import type { OidcProviderIssuer, PrivateJwk } from '../support/independent-issuers.js';
import { ALGORITHMS, codeOf, useIndependentIssuers } from '../support/use-independent-issuers.js';

const MINUTE = 60_000;

const issuers = useIndependentIssuers();

describe('oidc-provider as the issuer of a team', () => {
  let provider: OidcProviderIssuer;
  beforeEach(() => {
    provider = oidcProviderIssuer(issuers.server, issuers.ca);
  });
  const keysAsked = (): number => issuers.server.count('/acme/.well-known/jwks');

  test('its discovery document names the keys where the verifier looks for them', async () => {
    provider.publish([issuers.rsa[0]]);
    const document = await fetchJson(`${provider.issuer}/.well-known/openid-configuration`, issuers.ca);
    expect(document).toMatchObject({
      issuer: provider.issuer,
      jwks_uri: `${provider.issuer}/.well-known/jwks`,
    });
  });

  test.each(ALGORITHMS)('verifies %s where it is allowed, and by default RS256 alone', async (alg, kind) => {
    const key = kind === 'rsa' ? issuers.rsa[0] : privateJwk(kind, `key-${kind}`);
    // oidc-provider names the algorithm of a curve's key itself, and signs by `Ed25519` where the key says so.
    provider.publish([
      kind === 'ed25519' ? { ...key, alg } : key,
      ...(kind === 'rsa' ? [] : [issuers.rsa[1]]),
    ]);
    const token = await provider.token({ alg, ...(key.kid === undefined ? {} : { kid: key.kid }) });
    expect(decodeProtectedHeader(token)).toEqual({ alg, kid: key.kid, typ: 'JWT' });
    const verifier = issuers.verifierOf(provider.issuer, { algorithms: [alg] });
    expect(await verifier.verify(token)).toMatchObject({ iss: provider.issuer, project_id: 'prj_shop' });
    expect(keysAsked()).toBe(1);
    // By default RS256 alone, and the issuer is not asked for what cannot pass.
    expect(await codeOf(issuers.verifierOf(provider.issuer), token)).toBe(
      alg === 'RS256' ? 'passed' : 'algorithm_not_allowed',
    );
    expect(keysAsked()).toBe(alg === 'RS256' ? 2 : 1);
  });

  test('verifies by several keys without names: it calls them by their thumbprints', async () => {
    const [first, second] = issuers.rsa.map((key) => ({ ...key, kid: undefined }));
    provider.publish([first, second] as unknown as PrivateJwk[]);
    const { keys } = (await fetchJson(`${provider.issuer}/.well-known/jwks`, issuers.ca)) as {
      readonly keys: readonly { readonly kid: string }[];
    };
    const verifier = issuers.verifierOf(provider.issuer);
    for (const { kid } of keys) {
      expect(kid).toMatch(/^[\w-]{43}$/);
      expect(await codeOf(verifier, await provider.token({ alg: 'RS256', kid }))).toBe('passed');
    }
    expect(keys).toHaveLength(2);
  });

  test('a new key is met by one request, and an unknown one makes no more than one in 30 seconds', async () => {
    provider.publish([issuers.rsa[0]]);
    const verifier = issuers.verifierOf(provider.issuer);
    const before = await provider.token({ alg: 'RS256', kid: 'first' });
    expect(await codeOf(verifier, before)).toBe('passed');
    provider.publish([issuers.rsa[0], issuers.rsa[1]]);
    const after = await provider.token({ alg: 'RS256', kid: 'second' });
    const codes = await Promise.all(Array.from({ length: 50 }, () => codeOf(verifier, after)));
    expect(new Set(codes)).toEqual(new Set(['passed']));
    expect(await codeOf(verifier, before)).toBe('passed');
    expect(keysAsked()).toBe(2);

    const unknown = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        provider.token({ alg: 'RS256', kid: 'first', header: { kid: `unknown-${index}` } }),
      ),
    );
    for (const token of unknown) expect(await codeOf(verifier, token)).toBe('unknown_key');
    expect(keysAsked()).toBe(3);
    await issuers.clock.advance(30_000);
    for (const token of unknown) expect(await codeOf(verifier, token)).toBe('unknown_key');
    expect(keysAsked()).toBe(4);
  });

  test('a withdrawn key serves for ten minutes, and no longer than the request after them', async () => {
    provider.publish([issuers.rsa[0], issuers.rsa[1]]);
    const verifier = issuers.verifierOf(provider.issuer);
    const withdrawn = await provider.token({ alg: 'RS256', kid: 'first' });
    const kept = await provider.token({ alg: 'RS256', kid: 'second' });
    expect(await codeOf(verifier, withdrawn)).toBe('passed');
    provider.publish([issuers.rsa[1]]);
    await issuers.clock.advance(10 * MINUTE);
    expect(await codeOf(verifier, withdrawn)).toBe('passed');
    expect(keysAsked()).toBe(1);
    await issuers.clock.advance(1);
    // Starts the request, and does not wait for it.
    expect(await codeOf(verifier, kept)).toBe('passed');
    await vi.waitFor(async () => expect(await codeOf(verifier, withdrawn)).toBe('unknown_key'));
    expect(await codeOf(verifier, kept)).toBe('passed');
  });

  test('a key that was withdrawn during a pause of an hour serves not once', async () => {
    provider.publish([issuers.rsa[0], issuers.rsa[1]]);
    const verifier = issuers.verifierOf(provider.issuer);
    const withdrawn = await provider.token({ alg: 'RS256', kid: 'first' });
    expect(await codeOf(verifier, withdrawn)).toBe('passed');
    provider.publish([issuers.rsa[1]]);
    await issuers.clock.advance(60 * MINUTE + 1);
    expect(await codeOf(verifier, withdrawn)).toBe('unknown_key');
  });

  test.each(['HS256', 'HS384', 'HS512'])('refuses %s with the published key as the secret', async (alg) => {
    provider.publish([issuers.rsa[0]]);
    const verifier = issuers.verifierOf(provider.issuer, { algorithms: ALGORITHMS.map(([one]) => one) });
    expect(await codeOf(verifier, await provider.token({ alg: 'RS256', kid: 'first' }))).toBe('passed');
    const publicKey = createPublicKey(createPrivateKey({ key: issuers.rsa[0], format: 'jwk' }));
    const secrets = [
      publicKey.export({ format: 'pem', type: 'spki' }),
      publicKey.export({ format: 'pem', type: 'pkcs1' }),
      JSON.stringify(publicKey.export({ format: 'jwk' })),
    ];
    for (const secret of secrets) {
      const token = await provider.token({ alg, kid: 'first', secret: String(secret) });
      expect(decodeProtectedHeader(token)).toEqual({ alg, kid: 'first', typ: 'JWT' });
      expect(await codeOf(verifier, token)).toBe('algorithm_not_allowed');
    }
    expect(() => issuers.verifierOf(provider.issuer, { algorithms: [alg] })).toThrow(/`algorithms`/);
  });

  test('refuses a token that another issuer signed with its own key under the same id', async () => {
    const other = await startTlsServer(issuers.certificate);
    try {
      const stranger = oidcProviderIssuer(other, issuers.ca);
      stranger.publish([{ ...issuers.rsa[1], kid: 'first' }]);
      provider.publish([issuers.rsa[0]]);
      const verifier = issuers.verifierOf(provider.issuer);
      const token = await stranger.token({ alg: 'RS256', kid: 'first' });
      expect(await codeOf(verifier, token)).toBe('issuer_mismatch');
      const claims = { iss: provider.issuer };
      const posing = await stranger.token({ alg: 'RS256', kid: 'first', claims });
      expect(await codeOf(verifier, posing)).toBe('invalid_signature');
    } finally {
      await other.close();
    }
  });

  test('refuses its access tokens as it makes them: they say `at+jwt`', async () => {
    provider.publish([issuers.rsa[0]]);
    const token = await provider.token({ alg: 'RS256', header: { typ: 'at+jwt' } });
    expect(await codeOf(issuers.verifierOf(provider.issuer), token)).toBe('malformed_token');
  });
});
