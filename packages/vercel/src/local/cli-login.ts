/**
 * The login of the Vercel CLI, and the directories in which it is searched. It is only read: if two programs renew one
 * login, its owner is logged out, so only the CLI renews it.
 */

import { environmentVariable, shown } from '@credex/core/internal';
import { failure } from './failure.js';
import type { Node } from './node.js';
import { readJsonObject } from './read-file.js';

/** The directories of the CLI and of credex for one user. */
export interface Places {
  readonly home: string;
  /** The possible directories of the CLI's `auth.json` and `config.json`; the first that exists is used. */
  readonly cliDirectories: readonly string[];
  /** The user's cache directory. */
  readonly cache: string;
}

export type CliLogin =
  | { readonly kind: 'token'; readonly token: string; readonly file: string }
  /** Only the CLI can use the login: it is in the system's keyring, or bound to a key. */
  | { readonly kind: 'cli-only'; readonly where: string };

/** RFC 6750, section 2.1: what an Authorization header can carry. */
const BEARER = /^[A-Za-z0-9._~+/-]{8,4096}=*$/;

/** A login that expires sooner would expire during the request. */
const MIN_REMAINING_MS = 5_000;

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
  const isExpired = typeof expiresAt === 'number' && expiresAt * 1_000 < now + MIN_REMAINING_MS;
  if (isText(token) && !isExpired) {
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
  const boundLogin = node.path.join(directory, 'credentials.json');
  if (node.fs.existsSync(boundLogin)) return { kind: 'cli-only', where: shown(boundLogin) };
  throw failure({
    code: 'no_subject_token',
    message: `The Vercel CLI is not logged in: there is no login in ${shown(file)}.`,
    ...LOG_IN,
  });
}

/** Where the CLI stores its login, by the CLI's own rules. Default: `file`. */
function storage(node: Node, file: string): 'file' | 'keyring' | 'auto' {
  const configured =
    environmentVariable('VERCEL_TOKEN_STORAGE') ??
    readJsonObject(node, file, { hint: 'Correct the file, or run `vercel login`.' })?.['credStorage'];
  return configured === 'keyring' || configured === 'auto' ? configured : 'file';
}

function isDirectory({ fs }: Node, path: string): boolean {
  return fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** By platform. `homeDirectory`: another home, for which the environment is ignored; `configDirectory`: the CLI's directory. */
export function placesOf(
  node: Node,
  options: { readonly homeDirectory: string | undefined; readonly configDirectory: string | undefined },
): Places {
  const { path, platform } = node;
  const home = options.homeDirectory ?? node.os.homedir();
  // The XDG specification says that relative paths must be ignored.
  const variable = (name: string): string | undefined => {
    const value = options.homeDirectory === undefined ? environmentVariable(name) : undefined;
    return value !== undefined && path.isAbsolute(value) ? value : undefined;
  };
  const appData = variable('APPDATA') ?? path.join(home, 'AppData', 'Roaming');
  const localAppData = variable('LOCALAPPDATA') ?? path.join(home, 'AppData', 'Local');
  const xdgData = variable('XDG_DATA_HOME');
  const [data, cache] =
    platform === 'darwin'
      ? [path.join(home, 'Library', 'Application Support'), path.join(home, 'Library', 'Caches')]
      : platform === 'win32'
        ? [appData, localAppData]
        : [path.join(home, '.local', 'share'), path.join(home, '.cache')];
  const shared = (options.homeDirectory === undefined ? (environmentVariable('XDG_DATA_DIRS') ?? '') : '')
    .split(path.delimiter)
    .filter((one) => path.isAbsolute(one));
  const ofCli = (parent: string): string => path.join(parent, 'com.vercel.cli');
  return {
    home,
    cliDirectories:
      options.configDirectory !== undefined
        ? [options.configDirectory]
        : [
            // On Windows the CLI's paths end in Data, except under XDG_DATA_HOME and in older releases.
            xdgData === undefined && platform === 'win32'
              ? path.join(ofCli(data), 'Data')
              : ofCli(xdgData ?? data),
            ...shared.map(ofCli),
            ...(platform === 'win32' ? [path.join(appData, 'xdg.data', 'com.vercel.cli')] : []),
            path.join(home, '.now'),
          ],
    cache: variable('XDG_CACHE_HOME') ?? cache,
  };
}
