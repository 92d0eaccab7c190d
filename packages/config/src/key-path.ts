/** Keys as error messages show them. */

import { cleanServerText } from '@credex/core/failure';

export type KeyPath = readonly (string | number)[];

/** `credentials.store[1].roleArn`. A key that might be a pasted secret is not printed. */
export function pathText(path: KeyPath): string {
  return path.map((key, index) => segment(key, index)).join('') || '(the whole)';
}

function segment(key: string | number, index: number): string {
  if (typeof key === 'number') return `[${key}]`;
  const shown = shownKey(key);
  return index === 0 ? shown : `.${shown}`;
}

/** The key, or its length if it might be a secret. */
export function shownKey(key: string): string {
  return /^[\w$-]{1,48}$/.test(key) && cleanServerText(key) === key
    ? key
    : `(a key of ${key.length} characters)`;
}
