/** Adds variables to .env.local, and leaves all other text as it is. */

import { readFile, realpath, stat } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { writePrivately } from '../entry/private-file.js';
import { UsageError } from '../usage-error.js';
import { shown } from '../visible.js';
import type { Status } from './write-files.js';

/**
 * A variable that has the value already is left. With `isForced`, another value is replaced.
 * @throws UsageError if a variable has another value
 */
export async function addVariables(
  path: string,
  variables: Readonly<Record<string, string>>,
  isForced: boolean,
): Promise<Status> {
  const file = await existing(path);
  const text = addedVariables(file?.text ?? '', variables, { file: path, isForced });
  if (text === file?.text) return 'unchanged';
  await writePrivately(file?.path ?? path, text, file?.mode);
  return file === undefined ? 'created' : 'changed';
}

/** A link is followed, so that the file that it leads to is the one that changes. */
async function existing(
  path: string,
): Promise<{ readonly path: string; readonly text: string; readonly mode: number } | undefined> {
  try {
    const real = await realpath(path);
    return { path: real, text: await readFile(real, 'utf8'), mode: (await stat(real)).mode & 0o777 };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new UsageError('unreadable_file', `The file ${shown(path)} cannot be read.`, {
      hint: 'Make it a regular file that you can read.',
      cause,
    });
  }
}

/** @throws UsageError */
export function addedVariables(
  before: string,
  variables: Readonly<Record<string, string>>,
  { file, isForced }: { readonly file: string; readonly isForced: boolean },
): string {
  let text = before;
  const added: string[] = [];
  for (const [name, value] of Object.entries(variables)) {
    const present = parseEnv(text.replace(/^\ufeff/, ''))[name];
    if (present === value) continue;
    const line = `${name}=${/^[\w.:/@+-]*$/.test(value) ? value : `"${value}"`}`;
    if (present === undefined) added.push(line);
    else if (isForced) text = text.replaceAll(lineOf(name), line);
    else
      throw new UsageError('conflicting_arguments', `${name} has another value in ${shown(file)}.`, {
        hint: `Remove it from the file, or pass --force to replace it by ${shown(value)}.`,
      });
  }
  if (added.length === 0) return text;
  const gap = text === '' || text.endsWith('\n') ? '' : '\n';
  return `${text}${gap}${added.join('\n')}\n`;
}

const lineOf = (name: string): RegExp => new RegExp(`^[ \\t]*(?:export[ \\t]+)?${name}[ \\t]*=.*$`, 'gm');
