/** Checks before the first call that a configuration can be found. */

import { builtinModule, environmentVariable, shown } from '@credex/core/internal';
import { CONFIG_VARIABLE, noConfig } from './config-error.js';

/** The file names that are searched for in a folder. */
export const CONFIG_FILES: readonly string[] = ['ts', 'mts', 'js', 'mjs', 'json'].map(
  (end) => `credex.config.${end}`,
);

/** The parts of `node:fs` and `node:path` that are used. Node's types are not available in a browser. */
interface Files {
  readdirSync(path: string): readonly string[];
}
interface Paths {
  resolve(path: string): string;
}

/**
 * A bundled function contains only the files that its code imports, and an edge runtime has no files.
 * @throws ConfigError `missing_option` if CREDEX_CONFIG is not set and the working directory has no credex.config.*
 */
export function assertConfigAvailable(): void {
  if (environmentVariable(CONFIG_VARIABLE) !== undefined) return;
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
      : `${shown(folder)} contains none of ${CONFIG_FILES.join(', ')}`;
  const message =
    `createCredentials() was called without a configuration, and ${place}. A bundled function contains only the files that ` +
    `its code imports: import the configuration and call createCredentials(config), or set ${CONFIG_VARIABLE} to the configuration as JSON.`;
  throw noConfig('missing_option', message);
}

function namesIn(files: Files, folder: string): readonly string[] {
  try {
    return files.readdirSync(folder);
  } catch {
    return [];
  }
}
