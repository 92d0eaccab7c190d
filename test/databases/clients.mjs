/** The clients of databases and brokers that only the proofs of @credex/connect need: installed once, outside of the workspace. */

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { installApart } from '../support/install-apart.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));

/**
 * The folder of the installation.
 * @returns {string}
 */
export const installedClients = () => installApart(HERE, 'databases');

/**
 * A module of the installation, by the name of its package.
 * @param {string} name
 * @returns {Promise<Record<string, unknown>>}
 */
export async function client(name) {
  const require = createRequire(join(installedClients(), 'package.json'));
  const loaded = await import(pathToFileURL(require.resolve(name)).href);
  // Of CommonJS, whose names are not always found.
  return { ...loaded.default, ...loaded };
}
