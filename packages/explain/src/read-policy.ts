/** From the text of a file to a JSON value, with errors that say where and why. */

import { PolicyFileError, type PolicyInput } from './policy-file-error.js';

/** Strict JSON (RFC 8259, section 2) with the place of the first error, and the members that occur twice in one object. */

type ScannedJson =
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
function scanJson(text: string, deepest: number): ScannedJson {
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

/** Far above what any cloud keeps: AWS 4,096 characters, Google 64 KB, Azure 20 small credentials. */
export const MAX_POLICY_LENGTH = 1_048_576;
const DEEPEST = 64;

interface PolicyFile {
  readonly value: unknown;
  /** Members that occur twice in one object; the last one counts. */
  readonly duplicates: readonly string[];
}

/** @throws PolicyFileError */
export function readPolicy(text: string, input: PolicyInput): PolicyFile {
  const name = `\`${input}\``;
  if (text.length > MAX_POLICY_LENGTH)
    throw new PolicyFileError(
      'policy_too_large',
      input,
      `${name} is longer than ${MAX_POLICY_LENGTH} characters; no cloud accepts a policy of this length.`,
    );
  if (text.includes('\u0000') || text.includes('\ufffd'))
    throw new PolicyFileError('policy_not_utf8', input, `${name} is not UTF-8 text.`, {
      hint: 'PowerShell writes UTF-16 with `>`: use `| Out-File -Encoding utf8`, or save the file as UTF-8.',
    });
  const json = decoded(text.replace(/^\ufeff/, '').trim());
  if (json === '') throw new PolicyFileError('policy_empty', input, `${name} is empty.`);
  if (/^["']?eyJ[\w-]+\.[\w-]+\./.test(json))
    throw new PolicyFileError('policy_is_token', input, `${name} is a token, not a policy.`, {
      hint: `Pass the token's claims as \`claims\`, and what the cloud trusts as ${name}.`,
    });
  const scanned = scanJson(json, DEEPEST);
  if ('isTooDeep' in scanned)
    throw new PolicyFileError('policy_too_deep', input, `${name} is nested deeper than ${DEEPEST} levels.`);
  if ('duplicates' in scanned) return scanned;
  if (looksLikeYaml(json))
    throw new PolicyFileError('policy_is_yaml', input, `${name} is YAML, not JSON.`, {
      hint: 'Ask the cloud for JSON: gcloud with --format=json, aws and az with --output json.',
    });
  const { line, column, problem } = scanned;
  throw new PolicyFileError(
    'policy_not_json',
    input,
    `${name} is not JSON: line ${line}, column ${column}: ${problem}.`,
    { hint: 'Pass the JSON as the cloud prints it, without comments or trailing commas.', line, column },
  );
}

/** Some clients print the document of `aws iam get-role` percent-encoded. */
function decoded(text: string): string {
  if (!/^%7B/i.test(text)) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The first line with content is `key:`, `key: value` or `- item`. */
function looksLikeYaml(text: string): boolean {
  const first = text.split('\n').find((line) => line.trim() !== '' && !/^(?:---|#|%)/.test(line)) ?? '';
  return /^(?:- |["']?[A-Za-z_][\w./-]*["']?:(?:\s|$))/.test(first);
}
