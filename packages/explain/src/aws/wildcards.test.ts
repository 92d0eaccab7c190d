import { describe, expect, it } from 'vitest';
import { MANY, matchWildcards, ONE, type Token } from './glob.js';

const tokens = (pattern: string): Token[] =>
  Array.from(pattern, (character) => (character === '*' ? MANY : character === '?' ? ONE : character));

/** The meaning of a pattern, written down as such. */
const means = (pattern: string, text: string): boolean =>
  new RegExp(`^${pattern.replaceAll('?', '.').replaceAll('*', '.*')}$`, 's').test(text);

/** mulberry32: numbers from 0 to 1, the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe('patterns of `*` and `?`', () => {
  it('fit what a regular expression of the same meaning fits', () => {
    const random = randomOf(1);
    const drawn = (from: string, most: number): string =>
      Array.from(
        { length: Math.floor(random() * most) },
        () => from[Math.floor(random() * from.length)],
      ).join('');
    let fitting = 0;
    for (let run = 0; run < 20_000; run++) {
      const pattern = drawn('ab*?', 9);
      const text = drawn('ab', 14);
      const { fits } = matchWildcards(tokens(pattern), Array.from(text));
      expect(fits, `${pattern} and ${text}`).toBe(means(pattern, text));
      if (fits) fitting += 1;
    }
    expect(fitting).toBeGreaterThan(1_000);
  });

  it.each([31, 32, 33, 64, 65, 100])('have parts of %i characters', (length) => {
    const part = `${'ab'.repeat(length)}`.slice(0, length - 1);
    const fits = (text: string): boolean => matchWildcards(tokens(`*${part}?c*`), Array.from(text)).fits;
    expect(fits(`ab${part}xc`)).toBe(true);
    expect(fits(`${part}${part}xcd`)).toBe(true);
    expect(fits(`ab${part}c`)).toBe(false);
    expect(fits(`ab${part.slice(1)}xc`)).toBe(means(`*${part}?c*`, `ab${part.slice(1)}xc`));
  });

  // The longest policy that AWS accepts has 8,192 characters; `steps` of two pointers were 128,000,000 for the first.
  it.each([
    ['a long part', `*${'a'.repeat(8_190)}b`],
    ['a long part with `?`', `*${'a?'.repeat(4_095)}b*`],
    ['a long part that nearly fits everywhere', `*${'a'.repeat(8_189)}b*`],
    ['many stars', `${'*a'.repeat(4_095)}b`],
    ['many stars and places', `${'*a?'.repeat(2_730)}b*`],
    ['half a part', `*${'a'.repeat(4_000)}b*${'a'.repeat(4_000)}b*`],
  ])('take few steps with %s', (_what, pattern) => {
    const text = Array.from('a'.repeat(16_000));
    const { fits, steps } = matchWildcards(tokens(pattern), text);
    expect(fits).toBe(false);
    expect(steps).toBeLessThanOrEqual(16_000 * Math.ceil(8_192 / 32) + 16_000 + 8_192);
  });

  it('take a step for each character where parts are short', () => {
    const text = Array.from('owner:acme:project:web:environment:production'.repeat(300));
    const { fits, steps } = matchWildcards(tokens('owner:*:project:??b:*staging*'), text);
    expect(fits).toBe(false);
    expect(steps).toBeLessThanOrEqual(text.length + 30);
  });
});
