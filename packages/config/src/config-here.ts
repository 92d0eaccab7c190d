/** Whether a configuration can be found at all, told before the first call. */

import { builtinModule, environmentVariable, shown } from '@credex/core/driver';
import { WHOLE } from './apply-environment.js';
import { ConfigError } from './config-error.js';

/** The files that are looked for in a folder. */
export const CONFIG_FILES: readonly string[] = ['ts', 'mts', 'js', 'mjs', 'json'].map(
  (end) => `credex.config.${end}`,
);

/** The part of `node:fs` and `node:path` that is used: types of Node are no business of a browser. */
interface Files {
  readdirSync(path: string): readonly string[];
}
interface Paths {
  resolve(path: string): string;
}

/**
 * A function that was bundled has only the files that its code imports, and a runtime of the edge has none.
 * @throws ConfigError `missing_option` where CREDEX_CONFIG is not set and the working directory has no credex.config.*
 */
export function assertConfigHere(): void {
  if (environmentVariable(WHOLE) !== undefined) return;
  const files = builtinModule('node:fs') as Files | undefined;
  const paths = builtinModule('node:path') as Paths | undefined;
  const folder = paths?.resolve('.');
  if (
    files !== undefined &&
    folder !== undefined &&
    namesIn(files, folder).some((name) => CONFIG_FILES.includes(name))
  )
    return;
  const place =
    folder === undefined
      ? 'this runtime has no files'
      : `there is none of ${CONFIG_FILES.join(', ')} in ${shown(folder)}`;
  const message =
    `createCredentials() was given no configuration, and ${place}. A bundled function has only the files that its code ` +
    `imports: import the configuration and call createCredentials(config). Or set ${WHOLE} to the configuration as JSON.`;
  throw new ConfigError('credex', [
    { code: 'missing_option', path: 'config', message, environmentVariable: WHOLE },
  ]);
}

function namesIn(files: Files, folder: string): readonly string[] {
  try {
    return files.readdirSync(folder);
  } catch {
    return [];
  }
}
