/** Entries from AWS_ROLE_ARN, GCP_* and AZURE_*: a project that sets them needs no configuration file. */

import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { CLOUDS } from '../clouds/registry.js';
import type { CloudVariables } from '../clouds/cloud.js';
import type { Io } from '../io.js';
import { contentsOf } from '../token-places.js';
import { UsageError } from '../usage-error.js';

/** The .env files of development, in the order of Next.js and Vite. */
const FILES = ['.env.development.local', '.env.local', '.env.development', '.env'];

export interface EnvironmentEntries {
  /** Entries by the name of their cloud. They are not checked. */
  readonly credentials: Readonly<Record<string, object>>;
  /** The variables that were used. */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * @param directory also read the .env files of this folder. Variables of the environment override theirs
 * @throws UsageError if some of the variables that a cloud needs are set, but not all
 */
export async function environmentEntries(env: Io['env'], directory?: string): Promise<EnvironmentEntries> {
  const values = { ...(directory === undefined ? {} : await valuesInFiles(directory)), ...set(env) };
  const credentials: Record<string, object> = {};
  const variables: Record<string, string> = {};
  for (const [name, load] of Object.entries(CLOUDS)) {
    const { variables: known } = await load();
    const found = known && entryFrom(known, values);
    if (found === undefined) continue;
    credentials[name] = { provider: name, ...found.options };
    Object.assign(variables, found.variables);
  }
  return { credentials, variables };
}

interface FoundEntry {
  readonly options: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string>>;
}

function entryFrom(
  { options: table, required }: CloudVariables,
  values: Readonly<Record<string, string>>,
): FoundEntry | undefined {
  const options: Record<string, string> = {};
  const variables: Record<string, string> = {};
  for (const [option, names] of Object.entries(table)) {
    const name = names.find((one) => values[one] !== undefined);
    if (name === undefined) continue;
    const value = values[name] as string;
    options[option] = value;
    variables[name] = value;
  }
  if (required.every((option) => options[option] === undefined)) return undefined;
  const missing = required
    .filter((option) => options[option] === undefined)
    .map((option) => table[option]?.[0]);
  if (missing.length === 0) return { options, variables };
  const given = required
    .filter((option) => options[option] !== undefined)
    .map((option) => table[option]?.[0]);
  throw new UsageError(
    'missing_argument',
    `${given.join(' and ')} ${given.length === 1 ? 'is' : 'are'} set, but ${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} missing.`,
    { hint: 'Set all of them, or none. `credex init` writes them.' },
  );
}

async function valuesInFiles(directory: string): Promise<Readonly<Record<string, string>>> {
  const values: Record<string, string> = {};
  for (const file of [...FILES].reverse()) {
    const text = (await contentsOf(join(directory, file)))?.replace(/^\ufeff/, '') ?? '';
    Object.assign(values, set(parseEnv(text)));
  }
  return values;
}

/** An empty variable is not set. */
const set = (env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== ''),
  );
