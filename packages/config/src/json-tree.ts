/** Strict JSON (RFC 8259) with the places of its keys and values, and with the keys that stand twice. */

/** Brackets alone must not exhaust the stack. */
const DEEPEST = 64;

/** Where a value is, and what is in it. */
export interface JsonNode {
  readonly offset: number;
  readonly children: ReadonlyMap<string | number, JsonChild>;
}

export interface JsonChild {
  /** Of the member's key; of an array's item the item itself. */
  readonly offset: number;
  readonly node: JsonNode;
}

export interface DuplicateKey {
  readonly path: readonly (string | number)[];
  readonly offset: number;
}

/** What is wrong, without its subject: "is not JSON: a colon is expected." */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

const SPACE = /[ \t\r\n]*/y;
/** Without control characters: what is between them, the quote and the backslash. */
const STRING = /"[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[ !#-[\]-\uffff]*)*"/y;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;

/** @throws JsonSyntaxError for the first place that is no JSON, and where brackets nest deeper than 64 levels */
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
      `is not JSON: ${isComment ? 'JSON has no comments: take it out, or write a credex.config.ts' : `${expected} is expected`}.`,
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
    if (path.length >= DEEPEST)
      throw new JsonSyntaxError(`nests deeper than ${DEEPEST} levels: no configuration does.`, at);
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
