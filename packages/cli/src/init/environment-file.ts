/** Adds variables to .env.local, and leaves all other text as it is. */

import { stat } from 'node:fs/promises';
import { isDeepStrictEqual, parseEnv } from 'node:util';
import { writePrivately } from '../entry/private-file.js';
import type { Io } from '../io.js';
import { UsageError } from '../usage-error.js';
import { shown } from '../visible.js';
import { followed } from './inside-folder.js';
import type { Status } from './write-files.js';
import { textOf } from './write-files.js';

export interface EnvironmentFile {
  /** Where a link leads, so that the file that it leads to is the one that changes. */
  readonly path: string;
  readonly text: string;
  /** Undefined if there is no file. */
  readonly mode: number | undefined;
}

/** @throws UsageError if it cannot be read, or is a link that leads out of the project */
export async function environmentFile(io: Pick<Io, 'cwd' | 'env'>, path: string): Promise<EnvironmentFile> {
  const real = await followed(io, path);
  if (real === undefined) return { path, text: '', mode: undefined };
  try {
    return { path: real, text: textOf(real), mode: (await stat(real)).mode & 0o777 };
  } catch (cause) {
    throw new UsageError('unreadable_file', `The file ${shown(path)} cannot be read.`, {
      hint: 'Make it a regular file of at most 1 MiB that you can read.',
      cause,
    });
  }
}

/** `text`: what `addedVariables` returned. */
export async function writeEnvironment(file: EnvironmentFile, text: string): Promise<Status> {
  if (file.mode !== undefined && text === file.text) return 'unchanged';
  await writePrivately(file.path, text, file.mode);
  return file.mode === undefined ? 'created' : 'changed';
}

/**
 * A variable that has the value already is left. With `isForced`, another value is replaced.
 * @throws UsageError if a variable has another value
 */
export function addedVariables(
  before: string,
  variables: Readonly<Record<string, string>>,
  { file, isForced }: { readonly file: string; readonly isForced: boolean },
): string {
  let text = before;
  const added: string[] = [];
  for (const [name, value] of Object.entries(variables)) {
    const present = variablesOf(text)[name];
    if (present === value) continue;
    const line = `${name}=${/^[\w.:/@+-]*$/.test(value) ? value : `"${value}"`}`;
    if (present === undefined) added.push(line);
    else if (isForced) text = replaced(text, name, { line, value, file });
    else
      throw new UsageError('conflicting_arguments', `${name} has another value in ${shown(file)}.`, {
        hint: `Remove it from the file, or pass --force to replace it by ${shown(value)}.`,
      });
  }
  if (added.length === 0) return text;
  const gap = text === '' || text.endsWith('\n') ? '' : '\n';
  return `${text}${gap}${added.join('\n')}\n`;
}

/** @throws UsageError if the file has the variable in a form that is not replaced, or whose rest would be another variable */
function replaced(
  text: string,
  name: string,
  { line, value, file }: { readonly line: string; readonly value: string; readonly file: string },
): string {
  // A mark of the byte order may come before the first line.
  const lines = new RegExp(`(?<=^\\ufeff?)[ \\t]*(?:export[ \\t]+)?${name}[ \\t]*=.*$`, 'gm');
  const after = text.replaceAll(lines, () => line);
  if (isDeepStrictEqual(variablesOf(after), { ...variablesOf(text), [name]: value })) return after;
  throw new UsageError('invalid_argument', `${name} in ${shown(file)} cannot be replaced.`, {
    hint: `Remove it from the file by hand; it becomes ${shown(value)}.`,
  });
}

const variablesOf = (text: string): Readonly<Record<string, string | undefined>> => ({
  ...parseEnv(text.replace(/^\ufeff/, '')),
});
