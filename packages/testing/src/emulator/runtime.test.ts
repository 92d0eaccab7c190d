import { expect, test } from 'vitest';
import { createRandomHex } from './runtime.js';

test('a seed repeats itself, another seed does not, and nothing is handed out twice', () => {
  const draw = (seed: string | number | undefined) => {
    const randomHex = createRandomHex(seed);
    return [randomHex(4), randomHex(40), randomHex(4)];
  };
  expect(draw('a')).toEqual(draw('a'));
  expect(draw('a')).not.toEqual(draw('b'));
  expect(draw(undefined)).not.toEqual(draw(undefined));
  for (const drawn of [draw(1), draw(undefined)]) {
    expect(drawn.map((hex) => hex.length)).toEqual([8, 80, 8]);
    expect(drawn[0]).not.toBe(drawn[2]);
    expect(drawn.join('')).toMatch(/^[0-9a-f]+$/);
  }
});
