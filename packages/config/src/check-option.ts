/** One option of an entry, held against its row of the table. */

import type { OptionErrorCode } from '@credex/core';
import type { Grammar } from '@credex/core/driver';
import { didYouMean, invalidOption } from '@credex/core/driver';
import type { KeyPath } from './key-path.js';
import { pathText } from './key-path.js';
import type { OptionRow } from './option-table.js';
import { ENVIRONMENT } from './option-table.js';
import type { Source } from './source.js';
import { WHOLE_VARIABLE, variableAt } from './source.js';

export interface Complaint {
  readonly path: KeyPath;
  readonly code: OptionErrorCode;
  readonly message: string;
  readonly environmentVariable?: string | undefined;
}

/** What is wrong with the value; nothing where it will do. `undefined` is left out, as everywhere. */
export function complaintsOf(
  row: OptionRow,
  value: unknown,
  path: KeyPath,
  source: Source,
): readonly Complaint[] {
  if (value === undefined) return [];
  if (row.places === 'code' && source.kind === 'data') return [unsafe(path)];
  if (row.notInEnvironment === true && source.name === WHOLE_VARIABLE) return [ofAFile(path)];
  const says = (words: string, at = path, found = value): Complaint => complaint(at, words, found, source);
  switch (row.kind) {
    case 'given':
      return [];
    case 'string':
      return stringComplaints(row, value, says, source);
    case 'integer': {
      const [min, max] = row.range ?? [0, Number.MAX_SAFE_INTEGER];
      const fits = typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
      return fits ? [] : [says(`a whole number from ${min} to ${max}`)];
    }
    case 'boolean':
      return typeof value === 'boolean' ? [] : [says('true or false')];
    case 'strings':
      return typeof value === 'string' && value !== '' ? [] : listComplaints(row.grammar, value, path, says);
    case 'list':
      return listComplaints(row.grammar, value, path, says);
    case 'tenants':
      return value === '*' ? [] : listComplaints(row.grammar, value, path, says, "'*' or a list of tenants");
    case 'policy':
      return isPolicy(value) ? [] : [says('an IAM policy: a JSON object, or its text')];
    case 'object':
      return memberComplaints(row.members ?? [], value, path, says);
    case 'when':
      return whenComplaints(value, path, says);
  }
}

type Says = (words: string, at?: KeyPath, found?: unknown) => Complaint;

function complaint(path: KeyPath, words: string, value: unknown, source: Source): Complaint {
  const environmentVariable = variableAt(source, path);
  const { message } = invalidOption({ option: pathText(path), environmentVariable }, words, value);
  return { path, code: 'invalid_option', message, environmentVariable };
}

/** A variable is set by whoever starts the process, and must not turn a fallback on. */
function ofAFile(path: KeyPath): Complaint {
  const message = `\`${pathText(path)}\` can not be said by ${WHOLE_VARIABLE}: put it in a configuration file or in code.`;
  return { path, code: 'invalid_option', message, environmentVariable: WHOLE_VARIABLE };
}

/** JSON and the environment may be written by others than those who write the code. */
function unsafe(path: KeyPath): Complaint {
  return {
    path,
    code: 'unsafe_url',
    message:
      `\`${pathText(path)}\` decides where a token goes, and data can not say that: ` +
      'put it in a credex.config.ts, or pass it to createCredentials in code.',
  };
}

function stringComplaints(row: OptionRow, value: unknown, says: Says, source: Source): readonly Complaint[] {
  const { grammar, oneOf } = row;
  if (oneOf !== undefined && (source.kind === 'data' || row.isClosed === true)) {
    const fits = typeof value === 'string' && oneOf.includes(value);
    return fits ? [] : [says(oneOf.map((one) => `'${one}'`).join(' or '))];
  }
  const fits = typeof value === 'string' && value !== '' && (grammar?.pattern.test(value) ?? true);
  return fits ? [] : [says(grammar?.says ?? 'a string that is not empty')];
}

function listComplaints(
  grammar: Grammar | undefined,
  value: unknown,
  path: KeyPath,
  says: Says,
  words = 'a list of strings with at least one',
): readonly Complaint[] {
  if (!Array.isArray(value) || value.length === 0) return [says(words)];
  return value.flatMap((item: unknown, index) => {
    const fits = typeof item === 'string' && item !== '' && (grammar?.pattern.test(item) ?? true);
    return fits ? [] : [says(grammar?.says ?? 'a string that is not empty', [...path, index], item)];
  });
}

function memberComplaints(
  members: readonly string[],
  value: unknown,
  path: KeyPath,
  says: Says,
): readonly Complaint[] {
  const words = `an object of ${members.join(', ')}, at least one of them`;
  if (!isObject(value) || Object.keys(value).length === 0) return [says(words)];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (!members.includes(key)) return [unknownKey([...path, key], key, members)];
    return inner === undefined || (typeof inner === 'string' && inner !== '')
      ? []
      : [says('a string that is not empty', [...path, key], inner)];
  });
}

function whenComplaints(value: unknown, path: KeyPath, says: Says): readonly Complaint[] {
  if (!isObject(value)) return [says('an object with `environment`')];
  const strange = Object.keys(value).filter((key) => key !== 'environment');
  const unknown = strange.map((key) => unknownKey([...path, key], key, ['environment']));
  const { environment } = value;
  const at = [...path, 'environment'];
  const named =
    typeof environment === 'string'
      ? ENVIRONMENT.pattern.test(environment)
        ? []
        : [says(ENVIRONMENT.says, at, environment)]
      : listComplaints(ENVIRONMENT, environment, at, (words, where = at, found = environment) =>
          says(where === at ? 'the name of an environment, or a list of names' : words, where, found),
        );
  return [...unknown, ...named];
}

export function unknownKey(path: KeyPath, key: string, known: readonly string[]): Complaint {
  return {
    path,
    code: 'invalid_option',
    message: `\`${pathText(path)}\` is not known.${didYouMean(key, known)} Known here: ${known.join(', ')}.`,
  };
}

function isPolicy(value: unknown): boolean {
  if (typeof value !== 'string') return isObject(value);
  try {
    return isObject(JSON.parse(value));
  } catch {
    // Not JSON: the complaint says so.
    return false;
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
