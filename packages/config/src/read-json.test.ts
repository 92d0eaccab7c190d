import { describe, expect, test } from 'vitest';
import { ConfigError } from './config-error.js';
import { readJson } from './read-json.js';

const BAD: readonly (readonly [string, string, RegExp])[] = [
  ['nothing', '', /is (empty|not JSON)/],
  ['a comment', '{\n  // no\n  "credentials": {}\n}', /^f:2:3: is not JSON: JSON does not allow comments/],
  ['a comma too many', '{\n  "credentials": {},\n}', /^(\d problems:\n {2})?f:3:1: is not JSON/],
  ['single quotes', "{ 'credentials': {} }", /is not JSON/],
  ['an open end', '{ "credentials": {', /is not JSON: a closing brace is expected/],
  ['more behind the end', '{} {}', /is not JSON: the end of the file is expected/],
  ['a key twice', '{\n "credentials": {"a": 1,\n  "a": 2}}', /^f:3:3: `credentials\.a` occurs twice/],
  ['brackets alone', '['.repeat(100_000), /nests deeper than 64/],
  ['brackets in brackets', `{"credentials":${'{"a":'.repeat(70)}1${'}'.repeat(71)}`, /nests deeper than 64/],
  ['far too much', ' '.repeat(300_000), /longer than 262144/],
];

/** Inputs on which a scanner that searches for an end from every start takes quadratic time. Each is tried in two sizes. */
const LONG: Readonly<Record<string, (size: number) => string>> = {
  backslashes: (size) => `{"a":"${'\\'.repeat(size)}`,
  'escaped quotes': (size) => `{"a":"${'\\"'.repeat(size / 2)}`,
  quotes: (size) => '"'.repeat(size),
  'open strings': (size) => '"a\n'.repeat(size / 3),
  spaces: (size) => `{${' '.repeat(size)}x`,
  digits: (size) => `[${'1'.repeat(size)}x`,
  brackets: (size) => '[]'.repeat(size / 2),
  commas: (size) => `[${','.repeat(size)}`,
};

test.each(Object.entries(LONG))(
  'a long run of %s is read in time that grows with its size',
  (_name, text) => {
    const took = (size: number): number => {
      const began = performance.now();
      expect(() => readJson('f', text(size))).toThrow(ConfigError);
      return performance.now() - began;
    };
    took(1_000);
    // Sixteen times the size; a quadratic scanner takes 256 times as long, and seconds at the least.
    expect(took(262_000)).toBeLessThan(Math.max(1_500, took(16_000) * 100));
  },
);

describe('strict JSON', () => {
  test.each(BAD)('%s', (_name, text, says) => {
    let message = '';
    try {
      readJson('f', text);
    } catch (error) {
      expect(ConfigError.isInstance(error)).toBe(true);
      ({ message } = error as Error);
    }
    expect(message).toMatch(says);
  });

  test('one key repeated many times: the first hundred problems are reported', () => {
    const began = performance.now();
    let told = 0;
    try {
      readJson('f', `{${'"a":1,'.repeat(30_000)}"a":1}`);
    } catch (error) {
      told = (error as ConfigError).problems.length;
    }
    expect(told).toBe(100);
    // Reporting thousands took five seconds.
    expect(performance.now() - began).toBeLessThan(1_500);
  });

  test('a byte order mark is accepted', () => {
    expect(readJson('f', '\ufeff{"credentials": {}}').raw).toEqual({ credentials: {} });
  });

  test('a missing value is reported at the position of its parent', () => {
    const { source } = readJson('f', '{\n  "credentials": {\n    "store": {}\n  }\n}');
    expect(source.placeOf?.(['credentials', 'store', 'roleArn'])).toEqual({ line: 3, column: 5 });
    expect(source.placeOf?.(['credentials', 'store'])).toEqual({ line: 3, column: 14 });
  });
});
