/** Reads strict JSON with positions: no comments, no trailing commas, no duplicate keys. Loaded on first use. */

import {
  ConfigError,
  pathText,
  type ConfigProblem,
  type KeyPath,
  type Place,
  type Source,
} from './config-error.js';

/** Parses strict JSON (RFC 8259) with the positions of keys and values, and reports duplicate keys. */

/** Nested brackets must not exhaust the stack. */
const MAX_DEPTH = 64;

/** The position and the content of a value. */
export interface JsonNode {
  readonly offset: number;
  readonly children: ReadonlyMap<string | number, JsonChild>;
}

export interface JsonChild {
  /** The position of the key of a member, or of the item of an array. */
  readonly offset: number;
  readonly node: JsonNode;
}

export interface DuplicateKey {
  readonly path: readonly (string | number)[];
  readonly offset: number;
}

/** The message has no subject: "is not JSON: a colon is expected." */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

const SPACE = /[ \t\r\n]*/y;
/** Every character except control characters, the quote and the backslash. */
const STRING = /"[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[ !#-[\]-\uffff]*)*"/y;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;

/** @throws JsonSyntaxError for the first syntax error, and if brackets nest deeper than 64 levels */
export function jsonTree(text: string): {
  readonly root: JsonNode;
  readonly duplicates: readonly DuplicateKey[];
} {
  const duplicates: DuplicateKey[] = [];
  let at = 0;

  const skip = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  const fail = (expected: string): never => {
    const isComment = text[at] === '/' && /[/*]/.test(text[at + 1] ?? '');
    throw new JsonSyntaxError(
      `is not JSON: ${isComment ? 'JSON does not allow comments: remove it, or use a credex.config.ts' : `${expected} is expected`}.`,
      at,
    );
  };
  const next = (): string | undefined => {
    skip(SPACE);
    return text[at];
  };

  function value(path: readonly (string | number)[]): JsonNode {
    const start = next();
    const offset = at;
    if (start === '{') return { offset, children: members(path, '}', 'a closing brace', member) };
    if (start === '[') return { offset, children: members(path, ']', 'a closing bracket', item) };
    if (skip(start === '"' ? STRING : SCALAR) === undefined)
      fail(start === '"' ? 'a string on one line' : 'a value');
    return { offset, children: new Map() };
  }

  type Children = Map<string | number, JsonChild>;

  function members(
    path: readonly (string | number)[],
    end: string,
    closing: string,
    read: (path: readonly (string | number)[], into: Children) => void,
  ): Children {
    if (path.length >= MAX_DEPTH)
      throw new JsonSyntaxError(`nests deeper than ${MAX_DEPTH} levels: no configuration does.`, at);
    const children: Children = new Map();
    at += 1;
    if (next() === undefined) fail(closing);
    if (text[at] !== end) read(path, children);
    for (let after = next(); after !== end; after = next()) {
      if (after !== ',') fail(after === undefined ? closing : 'a comma');
      at += 1;
      read(path, children);
    }
    at += 1;
    return children;
  }

  function member(path: readonly (string | number)[], into: Children): void {
    next();
    const offset = at;
    const quoted = skip(STRING) ?? fail('a key in double quotes (and none after the last comma)');
    const key = JSON.parse(quoted) as string;
    if (next() !== ':') fail('a colon');
    at += 1;
    const here = [...path, key];
    if (into.has(key)) duplicates.push({ path: here, offset });
    into.set(key, { offset, node: value(here) });
  }

  function item(path: readonly (string | number)[], into: Children): void {
    const here = [...path, into.size];
    const node = value(here);
    into.set(into.size, { offset: node.offset, node });
  }

  const root = value([]);
  if (next() !== undefined) fail('the end of the file');
  return { root, duplicates };
}

const MAX_CHARACTERS = 262_144;

/** Limits the work: the position of each problem is looked up. */
const MAX_PROBLEMS = 100;

/** @throws ConfigError with the first syntax error, or with every duplicate key */
export function readJson(name: string, text: string): { readonly raw: unknown; readonly source: Source } {
  if (text.length > MAX_CHARACTERS)
    throw notJson(name, {
      message: `is longer than ${MAX_CHARACTERS} characters, the limit for a configuration.`,
    });
  const content = text.replace(/^\ufeff/, '');
  if (content.trim() === '')
    throw notJson(name, { message: 'is empty: a configuration is a JSON object with `credentials`.' });
  const { root, duplicates } = treeOf(name, content);
  // JSON.parse would silently use the last one.
  const [first, ...rest] = duplicates.slice(0, MAX_PROBLEMS).map(({ path, offset }): ConfigProblem => {
    const key = pathText(path);
    const message = `\`${key}\` occurs twice: keep one.`;
    return { code: 'conflicting_options', path: key, message, ...placeIn(content, offset) };
  });
  if (first !== undefined) throw new ConfigError(name, [first, ...rest]);
  return {
    raw: JSON.parse(content) as unknown,
    source: { name, kind: 'data', placeOf: (path) => placeOf(root, path, content) },
  };
}

function treeOf(name: string, content: string): ReturnType<typeof jsonTree> {
  try {
    return jsonTree(content);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw notJson(name, { message: error.message, ...placeIn(content, error.offset) });
  }
}

const notJson = (name: string, problem: Pick<ConfigProblem, 'message'> & Partial<Place>): ConfigError =>
  new ConfigError(name, [{ code: 'invalid_option', path: '(the whole)', ...problem }]);

/** The position of the value, or of the nearest parent that exists. For a member, the position of its key. */
function placeOf(root: JsonNode, path: KeyPath, text: string): Place {
  let [node, offset] = [root, root.offset];
  for (const [index, key] of path.entries()) {
    const child = node.children.get(key);
    if (child === undefined) break;
    node = child.node;
    offset = index === path.length - 1 ? node.offset : child.offset;
  }
  return placeIn(text, offset);
}

function placeIn(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  const start = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - start + 1 };
}
