/** Finds the line of a JSON syntax error. The messages of JavaScript engines differ, and some have no position. */

const VALUE = /"(?:[^"\\\u0000-\u001f]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y; // eslint-disable-line no-control-regex -- JSON forbids them
/** The maximum nesting: a deeper text is reported as an error at this position. */
const DEEPEST = 500;
const SPACE = /[ \t\r\n]*/y;

/** The line, from 1, of the first syntax error (RFC 8259); the last line if the text ends too early. */
export function lineOfJsonFault(text: string): number {
  let at = 0;
  let depth = 0;
  const skip = (): string => {
    SPACE.lastIndex = at;
    at += SPACE.exec(text)?.[0].length ?? 0;
    return text[at] ?? '';
  };
  const literal = (): boolean => {
    VALUE.lastIndex = at;
    const found = VALUE.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found !== undefined;
  };
  const list = (end: string, item: () => boolean): boolean => {
    if (depth === DEEPEST) return false;
    at += 1;
    if (skip() === end) return (at += 1) > 0;
    depth += 1;
    while (item()) {
      const next = skip();
      if (next !== end && next !== ',') return false;
      at += 1;
      if (next === end) {
        depth -= 1;
        return true;
      }
    }
    return false;
  };
  const member = (): boolean => {
    if (skip() !== '"' || !literal() || skip() !== ':') return false;
    at += 1;
    return value();
  };
  const value = (): boolean => {
    const first = skip();
    if (first === '{') return list('}', member);
    if (first === '[') return list(']', value);
    return literal();
  };
  value();
  skip();
  return text.slice(0, at).split('\n').length;
}
