/** The directories of the CLI and of credex for one user, by platform. */

import { environmentVariable } from '@credex/core/driver';
import type { Node } from './node.js';

export interface Places {
  readonly home: string;
  /** The possible directories of the CLI's `auth.json` and `config.json`; the first that exists is used. */
  readonly cliDirectories: readonly string[];
  /** The user's cache directory. */
  readonly cache: string;
}

/** `homeDirectory`: another home, for which the environment is ignored; `configDirectory`: the CLI's directory. */
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
