/** What a caller receives is the caller's own: a copy of the cached record. */

import type { Credential, Json } from '../contract.js';
import { canonicalJson } from './key.js';

/**
 * Makes the caller's own object of a cached record, which is frozen and stays private. Runs for each call, so it must be
 * cheap; what it returns must share no object with the record. `nested`: whether a field of the record holds an object.
 */
export type CallerCopy<C extends Credential, V extends C> = (record: C, nested: boolean) => V;

type Fields = Readonly<Record<string, unknown>>;

/** The record that the cache keeps: a copy that neither the driver nor any caller holds, frozen throughout. */
export function frozenRecord<C extends Credential>(credential: C): C {
  return frozen(credential) as C;
}

/** Whether a field of the record holds an object, so that a shallow copy would share it. */
export function isNested(record: Credential): boolean {
  return Object.values(record).some(isObject);
}

/** A plain, unfrozen copy of a record. `nested`: what `isNested` says of it, worked out once. */
export function callerCopy<C extends Credential>(record: C, nested: boolean = isNested(record)): C {
  return nested ? (deepCopy(record) as C) : { ...record };
}

/** Whether the argument of `invalidate` means the credential of this record. */
export function matchesRecord<C extends Credential, V extends C>(
  which: V | ((held: V) => boolean) | undefined,
  record: C,
  nested: boolean,
  copyOf: CallerCopy<C, V>,
): boolean {
  if (which === undefined) return true;
  if (typeof which === 'function') return which(copyOf(record, nested));
  // A vendor's shape, and a client that writes on it, add fields to the record's: each of the record's must be the same.
  const given = which as unknown as Readonly<Record<string, unknown>>;
  return Object.entries(record).every(([name, value]) => isSame(value, given[name]));
}

function isSame(value: unknown, other: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value === other;
  return (
    typeof other === 'object' &&
    other !== null &&
    canonicalJson(value as Json) === canonicalJson(other as Json)
  );
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function deepCopy(value: unknown): unknown {
  if (!isPlain(value)) return value;
  if (Array.isArray(value)) return value.map(deepCopy);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, deepCopy(inner)]));
}

function frozen(value: unknown): unknown {
  if (!isPlain(value)) return value;
  if (Array.isArray(value)) return Object.freeze(value.map(frozen));
  const copies = Object.entries(value).map(([name, inner]) => [name, frozen(inner)] as const);
  return Object.freeze(Object.fromEntries(copies));
}

/** The contract allows plain data alone; anything else that a driver returns is passed on unchanged. */
function isPlain(value: unknown): value is Fields | readonly unknown[] {
  if (!isObject(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === null || prototype === Object.prototype;
}
