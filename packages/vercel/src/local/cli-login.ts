/**
 * The login of the Vercel CLI. It is only read: if two programs renew one login, its owner is logged out, so only the
 * CLI renews it.
 */

import { environmentVariable, shown } from '@credex/core/driver';
import { failure } from './failure.js';
import type { Node } from './node.js';
import { readJsonObject } from './read-file.js';

export type CliLogin =
  | { readonly kind: 'token'; readonly token: string; readonly file: string }
  /** Only the CLI can use the login: it is in the system's keyring, or bound to a key. */
  | { readonly kind: 'cli-only'; readonly where: string };

/** RFC 6750, section 2.1: what an Authorization header can carry. */
const BEARER = /^[A-Za-z0-9._~+/-]{8,4096}=*$/;

/** A login that expires sooner would expire during the request. */
const LEAST_LEFT_MS = 5_000;

const LOG_IN = { hint: 'Run `vercel login`.' };

/** The directory of the login: the first that exists, or the default. */
export function loginDirectory(node: Node, directories: readonly string[]): string {
  return directories.find((one) => isDirectory(node, one)) ?? (directories[0] as string);
}

/** @throws FederationError if there is no login, or if it has expired */
export function readCliLogin(node: Node, directories: readonly string[], now: number): CliLogin {
  const directory = loginDirectory(node, directories);
  const file = node.path.join(directory, 'auth.json');
  const stored = storage(node, node.path.join(directory, 'config.json'));
  if (stored === 'keyring') return { kind: 'cli-only', where: 'the system keyring' };

  const login = readJsonObject(node, file, LOG_IN) ?? {};
  const { token, refreshToken, expiresAt } = login;
  const isOver = typeof expiresAt === 'number' && expiresAt * 1_000 < now + LEAST_LEFT_MS;
  if (isText(token) && !isOver) {
    if (BEARER.test(token)) return { kind: 'token', token, file: shown(file) };
    throw failure({
      code: 'no_subject_token',
      message: `The login in ${shown(file)} is not a valid bearer token.`,
      ...LOG_IN,
    });
  }
  if (isText(token) || isText(refreshToken)) {
    throw failure({
      code: 'no_subject_token',
      message: `The login of the Vercel CLI in ${shown(file)} has expired.`,
      hint: 'Run `vercel whoami`, which renews the login, or `vercel login`. credex never renews a login itself.',
    });
  }
  if (stored === 'auto') return { kind: 'cli-only', where: 'the system keyring' };
  const bound = node.path.join(directory, 'credentials.json');
  if (node.fs.existsSync(bound)) return { kind: 'cli-only', where: shown(bound) };
  throw failure({
    code: 'no_subject_token',
    message: `The Vercel CLI is not logged in: there is no login in ${shown(file)}.`,
    ...LOG_IN,
  });
}

/** Where the CLI stores its login, by the CLI's own rules. Default: `file`. */
function storage(node: Node, file: string): 'file' | 'keyring' | 'auto' {
  const said =
    environmentVariable('VERCEL_TOKEN_STORAGE') ??
    readJsonObject(node, file, { hint: 'Correct the file, or run `vercel login`.' })?.['credStorage'];
  return said === 'keyring' || said === 'auto' ? said : 'file';
}

function isDirectory({ fs }: Node, path: string): boolean {
  return fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
