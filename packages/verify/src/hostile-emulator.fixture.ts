/** An issuer whose private key is at hand, on a clock that stands: what forgeries are made with and judged at. */

import { createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { manualClock } from '@credex/testing/clock';
import type { ManualClock } from '@credex/testing/clock';
import type { Emulator } from '@credex/testing/emulator';
import { startEmulator } from '@credex/testing/emulator';
import type { TokenVerifierOptions } from './contract.js';

export type Json = Readonly<Record<string, unknown>>;
export type HostileEmulator = Emulator<ManualClock>;

const rsaKey = (): KeyObject => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

let keys: readonly [KeyObject, KeyObject] | undefined;
/** The issuer's current and next keys; made once. */
const issuerKeys = (): readonly [KeyObject, KeyObject] => (keys ??= [rsaKey(), rsaKey()]);

let stranger: KeyObject | undefined;
/** A key that no issuer publishes. */
export const strangersKey = (): KeyObject => (stranger ??= rsaKey());

/** The key that the issuer signs with. */
export const signingKey = (): KeyObject => issuerKeys()[0];

/** The thumbprint of RFC 7638, as the emulator names its keys. */
export function kidOf(key: KeyObject): string {
  const { e, kty, n } = publicJwk(key);
  return createHash('sha256').update(JSON.stringify({ e, kty, n })).digest('base64url');
}

/** The key that the issuer publishes and will sign with next. */
export const nextKid = (): string => kidOf(issuerKeys()[1]);

export const publicJwk = (key: KeyObject): Record<string, unknown> => ({
  ...createPublicKey(key).export({ format: 'jwk' }),
});

/** Its clock stands until it is moved, so that a second before and after an edge stay what they are. */
export function startHostileEmulator(): Promise<HostileEmulator> {
  return startEmulator({ clock: manualClock(), signingKeys: [...issuerKeys()] });
}

/** The verifier that the hostile tokens are made for. */
export function hostileVerifierOptions(emulator: HostileEmulator): TokenVerifierOptions {
  return {
    team: 'acme',
    audience: ['https://vercel.com/acme', 'https://api.acme.example'],
    allow: [{ projectId: 'prj_shop', environment: 'production' }],
    clockToleranceSeconds: 5,
    jwksUri: `${emulator.url('issuer')}/acme/.well-known/jwks`,
    allowLoopbackHttp: true,
    clock: emulator.clock,
  };
}

/** What a good token says, for changes to start from. `seconds`: now. */
export function goodClaims(seconds: number): Json {
  return {
    iss: 'https://oidc.vercel.com/acme',
    aud: 'https://vercel.com/acme',
    sub: 'owner:acme:project:shop:environment:production',
    scope: 'owner:acme:project:shop:environment:production',
    owner: 'acme',
    owner_id: 'team_acme',
    project: 'shop',
    project_id: 'prj_shop',
    environment: 'production',
    plan: 'pro',
    nbf: seconds,
    iat: seconds,
    exp: seconds + 3600,
  };
}

export const goodHeader = (): Json => ({ typ: 'JWT', alg: 'RS256', kid: kidOf(signingKey()) });

export const base64url = (data: string | Uint8Array): string => Buffer.from(data).toString('base64url');

/** Whatever stands in header and payload, truly signed: RS256 by the issuer's key unless said otherwise. */
export function signed(
  header: Json | string,
  payload: Json | string | Uint8Array,
  by: (data: Buffer) => Uint8Array = rs256(signingKey()),
): string {
  const input = [header, payload]
    .map((part) => (typeof part === 'string' || part instanceof Uint8Array ? part : JSON.stringify(part)))
    .map(base64url)
    .join('.');
  return `${input}.${base64url(by(Buffer.from(input)))}`;
}

export const rs256 =
  (key: KeyObject) =>
  (data: Buffer): Uint8Array =>
    sign('sha256', data, key);
