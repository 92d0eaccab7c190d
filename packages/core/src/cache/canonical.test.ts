import { describe, expect, it } from 'vitest';
import { canonicalJson, lengthPrefixed } from './key.js';

describe('canonical text', () => {
  it('does not depend on the order of members', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: true })).toBe(
      '{"a":true,"b":[1,{"c":"x","d":null}]}',
    );
  });
  it('keeps lists of fields apart that would join to one text', () => {
    expect(lengthPrefixed(['ab', 'c'])).not.toBe(lengthPrefixed(['a', 'bc']));
  });
});
