/** Checks one option of an entry against its row of the table. */

import type { OptionErrorCode } from '@credex/core';
import type { Grammar } from '@credex/core/internal';
import { didYouMean, invalidOption } from '@credex/core/internal';
import { pathText, CONFIG_VARIABLE, isData, variableAt, type KeyPath, type Source } from './config-error.js';
import type { OptionRow } from './clouds/cloud.js';
import { ENVIRONMENT } from './option-table.js';

export interface Issue {
  readonly path: KeyPath;
  readonly code: OptionErrorCode;
  readonly message: string;
  readonly environmentVariable?: string | undefined;
}

export const issueAt = (
  path: KeyPath,
  message: string,
  code: OptionErrorCode = 'invalid_option',
  environmentVariable?: string,
): Issue => ({ path, code, message, environmentVariable });

/** Returns what is wrong with the value, or an empty list. `undefined` counts as left out. */
export function issuesOf(row: OptionRow, value: unknown, path: KeyPath, source: Source): readonly Issue[] {
  if (value === undefined) return [];
  if (row.kind === 'code' && isData(source, path)) return [unsafe(path)];
  if (row.source === 'no-variable' && source.name === CONFIG_VARIABLE) return [notInEnvironment(path)];
  const says = (expected: string, at = path, found = value): Issue => issue(at, expected, found, source);
  switch (row.kind) {
    case 'code':
      return [];
    case 'string':
      return stringIssues(row, value, says, isData(source, path));
    case 'integer': {
      const [min, max] = row.range ?? [0, Number.MAX_SAFE_INTEGER];
      const fits = typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
      return fits ? [] : [says(`a whole number from ${min} to ${max}`)];
    }
    case 'boolean':
      return typeof value === 'boolean' ? [] : [says('true or false')];
    case 'strings':
      return typeof value === 'string' && value !== '' ? [] : listIssues(row.grammar, value, path, says);
    case 'list':
      return listIssues(row.grammar, value, path, says);
    case 'tenants':
      return value === '*' ? [] : listIssues(row.grammar, value, path, says, "'*' or a list of tenants");
    case 'policy':
      return isPolicy(value) ? [] : [says('an IAM policy: a JSON object, or its text')];
    case 'object':
      return memberIssues(row.members ?? [], value, path, says);
    case 'texts':
      return textIssues(row.grammar, value, path, says);
    case 'records':
      return recordIssues(row.rows ?? {}, value, path, source, says);
    case 'when':
      return whenIssues(value, path, says);
  }
}

type Says = (expected: string, at?: KeyPath, found?: unknown) => Issue;

function issue(path: KeyPath, expected: string, value: unknown, source: Source): Issue {
  const environmentVariable = variableAt(source, path);
  const { message } = invalidOption({ option: pathText(path), environmentVariable }, expected, value);
  return issueAt(path, message, 'invalid_option', environmentVariable);
}

/** Whoever starts the process sets variables; a variable must not turn on a fallback. */
function notInEnvironment(path: KeyPath): Issue {
  const message = `\`${pathText(path)}\` cannot be set in ${CONFIG_VARIABLE}: set it in a configuration file or in code.`;
  return issueAt(path, message, 'invalid_option', CONFIG_VARIABLE);
}

/** People other than the authors of the code may be able to write JSON files and environment variables. */
function unsafe(path: KeyPath): Issue {
  const message =
    `\`${pathText(path)}\` decides where a token is sent, so JSON and environment variables cannot set it: ` +
    'set it in credex.config.ts, or pass it to createCredentials in code.';
  return issueAt(path, message, 'unsafe_url');
}

function stringIssues(row: OptionRow, value: unknown, says: Says, isFromData: boolean): readonly Issue[] {
  const { grammar, oneOf } = row;
  if (oneOf !== undefined && (isFromData || row.isClosed === true)) {
    const fits = typeof value === 'string' && oneOf.includes(value);
    return fits ? [] : [says(oneOf.map((one) => `'${one}'`).join(' or '))];
  }
  const fits = typeof value === 'string' && value !== '' && (grammar?.pattern.test(value) ?? true);
  return fits ? [] : [says(grammar?.says ?? 'a non-empty string')];
}

