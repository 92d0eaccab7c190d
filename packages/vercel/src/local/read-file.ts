/** Reads small files of the user and of the CLI. It never writes them. */

import { parseJson, shown } from '@credex/core/internal';
import { UnreadableFile, readRegularFile } from '@credex/core/on-demand';
import type { LocalFailure } from './failure.js';
import { codeOf, failure, isAbsent } from './failure.js';
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

const VALUE = /"(?:[^"\\\u0000-\u001f]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y; // eslint-disable-line no-control-regex -- JSON forbids them
/** The maximum nesting: a deeper text is reported as an error at this position. */
const DEEPEST = 500;
const SPACE = /[ \t\r\n]*/y;

/**
 * The line, from 1, of the first syntax error (RFC 8259); the last line if the text ends too early. The messages of
 * JavaScript engines differ, and some have no position.
 */
export function lineOfJsonFault(text: string): number {
  let at = 0;
  let depth = 0;
  const skip = (): string => {
    SPACE.lastIndex = at;
    at += SPACE.exec(text)?.[0].length ?? 0;
    return text[at] ?? '';
  };
  const literal = (): boolean => {
    VALUE.lastIndex = at;
    const found = VALUE.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found !== undefined;
  };
  const list = (end: string, item: () => boolean): boolean => {
    if (depth === DEEPEST) return false;
    at += 1;
    if (skip() === end) return (at += 1) > 0;
    depth += 1;
    while (item()) {
      const next = skip();
      if (next !== end && next !== ',') return false;
      at += 1;
      if (next === end) {
        depth -= 1;
        return true;
      }
    }
    return false;
  };
  const member = (): boolean => {
    if (skip() !== '"' || !literal() || skip() !== ':') return false;
    at += 1;
    return value();
  };
  const value = (): boolean => {
    const first = skip();
    if (first === '{') return list('}', member);
    if (first === '[') return list(']', value);
    return literal();
  };
  value();
  skip();
  return text.slice(0, at).split('\n').length;
}
