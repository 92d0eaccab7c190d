/** The options of the local source; types alone, so that their reader needs no types of Node. */

import type { OnEvent } from '@credex/core';
import type { VercelTokenSourceOptions } from '../source-options.js';

export interface LocalTokenSourceOptions extends VercelTokenSourceOptions {
  /** Where to look for the linked project, upwards. Default: the working directory. */
  readonly directory?: string | undefined;
  /** `prj_…`, in place of a linked project. Default: what `vercel link` wrote. */
  readonly projectId?: string | undefined;
  /** `team_…`: whose project `projectId` is. Default: the person who is logged in. */
  readonly teamId?: string | undefined;
  /**
   * `api`: ask Vercel's API with the login that the CLI keeps in its file. `cli`: run `vercel project token`, which may
   * renew its login. Default: the API, and the CLI only where its login can't be read (the system's keyring).
   */
  readonly via?: 'api' | 'cli' | undefined;
  /** Vercel's API. Default: `https://api.vercel.com`. */
  readonly apiEndpoint?: string | undefined;
  /** How long one refresh may take, in milliseconds, 100 to 50,000; default 20,000. */
  readonly timeoutMs?: number | undefined;
  /** Another home than the user's, for tests: then no XDG variable is heeded. Default: the user's own. */
  readonly homeDirectory?: string | undefined;
  /** Where the CLI's `auth.json` is, as in its `--global-config`. Default: where the platform's CLI keeps it. */
  readonly configDirectory?: string | undefined;
  /** Told of stale .env files and of refreshes. Default: nobody. */
  readonly onEvent?: OnEvent | undefined;
}
