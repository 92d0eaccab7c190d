/** From the text of a file to a JSON value, with errors that say where and why. */

import { printParseErrorCode, visit } from 'jsonc-parser';
import { PolicyFileError } from './policy-file-error.js';

/** Far above what any cloud keeps: AWS 4,096 characters, Google 64 KB, Azure 20 small credentials. */
export const MAX_POLICY_LENGTH = 1_048_576;
const DEEPEST = 64;

export interface PolicyFile {
  readonly value: unknown;
  /** Members that stand twice in one object; JSON.parse keeps the last. */
  readonly duplicates: readonly string[];
}

/**
 * @param option as it is typed, for the errors: `--policy`
 * @throws PolicyFileError
 */
export function readPolicy(text: string, option: string): PolicyFile {
  if (text.length > MAX_POLICY_LENGTH)
    throw new PolicyFileError(
      'policy_too_large',
      option,
      `The file of ${option} is longer than ${MAX_POLICY_LENGTH} characters; no cloud keeps such a policy.`,
    );
  if (text.includes('\u0000') || text.includes('\ufffd'))
    throw new PolicyFileError('policy_not_utf8', option, `The file of ${option} is not UTF-8 text.`, {
      hint: 'PowerShell writes UTF-16 with `>`: use `| Out-File -Encoding utf8`, or save the file as UTF-8.',
    });
  const json = unwrapped(text.replace(/^\ufeff/, '').trim());
  if (json === '') throw new PolicyFileError('policy_empty', option, `The file of ${option} is empty.`);
  refuseToken(json, option);
  refuseDepth(json, option);
  return parsed(json, option);
}

/** `aws iam get-role` gives the document percent-encoded in some clients' output. */
function unwrapped(text: string): string {
  if (!/^%7B/i.test(text)) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function refuseToken(text: string, option: string): void {
  if (!/^["']?eyJ[\w-]+\.[\w-]+\./.test(text)) return;
  throw new PolicyFileError('policy_is_token', option, `The file of ${option} holds a token, not a policy.`, {
    hint: `Pass the token with --token-file, and what the cloud trusts with ${option}.`,
  });
}

/** Before any parser: the ones at hand call themselves for every level. */
function refuseDepth(text: string, option: string): void {
  let depth = 0;
  let isInText = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (isInText) {
      if (character === '\\') at += 1;
      else if (character === '"') isInText = false;
    } else if (character === '"') isInText = true;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    if (depth > DEEPEST)
      throw new PolicyFileError(
        'policy_too_deep',
        option,
        `The file of ${option} is nested deeper than ${DEEPEST} levels.`,
      );
  }
}

function parsed(text: string, option: string): PolicyFile {
  const duplicates: string[] = [];
  const open: Set<string>[] = [];
  let failure: { readonly line: number; readonly column: number; readonly what: string } | undefined;
  visit(
    text,
    {
      onObjectBegin: () => void open.push(new Set()),
      onObjectEnd: () => void open.pop(),
      onObjectProperty(name) {
        const members = open.at(-1);
        if (members?.has(name) === true) duplicates.push(name);
        members?.add(name);
      },
      onError(code, _offset, _length, line, column) {
        failure ??= { line: line + 1, column: column + 1, what: printParseErrorCode(code) };
      },
    },
    { disallowComments: true, allowTrailingComma: false },
  );
  if (failure === undefined) {
    try {
      return { value: JSON.parse(text) as unknown, duplicates };
    } catch {
      // The two parsers disagree in some corner: said as what it is, JSON that isn't.
    }
  }
  if (looksLikeYaml(text))
    throw new PolicyFileError('policy_is_yaml', option, `The file of ${option} is YAML, not JSON.`, {
      hint: 'Ask the cloud for JSON: gcloud with --format=json, aws and az with --output json.',
    });
  const { line, column, what } = failure ?? { line: 1, column: 1, what: 'InvalidSymbol' };
  throw new PolicyFileError(
    'policy_not_json',
    option,
    `The file of ${option} is not JSON: line ${line}, column ${column}: ${inWords(what)}.`,
    { hint: 'Pass the JSON as the cloud prints it, without comments or trailing commas.', line, column },
  );
}

/** Its first line that says something is `key:`, `key: value` or `- item`. */
function looksLikeYaml(text: string): boolean {
  const first = text.split('\n').find((line) => line.trim() !== '' && !/^(?:---|#|%)/.test(line)) ?? '';
  return /^(?:- |["']?[A-Za-z_][\w./-]*["']?:(?:\s|$))/.test(first);
}

/** `PropertyNameExpected` → `property name expected`. */
const inWords = (code: string): string =>
  code.replace(/[A-Z]/g, (letter, at: number) => `${at === 0 ? '' : ' '}${letter.toLowerCase()}`);
