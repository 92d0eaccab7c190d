/** Three-valued logic (Kleene): `undefined` is a condition whose truth is not known offline. */

export type Truth = boolean | undefined;

export const allOf = (list: readonly Truth[]): Truth =>
  list.includes(false) ? false : list.includes(undefined) ? undefined : true;

export const anyOf = (list: readonly Truth[]): Truth =>
  list.includes(true) ? true : list.includes(undefined) ? undefined : false;

export const negated = (truth: Truth): Truth => (truth === undefined ? undefined : !truth);

export const resultOf = (truth: Truth): 'match' | 'mismatch' | 'unknown' =>
  truth === undefined ? 'unknown' : truth ? 'match' : 'mismatch';
