/** Compared with JSON.parse: accepts the same texts, and the positions in the tree are correct. */

import { expect, test } from 'vitest';
import { jsonTree, type JsonNode } from './read-json.js';

const isParsed = (parse: (text: string) => unknown, text: string): boolean => {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
};

/** A linear congruential generator: the same texts in each run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function assertPlaces(text: string, node: JsonNode, value: unknown): void {
  const whole = JSON.stringify(value);
  expect(text.slice(node.offset, node.offset + whole.length)).toBe(whole);
  const inner = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  expect(node.children.size).toBe(inner.length);
  for (const [key, child] of inner) {
    const found = node.children.get(Array.isArray(value) ? Number(key) : key);
    if (found === undefined) throw new Error(`There is no child ${key}.`);
    const start = Array.isArray(value) ? JSON.stringify(child) : `${JSON.stringify(key)}:`;
    expect(text.slice(found.offset, found.offset + start.length)).toBe(start);
    assertPlaces(text, found.node, child);
  }
}

test('the positions of values and keys are correct', () => {
  const value = {
    '': [[], {}, [{ a: 'é "\\\n' }], -1.5e-7, 0, 1e21, true, false, null],
    ['__proto__']: 'own',
    'a"b\\c': { '0': { '1': 'x' }, deep: [[['y']]] },
  };
  const text = JSON.stringify(value);
  assertPlaces(text, jsonTree(text).root, JSON.parse(text));
});

test('accepts exactly what JSON.parse accepts', () => {
  const pieces =
    '{ } [ ] , : "a" "b": " \\ \\u00e9 1 - 0 .5 e1 true null // x {"a": [1, "c"} 2] \t \n \u0001 \u00a0 \r'.split(
      ' ',
    );
  const below = numbers(7);
  let taken = 0;
  for (let run = 0; run < 20_000; run += 1) {
    const text = Array.from({ length: below(9) }, () => pieces[below(pieces.length)]).join('');
    const isJson = isParsed(JSON.parse, text);
    taken += isJson ? 1 : 0;
    if (isParsed(jsonTree, text) !== isJson) throw new Error(`JSON.parse and jsonTree disagree: ${text}`);
  }
  expect(taken).toBeGreaterThan(500);
});

test.each([
  '01',
  '1.',
  '-',
  '"\\x"',
  '"a\nb"',
  '{"a":1,}',
  '[1,]',
  'nul',
  'truex',
  '1 2',
  '\u00a01',
  '{"a" 1}',
  '',
])('refuses %j as JSON.parse does', (text) => {
  expect(isParsed(JSON.parse, text)).toBe(false);
  expect(() => jsonTree(text)).toThrow(/is not JSON/);
});
