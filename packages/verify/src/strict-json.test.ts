import { describe, expect, test } from 'vitest';
import { parseStrictObject } from './read-token.js';

describe('what has one reading is read', () => {
  test.each([
    '{}',
    ' {\n"a" : 1 }\t',
    '{"a":{"a":{"a":[{"a":1},{"a":2}]}}}',
    '{"a":"b\\"c\\":d","c":1}',
    '{"a\\\\":1,"a":2}',
    '{"":1,"a":":,{}[]\\\\"}',
    '{"a":[[],{},"}{"],"b":null}',
    '{"a":"\\u0022:","b":1}',
    '{"constructor":1,"toString":2,"hasOwnProperty":3}',
  ])('%s', (text) => {
    expect(parseStrictObject(text)).toEqual(JSON.parse(text));
  });
});

test.each([
  ['{"a":1,"a":1}', 'duplicate'],
  ['{"a":1,"\\u0061":1}', 'duplicate'],
  ['{"a":1,"b":{"c":1,"c":2}}', 'duplicate'],
  ['{"a":[{"b":1,"b":1}]}', 'duplicate'],
  ['{"a":{"x":1,"y":2},"a":{}}', 'duplicate'],
  ['{"a":{},"a":{"x":1,"y":2}}', 'duplicate'],
  ['{"a\\"":1,"a\\"":2}', 'duplicate'],
  ['{"":1,"":2}', 'duplicate'],
  ['{"__proto__":1}', '__proto__'],
  ['{"a":[{"\\u005f_proto__":null}]}', '__proto__'],
  [`{"a":${'['.repeat(40)}${']'.repeat(40)}}`, 'too deep'],
  ['[]', 'not a JSON object'],
  ['null', 'not a JSON object'],
  ['"{}"', 'not a JSON object'],
  ['{"a":1}{', 'JSON'],
  ['{"a":NaN}', 'JSON'],
  ['', 'JSON'],
])('%s is refused: %s', (text, why) => {
  expect(() => parseStrictObject(text)).toThrow(SyntaxError);
  expect(() => parseStrictObject(text)).toThrow(why);
});
