/** `#config-file` on runtimes with a file system: finds and reads the configuration file. Loaded on first use. */

import * as fs from 'node:fs';
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { shown } from '@credex/core/internal';
import { cleanServerText } from '@credex/core/failure';
import { readRegularFile } from '@credex/core/on-demand';
import { CONFIG_VARIABLE, noConfig, shownKey } from './config-error.js';
import { CONFIG_FILES } from './config-available.js';
import type { Found, LoadOptions } from './load-options.js';
import { importAtRuntime } from './optional-import.js';
import { readJson } from './read-json.js';

/** Four bytes for each character that `readJson` accepts. */
const MAX_BYTES = 1_048_576;

export /** @throws ConfigError if there is no file, or more than one */
async function foundFile({ directory = '.', file }: LoadOptions): Promise<Found> {
  const folder = resolve(directory);
  const name = file ?? (await nameIn(folder));
  return /\.json$/i.test(name) ? readJson(name, contentOf(folder, name)) : evaluated(folder, name);
}

async function nameIn(folder: string): Promise<string> {
  const there = await readdir(folder).catch((): string[] => []);
  const names = CONFIG_FILES.filter((name) => there.includes(name));
  const [name, other] = names;
  if (name !== undefined && other === undefined) return name;
  throw name === undefined
    ? noConfig(
        'missing_option',
        `No configuration was found: none of ${CONFIG_FILES.join(', ')} is in ${shown(folder)}. Create one, set ${CONFIG_VARIABLE}, or pass ` +
          'the configuration to createCredentials. A bundled function contains only the files that its code imports.',
      )
    : noConfig('conflicting_options', `${shown(folder)} contains both ${names.join(' and ')}. Keep one.`);
}

function contentOf(folder: string, name: string): string {
  try {
    return new TextDecoder().decode(readRegularFile(fs, resolve(folder, name), MAX_BYTES));
  } catch (error) {
    throw noConfig('missing_option', `${shown(name)} cannot be read: ${codeOf(error)}.`);
  }
}

/** TypeScript and JavaScript: code of the project, run as such. */
async function evaluated(folder: string, name: string): Promise<Found> {
  const path = resolve(folder, name);
  // Read the file first: for a missing file, the error of jiti is a page long.
  contentOf(folder, name);
  const { createJiti } = await transpiler(name);
  // Writes nothing to disk and reads the file on each load. Node itself caches an .mjs.
  const jiti = createJiti(path, { fsCache: false, moduleCache: false });
  const module = await jiti.import<Readonly<Record<string, unknown>>>(path).catch((cause: unknown) => {
    const text = cause instanceof Error ? `${cause.name}: ${cause.message}` : `it threw a ${typeof cause}`;
    const message = `${shown(name)} cannot be run: ${cleanServerText(text)}`;
    throw noConfig('invalid_option', message, cause);
  });
  const raw = Object.hasOwn(module, 'default') ? module['default'] : undefined;
  if (raw === undefined)
    throw noConfig(
      'missing_option',
      `${shown(name)} has no default export: write \`export default defineConfig({ … })\`.`,
    );
  return { raw, source: { name, kind: 'code' } };
}

/** Bundlers and file tracers do not follow this import: a deployed function imports its configuration in code. */
async function transpiler(name: string): Promise<typeof import('jiti')> {
  try {
    return (await importAtRuntime('jiti')) as typeof import('jiti');
  } catch (cause) {
    const message =
      `Reading ${shown(name)} needs the package jiti, which is not in this deployment. Import the configuration in your code and ` +
      'call createCredentials(config), or write it as credex.config.json.';
    throw noConfig('missing_option', message, cause);
  }
}

function codeOf(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? shownKey(code) : 'it is not a regular file';
}
