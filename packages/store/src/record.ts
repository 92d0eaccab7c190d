/**
 * Names and records of an encrypted store.
 *
 *     Kn   = HKDF-SHA256(key, salt "", info = fields("credex.store.1", "name", namespace, label))
 *     name = namespace ":1:" base64url(HMAC-SHA256(Kn, fields(provider, cache key)))
 *     Kr   = HKDF-SHA256(key, random salt, info = fields("credex.store.1", "record", namespace, label))
 *     text = "crx1." end "." base64url(salt ‖ iv ‖ AES-256-GCM(Kr, iv, JSON, fields("credex.store.1", name, end)))
 *
 * `fields`: each text as UTF-8, after its length in bytes as 32 bits, big endian. `end`: when the record ends, epoch
 * milliseconds, base 36.
 */

import type { StoredCredential } from '@credex/core';
import { parseJson } from '@credex/core/internal';
import { decodeBase64url, encodeBase64url } from './base64url.js';
import type { StoreKey } from './store-key.js';

const VERSION = 'credex.store.1';
const SALT_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** A longer record is not read, and not written. */
const MAX_RECORD_LENGTH = 65_536;

/** The keys that are derived from a store's key, so far as they were needed. */
export interface DerivedKeys {
  material?: CryptoKey;
  names?: CryptoKey;
}

export interface KeyUse {
  readonly key: StoreKey;
  readonly namespace: string;
  readonly derived: DerivedKeys;
}

/** `crx1.<end>.<payload>`, parsed but not decrypted. */
interface RecordParts {
  readonly end: string;
  readonly endsAt: number;
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly encrypted: Uint8Array<ArrayBuffer>;
}

export interface OpenedRecord {
  readonly record: StoredCredential;
  /** Epoch milliseconds by the clock of the instance that wrote it. */
  readonly endsAt: number;
}

/** Length-prefixed UTF-8: no two lists of texts give the same bytes. */
export function fields(...texts: readonly string[]): Uint8Array<ArrayBuffer> {
  const encoded = texts.map((text) => new TextEncoder().encode(text));
  const bytes = new Uint8Array(encoded.reduce((sum, { length }) => sum + 4 + length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const text of encoded) {
    view.setUint32(at, text.length);
    bytes.set(text, at + 4);
    at += 4 + text.length;
  }
  return bytes;
}

/** The name of the record of one cache key. Who does not have the store's key can't tell which credential it is. */
export async function recordName(use: KeyUse, provider: string, cacheKey: string): Promise<string> {
  const { derived, namespace } = use;
  derived.names ??= await deriveKey(use, 'name', new Uint8Array(0), {
    name: 'HMAC',
    hash: 'SHA-256',
    length: 256,
  });
  const digest = await crypto.subtle.sign('HMAC', derived.names, fields(provider, cacheKey));
  return `${namespace}:1:${encodeBase64url(new Uint8Array(digest))}`;
}

/** `salt`, `iv`: random, and never the same twice. */
export async function encryptRecord(
  use: KeyUse,
  name: string,
  record: StoredCredential,
  endsAt: number,
  salt: Uint8Array<ArrayBuffer> = crypto.getRandomValues(new Uint8Array(SALT_BYTES)),
  iv: Uint8Array<ArrayBuffer> = crypto.getRandomValues(new Uint8Array(IV_BYTES)),
): Promise<string> {
  const end = Math.floor(endsAt).toString(36);
  const key = await recordKey(use, salt);
  const additionalData = fields(VERSION, name, end);
  const body = new TextEncoder().encode(JSON.stringify(record));
  const encrypted = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, body);
  const payload = new Uint8Array(SALT_BYTES + IV_BYTES + encrypted.byteLength);
  payload.set(salt);
  payload.set(iv, SALT_BYTES);
  payload.set(new Uint8Array(encrypted), SALT_BYTES + IV_BYTES);
  return `crx1.${end}.${encodeBase64url(payload)}`;
}

/** `undefined` for a text that was not written under this name with this key, or was changed since. */
export async function decryptRecord(
  use: KeyUse,
  name: string,
  text: string,
): Promise<OpenedRecord | undefined> {
  const parts = partsOf(text);
  if (parts === undefined) return undefined;
  const { end, endsAt, salt, iv, encrypted } = parts;
  const additionalData = fields(VERSION, name, end);
  try {
    const key = await recordKey(use, salt);
    const body = await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData }, key, encrypted);
    const record = storedCredentialOf(parseJson(new TextDecoder('utf-8', { fatal: true }).decode(body)));
    return record && { record, endsAt };
  } catch {
    // Not authentic, or not what this version writes: the caller reports it as unreadable.
    return undefined;
  }
}

function partsOf(text: string): RecordParts | undefined {
  if (text.length > MAX_RECORD_LENGTH) return undefined;
  const [, end, encoded] = /^crx1\.([0-9a-z]{1,11})\.([A-Za-z0-9_-]+)$/.exec(text) ?? [];
  if (end === undefined || encoded === undefined) return undefined;
  const endsAt = Number.parseInt(end, 36);
  const payload = decodeBase64url(encoded);
  if (endsAt.toString(36) !== end || payload === undefined) return undefined;
  const start = SALT_BYTES + IV_BYTES;
  if (payload.length < start + TAG_BYTES) return undefined;
  return {
    end,
    endsAt,
    salt: payload.slice(0, SALT_BYTES),
    iv: payload.slice(SALT_BYTES, start),
    encrypted: payload.slice(start),
  };
}

function storedCredentialOf(value: unknown): StoredCredential | undefined {
  const { key, provider, issuedAt, lifetimeMs, hintAge, credential } = (value ?? {}) as Partial<
    Record<string, unknown>
  >;
  if (typeof key !== 'string' || typeof provider !== 'string') return undefined;
  if (!isNumber(issuedAt) || !isNumber(lifetimeMs) || !(hintAge === undefined || isNumber(hintAge)))
    return undefined;
  return { key, provider, issuedAt, lifetimeMs, hintAge, credential };
}

const isNumber = (value: unknown): value is number => Number.isFinite(value);

const recordKey = (use: KeyUse, salt: Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
  deriveKey(use, 'record', salt, { name: 'AES-GCM', length: 256 });

async function deriveKey(
  { key, namespace, derived }: KeyUse,
  purpose: 'name' | 'record',
  salt: Uint8Array<ArrayBuffer>,
  algorithm: AesKeyGenParams | HmacKeyGenParams,
): Promise<CryptoKey> {
  derived.material ??= await crypto.subtle.importKey('raw', key.bytes, 'HKDF', false, ['deriveKey']);
  const info = fields(VERSION, purpose, namespace, key.label);
  const uses: KeyUsage[] = purpose === 'name' ? ['sign'] : ['encrypt', 'decrypt'];
  return crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt, info },
    derived.material,
    algorithm,
    false,
    uses,
  );
}
