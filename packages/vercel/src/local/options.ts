/** The options of the local source. Types only, so that a program that imports them needs no types of Node. */

import type { OnEvent } from '@credex/core';
import type { VercelTokenSourceOptions } from '../platform/source-options.js';

export interface LocalTokenSourceOptions extends VercelTokenSourceOptions {
  /** The directory that is searched, with its parents, for a linked project. Default: the working directory. */
  readonly directory?: string | undefined;
  /** `prj_…`, instead of a linked project. Default: the project of `vercel link`. */
  readonly projectId?: string | undefined;
  /** `team_…`: the team that owns `projectId`. Default: the logged-in user. */
  readonly teamId?: string | undefined;
  /**
   * `api`: call Vercel's API with the login in the CLI's file. `cli`: run `vercel project token`, which may renew the
   * login. Default: the API, and the CLI only if the login cannot be read (in the system's keyring).
   */
  readonly via?: 'api' | 'cli' | undefined;
  /** Vercel's API. Default: `https://api.vercel.com`. */
  readonly apiEndpoint?: string | undefined;
  /** The maximum time of one refresh, in milliseconds, 100 to 50,000; default 20,000. */
  readonly timeoutMs?: number | undefined;
  /** For tests: another home directory. XDG variables are then ignored. Default: the user's home directory. */
  readonly homeDirectory?: string | undefined;
  /** The directory of the CLI's `auth.json`, like its `--global-config`. Default: the CLI's default directory. */
  readonly configDirectory?: string | undefined;
  /** Called with warnings about stale .env files and with refreshes. Default: none. */
  readonly onEvent?: OnEvent | undefined;
}