function listIssues(
  grammar: Grammar | undefined,
  value: unknown,
  path: KeyPath,
  says: Says,
  expected = 'a list of at least one string',
): readonly Issue[] {
  if (!Array.isArray(value) || value.length === 0) return [says(expected)];
  return value.flatMap((item: unknown, index) => {
    const fits = typeof item === 'string' && item !== '' && (grammar?.pattern.test(item) ?? true);
    return fits ? [] : [says(grammar?.says ?? 'a non-empty string', [...path, index], item)];
  });
}

function memberIssues(
  members: readonly string[],
  value: unknown,
  path: KeyPath,
  says: Says,
): readonly Issue[] {
  const expected = `an object with at least one of ${members.join(', ')}`;
  if (!isObject(value) || Object.keys(value).length === 0) return [says(expected)];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (!members.includes(key)) return [unknownKey([...path, key], key, members)];
    return inner === undefined || (typeof inner === 'string' && inner !== '')
      ? []
      : [says('a non-empty string', [...path, key], inner)];
  });
}

function textIssues(
  grammar: Grammar | undefined,
  value: unknown,
  path: KeyPath,
  says: Says,
): readonly Issue[] {
  if (!isObject(value)) return [says('an object of strings')];
  return Object.entries(value).flatMap(([key, text]) => {
    const fits = text === undefined || (typeof text === 'string' && (grammar?.pattern.test(text) ?? true));
    return fits ? [] : [says(grammar?.says ?? 'a string', [...path, key], text)];
  });
}

function recordIssues(
  rows: Readonly<Record<string, OptionRow>>,
  value: unknown,
  path: KeyPath,
  source: Source,
  says: Says,
): readonly Issue[] {
  if (!Array.isArray(value) || value.length === 0) return [says('a list of at least one object')];
  return value.flatMap((item: unknown, index): readonly Issue[] => {
    const at = [...path, index];
    if (!isObject(item)) return [says('an object', at, item)];
    const unknown = Object.keys(item).filter((key) => !Object.hasOwn(rows, key));
    const missing = Object.keys(rows).filter((key) => rows[key]?.required && item[key] === undefined);
    return [
      ...unknown.map((key) => unknownKey([...at, key], key, Object.keys(rows))),
      ...missing.map((key) =>
        issueAt([...at, key], `\`${pathText([...at, key])}\` is missing.`, 'missing_option'),
      ),
      ...Object.entries(rows).flatMap(([key, row]) => issuesOf(row, item[key], [...at, key], source)),
    ];
  });
}

function whenIssues(value: unknown, path: KeyPath, says: Says): readonly Issue[] {
  if (!isObject(value)) return [says('an object with `environment`')];
  const unknownKeys = Object.keys(value).filter((key) => key !== 'environment');
  const unknown = unknownKeys.map((key) => unknownKey([...path, key], key, ['environment']));
  const { environment } = value;
  const at = [...path, 'environment'];
  const named =
    typeof environment === 'string'
      ? ENVIRONMENT.pattern.test(environment)
        ? []
        : [says(ENVIRONMENT.says, at, environment)]
      : listIssues(ENVIRONMENT, environment, at, (expected, where = at, found = environment) =>
          says(where === at ? 'the name of an environment, or a list of names' : expected, where, found),
        );
  return [...unknown, ...named];
}

export function unknownKey(path: KeyPath, key: string, known: readonly string[]): Issue {
  const message = `\`${pathText(path)}\` is not known.${didYouMean(key, known)} Known here: ${known.join(', ')}.`;
  return issueAt(path, message);
}

function isPolicy(value: unknown): boolean {
  if (typeof value !== 'string') return isObject(value);
  try {
    return isObject(JSON.parse(value));
  } catch {
    // The reported issue says that this is not JSON.
    return false;
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
