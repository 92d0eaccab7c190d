/** Headers that ask for another algorithm, another key or another reading. All else about the tokens is good. */

import { createHmac, createPublicKey, constants, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { HostileRow } from './hostile-row.fixture.js';
import {
  base64url,
  goodClaims,
  goodHeader,
  kidOf,
  nextKid,
  publicJwk,
  rs256,
  signed,
  signingKey,
  strangersKey,
} from './hostile-emulator.fixture.js';

export function hostileHeaders(now: number): readonly HostileRow[] {
  return [...algorithms(now), ...keys(now), ...readings(now)];
}

function algorithms(now: number): readonly HostileRow[] {
  const claims = goodClaims(now);
  const good = goodHeader();
  const key = signingKey();
  const open = createPublicKey(key);
  const unsigned = (alg: unknown): string =>
    `${base64url(JSON.stringify({ ...good, alg }))}.${base64url(JSON.stringify(claims))}.`;
  const hmac = (alg: string, secret: string | Buffer): string =>
    signed({ ...good, alg }, claims, (data) =>
      createHmac(alg.replace('HS', 'sha'), secret).update(data).digest(),
    );
  const rsa = (alg: string): string =>
    signed({ ...good, alg }, claims, (data) => sign(alg.replace(/^../, 'sha'), data, key));
  const pss = (alg: string): string =>
    signed({ ...good, alg }, claims, (data) =>
      sign(alg.replace(/^../, 'sha'), data, {
        key,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: 32,
      }),
    );
  const ec = (alg: string, curve: string): string =>
    signed({ ...good, alg }, claims, (data) =>
      sign('sha256', data, { key: ecKey(curve), dsaEncoding: 'ieee-p1363' }),
    );

  const refused: readonly (readonly [string, string])[] = [
    ...['none', 'None', 'NONE', 'nOnE', ' none', 'none\u0000'].map(
      (alg) => [`alg ${JSON.stringify(alg)} without a signature`, unsigned(alg)] as const,
    ),
    ['alg none with a good signature', signed({ ...good, alg: 'none' }, claims)],
    ['HS256 by the public key, PEM', hmac('HS256', open.export({ type: 'spki', format: 'pem' }))],
    ['HS256 by the public key, PKCS #1', hmac('HS256', open.export({ type: 'pkcs1', format: 'pem' }))],
    ['HS256 by the public key, DER', hmac('HS256', open.export({ type: 'spki', format: 'der' }))],
    ['HS256 by the public key, JWK', hmac('HS256', JSON.stringify(publicJwk(key)))],
    ['HS256 by the modulus', hmac('HS256', Buffer.from(String(publicJwk(key)['n']), 'base64url'))],
    ['HS256 by nothing', hmac('HS256', '')],
    ['HS384 by the public key', hmac('HS384', open.export({ type: 'spki', format: 'pem' }))],
    ['HS512 by the public key', hmac('HS512', open.export({ type: 'spki', format: 'pem' }))],
    ['RS384, truly signed', rsa('RS384')],
    ['RS512, truly signed', rsa('RS512')],
    ['PS256, truly signed', pss('PS256')],
    ['ES256 by an unpublished key', ec('ES256', 'P-256')],
    ['ES256 by a key on another curve', ec('ES256', 'P-384')],
    ['ES256K', ec('ES256K', 'secp256k1')],
    ['ES256 with a signature of zeros', signed({ ...good, alg: 'ES256' }, claims, () => new Uint8Array(64))],
    ['EdDSA', signed({ ...good, alg: 'EdDSA' }, claims, (data) => sign(null, data, edKey()))],
    ['rs256 in lower case', signed({ ...good, alg: 'rs256' }, claims)],
    ['RS256 and a space', signed({ ...good, alg: 'RS256 ' }, claims)],
    ['RSA-OAEP', signed({ ...good, alg: 'RSA-OAEP' }, claims)],
    ['dir', signed({ ...good, alg: 'dir' }, claims)],
    ['an alg that objects inherit', signed({ ...good, alg: 'constructor' }, claims)],
  ];
  const malformed: readonly (readonly [string, unknown])[] = [
    ['an empty alg', ''],
    ['no alg', undefined],
    ['alg null', null],
    ['alg in a list', ['RS256']],
    ['alg in an object', { name: 'RS256' }],
    ['alg 256', 256],
  ];
  return [
    ...refused.map(([name, token]) => [name, 'algorithm_not_allowed', token] as const),
    ...malformed.map(([name, alg]) => [name, 'malformed_token', signed({ ...good, alg }, claims)] as const),
  ];
}

function keys(now: number): readonly HostileRow[] {
  const claims = goodClaims(now);
  const good = goodHeader();
  const kid = kidOf(signingKey());
  const foreign = strangersKey();
  const byStranger = (more: object): string => signed({ ...good, ...more }, claims, rs256(foreign));
  const jwk = { ...publicJwk(foreign), kid };
  const withKid = (value: unknown): string => signed({ ...good, kid: value }, claims);
  return [
    ['an embedded key (jwk)', 'malformed_token', byStranger({ jwk })],
    ['an embedded key (jwk) under its own id', 'malformed_token', byStranger({ jwk, kid: kidOf(foreign) })],
    ['jwk in a token that is truly signed', 'malformed_token', signed({ ...good, jwk }, claims)],
    ['jku', 'malformed_token', byStranger({ jku: 'https://evil.example/.well-known/jwks' })],
    [
      'jku of the issuer itself',
      'malformed_token',
      signed({ ...good, jku: 'https://oidc.vercel.com/acme/.well-known/jwks' }, claims),
    ],
    ['x5u', 'malformed_token', byStranger({ x5u: 'https://evil.example/chain.pem' })],
    ['x5c', 'malformed_token', byStranger({ x5c: [base64url('not a certificate')] })],
    ['jwk null', 'malformed_token', signed({ ...good, jwk: null }, claims)],
    ['no kid', 'malformed_token', withKid(undefined)],
    ['kid null', 'malformed_token', withKid(null)],
    ['kid empty', 'malformed_token', withKid('')],
    ['kid a number', 'malformed_token', withKid(0)],
    ['kid a list', 'malformed_token', withKid([kid])],
    ['kid an object', 'malformed_token', withKid({ toString: kid })],
    ['kid of 100 KB', 'malformed_token', withKid('k'.repeat(102_400))],
    ['kid of 257 characters', 'malformed_token', withKid('k'.repeat(257))],
    ['kid that climbs folders', 'unknown_key', withKid('../../../../../../dev/null')],
    ['kid that climbs to the keys of another', 'unknown_key', withKid(`../../other/.well-known/${kid}`)],
    ['kid with SQL', 'unknown_key', withKid("' UNION SELECT 'key' --")],
    ['kid that is a URL', 'unknown_key', withKid('https://evil.example/key')],
    ['kid __proto__', 'unknown_key', withKid('__proto__')],
    ['kid constructor', 'unknown_key', withKid('constructor')],
    ['kid 0', 'unknown_key', withKid('0')],
    ['kid with a space behind', 'unknown_key', withKid(`${kid} `)],
    [
      'kid in other letters',
      'unknown_key',
      withKid(kid.toLowerCase() === kid ? kid.toUpperCase() : kid.toLowerCase()),
    ],
    ['kid of the next key, signed by this one', 'invalid_signature', withKid(nextKid())],
  ];
}

function readings(now: number): readonly HostileRow[] {
  const claims = goodClaims(now);
  const rows: readonly (readonly [string, object])[] = [
    ['crit with exp', { crit: ['exp'] }],
    ['crit empty', { crit: [] }],
    ['crit with b64, and b64 false', { crit: ['b64'], b64: false }],
    ['b64 false without crit', { b64: false }],
    ['b64 true', { b64: true }],
    ['crit null', { crit: null }],
    ['zip', { zip: 'DEF' }],
    ['enc', { enc: 'A256GCM' }],
    ['cty JWT', { cty: 'JWT' }],
    ['typ of an access token', { typ: 'at+jwt' }],
    ['typ JWE', { typ: 'JWE' }],
    ['typ a list', { typ: ['JWT'] }],
    ['typ null', { typ: null }],
    ['typ empty', { typ: '' }],
  ];
  return rows.map(
    ([name, more]) => [name, 'malformed_token', signed({ ...goodHeader(), ...more }, claims)] as const,
  );
}

const ecKey = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).privateKey;
const edKey = (): KeyObject => generateKeyPairSync('ed25519').privateKey;
