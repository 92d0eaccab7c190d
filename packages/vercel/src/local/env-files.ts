/** The .env files that may contain a token. They are only read, to report the stale ones. */

import type { SubjectClaims, SubjectToken } from '@credex/core';
import { shown } from '@credex/core/internal';
import { readSubjectToken } from '@credex/core/on-demand';
import { ago } from '../platform/token-errors.js';
import { LocalFailure } from './failure.js';
import type { Node } from './node.js';
import { readText } from './read-file.js';

const VARIABLE = 'VERCEL_OIDC_TOKEN';

/** The files in which `vercel env pull` and users store the variable. The order in which frameworks read them differs. */
const ENV_FILES = ['.env', '.env.local', '.env.development.local'] as const;

/** An assignment with its value. A quoted value may span several lines. */
const ASSIGNMENT =
  /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*(?:"((?:\\[^]|[^"\\])*)"|'([^']*)'|`([^`]*)`|([^#\r\n]*))/gm;

/** The variable's value by the rules of dotenv: the last assignment counts, and an empty value is no value. */
export function tokenInEnvText(text: string): string | undefined {
  let value: string | undefined;
  for (const [, name, ...values] of text.replace(/^\ufeff/, '').matchAll(ASSIGNMENT))
    if (name === VARIABLE) value = values.find((one) => one !== undefined)?.trim();
  return value === '' ? undefined : value;
}

/** For each .env file with a token: one sentence with the reason why it is not in use, and the command that fixes it. */
export function envFileNotes(
  node: Node,
  directories: readonly string[],
  matchesIdentity: (claims: SubjectClaims) => boolean,
  now: number,
): readonly string[] {
  return [...new Set(directories)].flatMap((directory) =>
    ENV_FILES.flatMap((name) => {
      const path = node.path.join(directory, name);
      const why = noteOf(node, path, name, matchesIdentity, now);
      return why === undefined ? [] : [`${shown(path)} ${why}`];
    }),
  );
}

function noteOf(
  node: Node,
  path: string,
  name: string,
  matchesIdentity: (claims: SubjectClaims) => boolean,
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
      ? 'can not be read: check its permissions with `ls -l`.'
      : `contains a ${VARIABLE} that is not a token: ${pull}.`;
  }
  if (!matchesIdentity(token.claims))
    return `contains a ${VARIABLE} of another project or environment: ${pull}.`;
  if (token.expiresAt <= now)
    return `contains a ${VARIABLE} that expired ${ago(now - token.expiresAt)}: ${pull}.`;
  return `contains a valid ${VARIABLE}, but this process has not loaded the file: start it with \`node --env-file=${name}\`.`;
}
