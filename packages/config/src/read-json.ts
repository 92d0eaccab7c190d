/** Strict JSON with places: no comments, no trailing commas, no key twice. Loaded with the first file. */

import type { Node, ParseError } from 'jsonc-parser';
import { findNodeAtLocation, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { ConfigProblem } from './config-error.js';
import { ConfigError } from './config-error.js';
import { firstOf } from './first-of.js';
import type { KeyPath } from './key-path.js';
import { pathText } from './key-path.js';
import type { Place, Source } from './source.js';

const MOST_CHARACTERS = 262_144;

/** Who has more has another file in hand. */
const MOST_PROBLEMS = 100;

/** The parser calls itself for each level: brackets alone must not exhaust the stack. */
const DEEPEST = 64;

/** @throws ConfigError with every place that is no JSON */
export function readJson(name: string, text: string): { readonly raw: unknown; readonly source: Source } {
  if (text.length > MOST_CHARACTERS) {
    const message = `is longer than ${MOST_CHARACTERS} characters: no configuration is.`;
    throw new ConfigError(name, [{ code: 'invalid_option', path: '(the whole)', message }]);
  }
  const content = text.replace(/^\ufeff/, '');
  if (isTooDeep(content)) {
    const message = `nests deeper than ${DEEPEST} levels: no configuration does.`;
    throw new ConfigError(name, [{ code: 'invalid_option', path: '(the whole)', message }]);
  }
  const errors: ParseError[] = [];
  const root = parseTree(content, errors, { disallowComments: true, allowTrailingComma: false });
  const found: readonly ConfigProblem[] = [
    ...errors
      .slice(0, MOST_PROBLEMS)
      .map(({ error, offset }) => syntaxProblem(printParseErrorCode(error), placeIn(content, offset))),
    ...(root === undefined ? [] : firstOf(MOST_PROBLEMS, twice(root, [], content))),
  ];
  const [first, ...rest] = found;
  if (first !== undefined) throw new ConfigError(name, [first, ...rest]);
  if (root === undefined) {
    const message = 'is empty: a configuration is a JSON object with `credentials`.';
    throw new ConfigError(name, [{ code: 'invalid_option', path: '(the whole)', message }]);
  }
  return {
    raw: JSON.parse(content) as unknown,
    source: { name, kind: 'data', placeOf: (path) => placeOf(root, path, content) },
  };
}

function isTooDeep(text: string): boolean {
  let depth = 0;
  for (const [bracket] of text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '').matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    if (depth > DEEPEST) return true;
  }
  return false;
}

const SAID: Readonly<Record<string, string>> = {
  InvalidCommentToken: 'JSON has no comments: take it out, or write a credex.config.ts',
  PropertyNameExpected: 'a key in double quotes is expected (and none after the last comma)',
  ValueExpected: 'a value is expected',
  ColonExpected: 'a colon is expected',
  CommaExpected: 'a comma is expected',
  CloseBraceExpected: 'a closing brace is expected',
  CloseBracketExpected: 'a closing bracket is expected',
  EndOfFileExpected: 'the end of the file is expected',
};

function syntaxProblem(code: string, place: Place): ConfigProblem {
  return {
    code: 'invalid_option',
    path: '(the whole)',
    message: `is not JSON: ${SAID[code] ?? code}.`,
    ...place,
  };
}

/** JSON.parse would take the last one in silence. */
function* twice(node: Node, path: KeyPath, text: string): Generator<ConfigProblem> {
  const seen = new Set<string>();
  for (const [index, child] of (node.children ?? []).entries()) {
    const [key, value] = child.type === 'property' ? (child.children ?? []) : [undefined, child];
    const at = [...path, key === undefined ? index : String(key.value)];
    if (key !== undefined) {
      if (seen.has(String(key.value))) {
        const message = `\`${pathText(at)}\` stands here for the second time: keep one.`;
        yield { code: 'conflicting_options', path: pathText(at), message, ...placeIn(text, key.offset) };
      }
      seen.add(String(key.value));
    }
    if (value !== undefined) yield* twice(value, at, text);
  }
}

/** Of the value, or of the nearest above it that is there; of a member its key's place. */
function placeOf(root: Node, path: KeyPath, text: string): Place {
  for (let length = path.length; length > 0; length -= 1) {
    const node = findNodeAtLocation(root, path.slice(0, length));
    const shown = node?.parent?.type === 'property' && length < path.length ? node.parent : node;
    if (shown !== undefined) return placeIn(text, shown.offset);
  }
  return placeIn(text, root.offset);
}

function placeIn(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  const start = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - start + 1 };
}
