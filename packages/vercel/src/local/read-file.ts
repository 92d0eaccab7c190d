/** Reads small files of the user and of the CLI. It never writes them. */

import { UnreadableFile, parseJson, readRegularFile, shown } from '@credex/core/driver';
import type { LocalFailure } from './failure.js';
import { codeOf, failure, isAbsent } from './failure.js';
import { lineOfJsonFault } from './json-error-line.js';
import type { Node } from './node.js';

const MAX_BYTES = 1_048_576;

/** The hint of an error: the command that writes the file again. */
export interface Mending {
  readonly hint: string;
}

/** The text; `undefined` if there is no such file. A pipe is not read, because that could block forever. */
export function readText(node: Node, path: string, { hint }: Mending): string | undefined {
  const { text, why, cause } = tryToRead(node, path);
  if (why === undefined) return text;
  throw failure({
    code: 'no_subject_token',
    message: `The file ${shown(path)} can not be read (${why}).`,
    hint,
    cause,
  });
}

interface Reading {
  readonly text?: string;
  readonly why?: string;
  readonly cause?: unknown;
}

function tryToRead({ fs }: Node, path: string): Reading {
  try {
    return {
      text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(readRegularFile(fs, path, MAX_BYTES)),
    };
  } catch (cause) {
    if (cause instanceof UnreadableFile)
      return { why: cause.code === 'EFBIG' ? 'it is longer than 1 MiB' : 'it is not a regular file' };
    return isAbsent(cause) ? {} : { why: codeOf(cause), cause };
  }
}

/** The object in a JSON file. An error names the line. */
export function readJsonObject(
  node: Node,
  path: string,
  mending: Mending,
): Readonly<Record<string, unknown>> | undefined {
  const text = readText(node, path, mending)?.replace(/^\ufeff/, '');
  if (text === undefined) return undefined;
  let parsed: unknown;
  try {
    parsed = parseJson(text);
  } catch {
    // The engine's message is not used: it would quote the file, which may contain a login.
    throw malformed(`${shown(path)}:${lineOfJsonFault(text)}`, 'is not valid JSON', mending);
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
    return parsed as Record<string, unknown>;
  throw malformed(`${shown(path)}:1`, 'is not a JSON object', mending);
}

export function malformed(place: string, what: string, { hint }: Mending): LocalFailure {
  return failure({ code: 'no_subject_token', message: `${place} ${what}.`, hint });
}
