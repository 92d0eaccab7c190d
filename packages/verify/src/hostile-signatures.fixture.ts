/** Signatures that are not the issuer's, or not written in the one way. */

import type { HostileRow } from './hostile-row.fixture.js';
import type { HostileEmulator } from './hostile-emulator.fixture.js';
import {
  base64url,
  goodClaims,
  goodHeader,
  kidOf,
  rs256,
  signed,
  strangersKey,
} from './hostile-emulator.fixture.js';

const CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

export async function hostileSignatures(
  emulator: HostileEmulator,
  now: number,
): Promise<readonly HostileRow[]> {
  const claims = goodClaims(now);
  const header = goodHeader();
  const good = signed(header, claims);
  const other = signed(header, { ...claims, jti: 'other' });
  const [head, payload, signature] = good.split('.') as [string, string, string];
  const [, otherPayload, otherSignature] = other.split('.') as [string, string, string];
  const bytes = Buffer.from(signature, 'base64url');
  const withSignature = (text: string): string => `${head}.${payload}.${text}`;
  const flipped = (index: number): string => {
    const copy = Buffer.from(bytes);
    copy[index] = (copy[index] ?? 0) ^ 1;
    return withSignature(base64url(copy));
  };
  /** The same bytes, written with an unused bit set: 256 bytes leave four of them. */
  const spareBit = (): string => {
    const last = CHARACTERS.indexOf(signature.slice(-1));
    return withSignature(signature.slice(0, -1) + (CHARACTERS[last ^ 1] as string));
  };
  const team = {
    team: 'acme',
    teamId: 'team_acme',
    project: 'shop',
    projectId: 'prj_shop',
    environment: 'production',
  };
  const edited = base64url(JSON.stringify({ ...claims, jti: 'edited' }));

  return [
    ['no signature', 'malformed_token', withSignature('')],
    ['a character cut off', 'malformed_token', good.slice(0, -1)],
    ['two characters cut off', 'invalid_signature', good.slice(0, -2)],
    ['half of the signature', 'invalid_signature', withSignature(signature.slice(0, 172))],
    ['a byte more', 'invalid_signature', withSignature(base64url(Buffer.concat([bytes, Buffer.from([0])])))],
    ['a byte less in front', 'invalid_signature', withSignature(base64url(bytes.subarray(1)))],
    [
      'a zero in front',
      'invalid_signature',
      withSignature(base64url(Buffer.concat([Buffer.from([0]), bytes]))),
    ],
    ['the same signature with a spare bit set', 'malformed_token', spareBit()],
    ['its first bit flipped', 'invalid_signature', flipped(0)],
    ['a bit in the middle flipped', 'invalid_signature', flipped(128)],
    ['its last bit flipped', 'invalid_signature', flipped(255)],
    ['zeros', 'invalid_signature', withSignature(base64url(Buffer.alloc(256)))],
    [
      'a one among zeros',
      'invalid_signature',
      withSignature(base64url(Buffer.concat([Buffer.alloc(255), Buffer.from([1])]))),
    ],
    ['ones', 'invalid_signature', withSignature(base64url(Buffer.alloc(256, 0xff)))],
    ['one byte', 'invalid_signature', withSignature(base64url(Buffer.from([1])))],
    ['the signature of another token', 'invalid_signature', withSignature(otherSignature)],
    ['the payload of another token', 'invalid_signature', `${head}.${otherPayload}.${signature}`],
    ['a payload edited', 'invalid_signature', `${head}.${edited}.${signature}`],
    [
      'a payload with white space added',
      'invalid_signature',
      `${head}.${base64url(`${JSON.stringify(claims)} `)}.${signature}`,
    ],
    [
      'a header with white space added',
      'invalid_signature',
      `${base64url(`${JSON.stringify(header)} `)}.${payload}.${signature}`,
    ],
    [
      'signed by a stranger under the published id',
      'invalid_signature',
      signed(header, claims, rs256(strangersKey())),
    ],
    [
      'signed by a stranger under another id',
      'unknown_key',
      signed({ ...header, kid: kidOf(strangersKey()) }, claims, rs256(strangersKey())),
    ],
    [
      'signed by a key that was never published',
      'unknown_key',
      await emulator.issuer.mint({ ...team, signWith: 'unpublished' }),
    ],
    [
      'changed after it was signed',
      'invalid_signature',
      await emulator.issuer.mint({ ...team, tamper: true }),
    ],
    [
      'the payload signed without its header',
      'invalid_signature',
      signed(header, claims, () => rs256Of(payload)),
    ],
    ['a signature over other bytes', 'invalid_signature', signed(header, claims, () => rs256Of('other'))],
  ];

  function rs256Of(text: string): Uint8Array {
    const [, , part] = signed(header, text).split('.') as [string, string, string];
    return Buffer.from(part, 'base64url');
  }
}
