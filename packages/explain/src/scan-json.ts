/** Strict JSON (RFC 8259, section 2) with the place of the first error, and the members that occur twice in one object. */

export type ScannedJson =
  | { readonly value: unknown; readonly duplicates: readonly string[] }
  | { readonly isTooDeep: true }
  /** `line` and `column` start at 1; `problem` completes "line 3, column 1: …". */
  | { readonly line: number; readonly column: number; readonly problem: string };

const SPACE = /[ \t\n\r]*/y;
const TOKEN =
  /[{}[\],:]|"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[Ee][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)/y;

/** What may come next; with `?`: or the end of the list or object that was just opened. */
type Expected = 'value' | 'value?' | 'name' | 'name?' | 'colon' | 'comma' | 'end';

const PROBLEMS: Readonly<Record<Expected, string>> = {
  value: 'a value is expected',
  'value?': 'a value or `]` is expected',
  name: 'a property name in double quotes is expected',
  'name?': 'a property name in double quotes or `}` is expected',
  colon: 'a colon is expected',
  comma: 'a comma or a closing bracket is expected',
  end: 'the end of the text is expected',
};

/** Takes no more than one step for each token, and never calls itself. */
export function scanJson(text: string, deepest: number): ScannedJson {
  const duplicates: string[] = [];
  /** For each open object the names so far; undefined for a list. */
  const open: (Set<string> | undefined)[] = [];
  let expected: Expected = 'value';
  let at = skipSpace(text, 0);
  for (; at < text.length; at = skipSpace(text, TOKEN.lastIndex)) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.[0];
    const next: Expected | undefined =
      token === undefined ? undefined : accept(token, expected, open, duplicates);
    if (next === undefined) return problemAt(text, at, expected);
    if (open.length > deepest) return { isTooDeep: true };
    expected = next;
  }
  return expected === 'end'
    ? { value: JSON.parse(text) as unknown, duplicates }
    : problemAt(text, text.length, expected);
}

function skipSpace(text: string, from: number): number {
  SPACE.lastIndex = from;
  return from + (SPACE.exec(text)?.[0].length ?? 0);
}

/** What may follow the token; undefined if the token itself may not come here. */
function accept(
  token: string,
  expected: Expected,
  open: (Set<string> | undefined)[],
  duplicates: string[],
): Expected | undefined {
  const names = open.at(-1);
  const afterValue = (): Expected => (open.length === 0 ? 'end' : 'comma');
  const closes = names === undefined ? ']' : '}';
  if (token === closes && open.length > 0 && (expected === 'comma' || expected.endsWith('?'))) {
    open.pop();
    return afterValue();
  }
  switch (expected) {
    case 'name':
    case 'name?': {
      if (!token.startsWith('"')) return undefined;
      const name = JSON.parse(token) as string;
      if (names?.has(name) === true) duplicates.push(name);
      names?.add(name);
      return 'colon';
    }
    case 'colon':
      return token === ':' ? 'value' : undefined;
    case 'comma':
      return token === ',' ? (names === undefined ? 'value' : 'name') : undefined;
    case 'end':
      return undefined;
    default:
      if (token === '{' || token === '[') {
        open.push(token === '{' ? new Set() : undefined);
        return token === '{' ? 'name?' : 'value?';
      }
      return /^[}\],:]$/.test(token) ? undefined : afterValue();
  }
}

function problemAt(text: string, at: number, expected: Expected): ScannedJson {
  const before = text.slice(0, at).split('\n');
  const problem = at < text.length ? PROBLEMS[expected] : `the text ends where ${PROBLEMS[expected]}`;
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, problem };
}
