/** What survives a store, a clone and a freeze: JSON, in plain objects. */

import assert from 'node:assert/strict';

/** Fails for anything that JSON would lose or change: a Date, a method, `undefined`, NaN, a getter, a class. */
export function assertPlainData(value: unknown, where: string): void {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return;
    case 'number':
      assert.ok(Number.isFinite(value), `${where} is ${value}, which JSON does not have.`);
      return;
    case 'object':
      if (value !== null) assertPlainObject(value, where);
      return;
    default:
      assert.fail(`${where} is of type ${typeof value}: it would not survive JSON.`);
  }
}

function assertPlainObject(value: object, where: string): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = Array.isArray(value) || prototype === Object.prototype || prototype === null;
  assert.ok(isPlain, `${where} is an object of a class: plain data is asked for.`);
  for (const key of Reflect.ownKeys(value)) {
    if (Array.isArray(value) && key === 'length') continue;
    const name = `${where}.${String(key)}`;
    assert.equal(typeof key, 'string', `${name} is named by a symbol: it would not survive JSON.`);
    const descriptor: PropertyDescriptor | undefined = Object.getOwnPropertyDescriptor(value, key);
    const { get, enumerable, value: member } = descriptor ?? {};
    assert.equal(get, undefined, `${name} is a getter.`);
    assert.equal(enumerable, true, `${name} is hidden: it would not survive JSON.`);
    assertPlainData(member, name);
  }
}

/** Freezes it and all in it: whoever changes it throws. */
export function deepFrozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) deepFrozen(member);
  return Object.freeze(value);
}
