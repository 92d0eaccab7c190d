/** Applies CREDEX_DEFAULT and CREDEX_<NAME>_<OPTION> to a configuration that has not been checked yet. */

import { didYouMean, ownCopy, shown } from '@credex/core/internal';
import { isObject } from './check-option.js';
import type { OptionRow } from './clouds/cloud.js';
import { pathText, shownKey, CONFIG_VARIABLE, type ConfigProblem, type KeyPath } from './config-error.js';
import {
  CREDENTIAL_NAME,
  PREFIX,
  optionsBySuffix,
  variablePrefix,
  COMMON_OPTIONS,
  OPTIONS,
  isProviderName,
  type ProviderName,
} from './option-table.js';

import { currentEnvironment, environmentsOf } from './variants.js';

const DEFAULT = 'CREDEX_DEFAULT';

export interface AppliedEnvironment {
  readonly raw: unknown;
  /** Maps the text of a path to the variable that set it. */
  readonly variables: ReadonlyMap<string, string>;
  readonly problems: readonly ConfigProblem[];
}

export function applyEnvironment(raw: unknown, given: ReadonlyMap<string, string>): AppliedEnvironment {
  const credentials = isObject(raw) ? raw['credentials'] : undefined;
  if (!isObject(raw) || !isObject(credentials)) return { raw, variables: new Map(), problems: [] };
  const variables = new Map<string, string>();
  const problems: ConfigProblem[] = [];
  const entries = new Map(Object.entries(credentials));
  // Longest name first: CREDEX_STORE_EU_REGION belongs to `store-eu`, not to `store`.
  const names = [...entries.keys()]
    .filter((name) => CREDENTIAL_NAME.pattern.test(name))
    .sort((one, other) => other.length - one.length);

  const byName = new Map<string, Map<string, string>>();
  for (const [variable, value] of given) {
    if (variable === CONFIG_VARIABLE || variable === DEFAULT) continue;
    const name = names.find((one) => variable.startsWith(variablePrefix(one)));
    if (name === undefined) problems.push(...unknownName(variable, names));
    else {
      const own = byName.get(name) ?? new Map<string, string>();
      byName.set(name, own.set(variable, value));
    }
  }
  for (const [name, own] of byName) {
    const at = entryToChange(name, entries.get(name));
    if (at === undefined) problems.push(...[...own.keys()].map((variable) => noEntry(variable, name)));
    else entries.set(name, at.put(withVariables(name, at, own, variables, problems)));
  }
  const chosen = given.get(DEFAULT);
  if (chosen !== undefined) variables.set('default', DEFAULT);
  const changed = { ...raw, ...(chosen === undefined ? {} : { default: chosen }) };
  return {
    raw: ownCopy({ ...changed, credentials: ownCopy(Object.fromEntries(entries)) }),
    variables,
    problems,
  };
}

interface EntryToChange {
  readonly path: KeyPath;
  readonly entry: Readonly<Record<string, unknown>>;
  put(entry: unknown): unknown;
}

/** The entry that variables change. In a list, this is the entry for the current environment. */
function entryToChange(name: string, value: unknown): EntryToChange | undefined {
  const path = ['credentials', name];
  if (!Array.isArray(value))
    return isObject(value) ? { path, entry: value, put: (entry) => entry } : undefined;
  const list: readonly unknown[] = value;
  const index = list.findIndex((entry) => environmentsOf(entry)?.includes(currentEnvironment()));
  const entry = list[index];
  return isObject(entry)
    ? {
        path: [...path, index],
        entry,
        put: (changed) => list.map((one, at) => (at === index ? changed : one)),
      }
    : undefined;
}

function withVariables(
  name: string,
  { path, entry }: EntryToChange,
  own: ReadonlyMap<string, string>,
  variables: Map<string, string>,
  problems: ConfigProblem[],
): unknown {
  const prefix = variablePrefix(name);
  const result = baseEntry(entry, own.get(`${prefix}PROVIDER`));
  const provider = isProviderName(result['provider']) ? result['provider'] : undefined;
  const known = optionsBySuffix(provider);
  for (const [variable, text] of own) {
    const option = known.get(variable.slice(prefix.length));
    const row = option === undefined ? undefined : rowOf(provider, option);
    if (option === undefined || row?.kind === 'code' || row?.source !== undefined) {
      problems.push(refused(variable, prefix, path, provider, [...known.keys()], option));
      continue;
    }
    const keys = option.split('.');
    variables.set(pathText([...path, ...keys]), variable);
    const [key = option, member] = keys;
    const value = row === undefined ? text : parsed(row, text);
    const before = isObject(result[key]) ? result[key] : {};
    result[key] = member === undefined ? value : { ...before, [member]: text };
  }
  return result;
}

