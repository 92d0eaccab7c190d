/** Validates the options of the local source. */

import type { Clock, Fetch, OnEvent } from '@credex/core';
import {
  endpointUrl,
  invalidOption,
  optionalBoolean,
  optionalFunction,
  optionalInteger,
  optionalString,
} from '@credex/core/internal';
import { OWNER_ID, PROJECT_ID } from './linked-project.js';
import type { Node } from './node.js';
import type { LocalTokenSourceOptions } from './options.js';

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

/** @param options own properties only. @throws OptionError */
export function localSettings(options: LocalTokenSourceOptions, node: Node): LocalSettings {
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
