/** From the text of a file to a JSON value, with errors that say where and why. */

import { PolicyFileError } from './policy-file-error.js';
import type { PolicyInput } from './policy-file-error.js';
import { scanJson } from './scan-json.js';

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
      `${name} is longer than ${MAX_POLICY_LENGTH} characters; no cloud keeps such a policy.`,
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
