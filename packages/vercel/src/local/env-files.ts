/** The .env files that may hold a token: only read, to say which of them is stale. */

import type { SubjectClaims, SubjectToken } from '@credex/core';
import { readSubjectToken, shown } from '@credex/core/driver';
import { ago } from '../token-errors.js';
import { LocalFailure } from './failure.js';
import type { Node } from './node.js';
import { readText } from './read-file.js';

const VARIABLE = 'VERCEL_OIDC_TOKEN';

/** Where `vercel env pull` and people put it; frameworks read them in an order of their own. */
const ENV_FILES = ['.env', '.env.local', '.env.development.local'] as const;

/** An assignment with its value: quoted ones may go over several lines, in which no other assignment begins. */
const ASSIGNMENT =
  /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*(?:"((?:\\[^]|[^"\\])*)"|'([^']*)'|`([^`]*)`|([^#\r\n]*))/gm;

/** The variable's value by the rules of dotenv: the last assignment counts, and an empty one is none. */
export function tokenInEnvText(text: string): string | undefined {
  let value: string | undefined;
  for (const [, name, ...values] of text.replace(/^\ufeff/, '').matchAll(ASSIGNMENT))
    if (name === VARIABLE) value = values.find((one) => one !== undefined)?.trim();
  return value === '' ? undefined : value;
}

/** Of each .env file that holds a token, why it is not in use, with the command that mends it; one sentence a file. */
export function envFileNotes(
  node: Node,
  directories: readonly string[],
  covers: (claims: SubjectClaims) => boolean,
  now: number,
): readonly string[] {
  return [...new Set(directories)].flatMap((directory) =>
    ENV_FILES.flatMap((name) => {
      const path = node.path.join(directory, name);
      const why = noteOf(node, path, name, covers, now);
      return why === undefined ? [] : [`${shown(path)} ${why}`];
    }),
  );
}

function noteOf(
  node: Node,
  path: string,
  name: string,
  covers: (claims: SubjectClaims) => boolean,
  now: number,
): string | undefined {
  const pull = `run \`vercel env pull ${name}\``;
  let token: SubjectToken;
  try {
    const jwt = tokenInEnvText(readText(node, path, { hint: '' }) ?? '');
    if (jwt === undefined) return undefined;
    token = readSubjectToken(jwt);
  } catch (error) {
    return error instanceof LocalFailure
      ? 'can not be read: look at its permissions by `ls -l`.'
      : `holds a ${VARIABLE} that is no token: ${pull}.`;
  }
  if (!covers(token.claims)) return `holds a ${VARIABLE} of another project or environment: ${pull}.`;
  if (token.expiresAt <= now) return `holds a ${VARIABLE} that ended ${ago(now - token.expiresAt)}: ${pull}.`;
  return `holds a ${VARIABLE} that is still good, which this process has not loaded: start it with \`node --env-file=${name}\`.`;
}
