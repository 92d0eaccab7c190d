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

  it('of many stars take no time', () => {
    const started = performance.now();
    expect(fitsPattern(`${'*a'.repeat(100)}b`, 'a'.repeat(5_000), undefined)).toBe(false);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
