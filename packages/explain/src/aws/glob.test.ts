import { describe, expect, it } from 'vitest';
import { fitsName, fitsPattern, fitsText } from './glob.js';
import type { Lookup } from './request-keys.js';

const lookup: Lookup = (key) =>
  key === 'one' ? ['*'] : key === 'two' ? ['a', 'b'] : key === 'never' ? 'unknown' : 'absent';

describe('patterns', () => {
  it.each([
    ['*', '', true],
    ['', '', true],
    ['', 'a', false],
    ['a*c', 'abbc', true],
    ['a*c', 'ac', true],
    ['a?c', 'ac', false],
    ['a?c', 'a\u{1f600}c', true],
    ['*a*b', 'xaxbxb', true],
    ['*a*b', 'xbxa', false],
    ['a.c', 'abc', false],
    ['a*', 'A', false],
    ['a\n*', 'a\nb', true],
    ['${*}', '*', true],
    ['${*}', 'x', false],
    ['${?}${$}', '?$', true],
    ['x${one}', 'x*', true],
    ['x${one}', 'xy', false],
    ["${none, 'd'}", 'd', true],
    ['${none}', '', false],
    ['${two}', 'a', false],
    ['${never}', 'a', undefined],
    ['${never}${none}', 'a', false],
  ])('%j fits %j: %s', (pattern, text, fits) => {
    expect(fitsPattern(pattern, text, lookup)).toBe(fits);
  });

  it('are texts without wildcards, and variables are texts in the old language', () => {
    expect(fitsText('a*', 'a*', lookup)).toBe(true);
    expect(fitsText('a*', 'ab', lookup)).toBe(false);
    expect(fitsText('${one}', '${one}', undefined)).toBe(true);
  });

  it('of actions have no case', () => expect(fitsName('STS:assume*', 'sts:AssumeRole')).toBe(true));

  it('with a long value in many places are not filled in further than the text is long', () => {
    let read = 0;
    const value = 'a'.repeat(16_000);
    const long: Lookup = () => {
      read += 1;
      return [value];
    };
    expect(fitsPattern('${sub}'.repeat(1_000), value, long)).toBe(false);
    expect(fitsPattern('${sub}*', value, long)).toBe(true);
    expect(fitsText('${sub}'.repeat(1_000), value, long)).toBe(false);
    expect(read).toBe(2_001);
  });
});
