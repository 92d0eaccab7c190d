/** The options of the local source, asserted at the door. */

import type { Clock, Fetch, OnEvent } from '@credex/core';
import {
  endpointUrl,
  invalidOption,
  optionalBoolean,
  optionalFunction,
  optionalInteger,
  optionalString,
  refuseUnknownOptions,
} from '@credex/core/driver';
import type { VercelTokenSourceOptions } from '../source-options.js';
import { OWNER_ID, PROJECT_ID } from './ids.js';
import type { Node } from './node.js';

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

export interface LocalSettings {
  readonly directory: string;
  readonly projectId: string | undefined;
  readonly teamId: string | undefined;
  readonly via: 'api' | 'cli' | undefined;
  readonly apiEndpoint: URL;
  readonly timeoutMs: number;
  readonly homeDirectory: string | undefined;
  readonly configDirectory: string | undefined;
  readonly onEvent: OnEvent | undefined;
  readonly fetch: Fetch | undefined;
  readonly clock: Clock | undefined;
}

const OWN = [
  'directory',
  'projectId',
  'teamId',
  'via',
  'apiEndpoint',
  'timeoutMs',
  'homeDirectory',
  'configDirectory',
  'onEvent',
];
const SHARED = ['expect', 'tokenEndpoint', 'allowLoopbackHttp', 'fetch', 'clock'];

export function localSettings(options: LocalTokenSourceOptions, node: Node): LocalSettings {
  refuseUnknownOptions('localTokenSource', options, [...OWN, ...SHARED]);
  const { via, clock } = options;
  if (via !== undefined && via !== 'api' && via !== 'cli')
    throw invalidOption({ option: 'via' }, "'api' or 'cli'", via);
  const projectId = optionalString({ option: 'projectId' }, options.projectId, PROJECT_ID);
  const teamId = optionalString({ option: 'teamId' }, options.teamId, OWNER_ID);
  if (teamId !== undefined && projectId === undefined)
    throw invalidOption({ option: 'teamId' }, 'given together with `projectId`', teamId);
  const allowLoopbackHttp =
    optionalBoolean({ option: 'allowLoopbackHttp' }, options.allowLoopbackHttp) ?? false;
  const folder = (option: 'directory' | 'homeDirectory' | 'configDirectory'): string | undefined => {
    const value = optionalString({ option }, options[option]);
    return value === undefined ? undefined : node.path.resolve(node.cwd, value);
  };
  return {
    directory: folder('directory') ?? node.cwd,
    projectId,
    teamId,
    via,
    apiEndpoint: endpointUrl({ option: 'apiEndpoint' }, options.apiEndpoint ?? 'https://api.vercel.com', {
      allowLoopbackHttp,
      allowPath: true,
    }),
    timeoutMs: optionalInteger({ option: 'timeoutMs' }, options.timeoutMs, 100, 50_000) ?? 20_000,
    homeDirectory: folder('homeDirectory'),
    configDirectory: folder('configDirectory'),
    onEvent: optionalFunction({ option: 'onEvent' }, options.onEvent),
    fetch: optionalFunction({ option: 'fetch' }, options.fetch),
    clock,
  };
}
