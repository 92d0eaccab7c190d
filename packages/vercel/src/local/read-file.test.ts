import { expect, it } from 'vitest';
import { lineOfJsonFault } from './read-file.js';

it.each([
  ['{"a": 1,\n "b": oops}', 2],
  ['{"a": 1\n "b": 2}', 2],
  ['{\n"a": [1,\n2,\n],\n"b": 1}', 4],
  ['{"a": "x\ny"}', 1],
  ['{"a": tru', 1],
  ['{\n"a": {\n"b": 1', 3],
  ['{"a": 1}\n\n{', 3],
  ['{"a" 1}', 1],
  ['{a: 1}', 1],
  ['', 1],
  ['\n\nx', 3],
  ['{"a": 01}', 1],
  ['{"a": "\\u00e9\\n", "b": [-1.5e3, null, true, {}, []],\n"c": \'x\'}', 2],
])('%j goes wrong in line %i', (text, line) => {
  expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
  expect(lineOfJsonFault(text)).toBe(line);
});

it('ends at the end of what is right', () => {
  expect(lineOfJsonFault('{"a": 1,\n"b": [1, 2]\n}')).toBe(3);
});

it('is where it gets too deep to follow, in a text made to be deep', () => {
  expect(lineOfJsonFault(`{\n"a":${'['.repeat(100_000)}`)).toBe(2);
  expect(lineOfJsonFault(`[${'[],'.repeat(2_000)}\n!`)).toBe(2);
});