/** When a variable moves an entry to another cloud, only the options that all clouds share are kept. */
function baseEntry(
  entry: Readonly<Record<string, unknown>>,
  provider: string | undefined,
): Record<string, unknown> {
  if (provider === undefined || provider === entry['provider']) return ownCopy({ ...entry });
  return ownCopy(Object.fromEntries(Object.entries(entry).filter(([key]) => COMMON_OPTIONS.includes(key))));
}

function rowOf(provider: ProviderName | undefined, option: string): OptionRow | undefined {
  const [key = option] = option.split('.');
  return provider === undefined ? undefined : OPTIONS[provider][key];
}

/** The value for the option's kind. Text that does not fit is left unchanged, so that the check reports what it expected. */
function parsed(row: OptionRow, text: string): unknown {
  switch (row.kind) {
    case 'integer':
      return /^\d{1,15}$/.test(text) ? Number(text) : text;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'list':
      return text.split(/\s+/).filter((part) => part !== '');
    case 'records':
      try {
        return JSON.parse(text);
      } catch {
        return text;
      }
    case 'tenants':
      return text === '*' ? text : text.split(/\s+/).filter((part) => part !== '');
    default:
      return text;
  }
}

function refused(
  variable: string,
  prefix: string,
  path: KeyPath,
  provider: ProviderName | undefined,
  known: readonly string[],
  option: string | undefined,
): ConfigProblem {
  if (option === undefined) {
    const near = didYouMean(
      variable,
      known.map((suffix) => prefix + suffix),
    );
    const message = `${shownKey(variable)} does not match an option of ${provider ?? 'any cloud'}.${near}`;
    return { code: 'invalid_option', path: pathText(path), message, environmentVariable: variable };
  }
  const isUnsafe = provider !== undefined && OPTIONS[provider][option]?.kind === 'code';
  const message = isUnsafe
    ? `${variable}: an environment variable cannot set where a token is sent. Set it in code.`
    : `${variable}: \`${option}\` cannot be set by an environment variable. Set it in the configuration.`;
  return {
    code: isUnsafe ? 'unsafe_url' : 'invalid_option',
    path: pathText([...path, option]),
    message,
    environmentVariable: variable,
  };
}

/** A variable that ends like an option but matches no name is a mistake. Other variables are ignored. */
function unknownName(variable: string, names: readonly string[]): readonly ConfigProblem[] {
  const suffix = [...optionsBySuffix(undefined).keys()].find((one) => variable.endsWith(`_${one}`));
  if (suffix === undefined) return [];
  const near = didYouMean(
    variable,
    names.map((name) => variablePrefix(name) + suffix),
  );
  const message = `${shownKey(variable)} does not match a name in \`credentials\` (${shown(names.map(shownKey).join(', '))}).${near}`;
  return [{ code: 'invalid_option', path: 'credentials', message, environmentVariable: variable }];
}

function noEntry(variable: string, name: string): ConfigProblem {
  const path = pathText(['credentials', name]);
  const message = `${variable} has no effect: \`${path}\` has no entry for the environment ${shown(currentEnvironment())}. Remove the variable, or add an entry.`;
  return { code: 'invalid_option', path, message, environmentVariable: variable };
}

/**
 * Names and values of all variables that begin with CREDEX_. Empty variables count as unset. If the program may not list
 * variables, the result is empty: Deno throws without `--allow-env`.
 */
export function credexVariables(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of allVariables()) {
    if (name.startsWith(PREFIX) && value !== undefined && value !== '') found.set(name, value);
  }
  return found;
}

function allVariables(): readonly (readonly [string, string | undefined])[] {
  try {
    return Object.entries(globalThis.process?.env ?? {});
  } catch {
    return [];
  }
}
