/** `#config-file` where there are files: which one is the configuration, and what it says. Loaded with the first look. */

import * as fs from 'node:fs';
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { cleanServerText, readRegularFile, shown } from '@credex/core/driver';
import { WHOLE } from './apply-environment.js';
import { ConfigError } from './config-error.js';
import { CONFIG_FILES } from './config-here.js';
import { shownKey } from './key-path.js';
import type { Found, LoadOptions } from './load-options.js';
import { importAtRuntime } from './optional-import.js';
import { readJson } from './read-json.js';

/** Four bytes for each of the characters that `readJson` takes. */
const MOST_BYTES = 1_048_576;

export /** @throws ConfigError where there is none, or more than one */
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
    ? noFile(
        'missing_option',
        `There is none of ${CONFIG_FILES.join(', ')} in ${shown(folder)}. Write one, set ${WHOLE}, or pass the configuration to ` +
          'createCredentials: a bundled function has no files but those that its code names.',
      )
    : noFile('conflicting_options', `${names.join(' and ')} are both in ${shown(folder)}. Keep one.`);
}

function contentOf(folder: string, name: string): string {
  try {
    return new TextDecoder().decode(readRegularFile(fs, resolve(folder, name), MOST_BYTES));
  } catch (error) {
    throw noFile('missing_option', `${shown(name)} can not be read: ${codeOf(error)}.`);
  }
}

/** TypeScript and JavaScript: code of the project, run as such. */
async function evaluated(folder: string, name: string): Promise<Found> {
  const path = resolve(folder, name);
  // Said before jiti is asked, which tells it in a page.
  contentOf(folder, name);
  const { createJiti } = await transpiler(name);
  // Writes nothing to disk, and reads the file anew for each load; an .mjs is kept by Node itself.
  const jiti = createJiti(path, { fsCache: false, moduleCache: false });
  const module = await jiti.import<Readonly<Record<string, unknown>>>(path).catch((cause: unknown) => {
    const said = cause instanceof Error ? `${cause.name}: ${cause.message}` : `it threw a ${typeof cause}`;
    const message = `${shown(name)} can not be run: ${cleanServerText(said)}`;
    throw noFile('invalid_option', message, cause);
  });
  const raw = Object.hasOwn(module, 'default') ? module['default'] : undefined;
  if (raw === undefined)
    throw noFile(
      'missing_option',
      `${shown(name)} has no default export: write \`export default defineConfig({ … })\`.`,
    );
  return { raw, source: { name, kind: 'code' } };
}

/** Not followed by bundlers and file tracers: a deployed function is given its configuration. */
async function transpiler(name: string): Promise<typeof import('jiti')> {
  try {
    return (await importAtRuntime('jiti')) as typeof import('jiti');
  } catch (cause) {
    const message =
      `${shown(name)} needs the package jiti, which this deployment doesn't have. Import the configuration in your code and ` +
      'call createCredentials(config), or write it as credex.config.json.';
    throw noFile('missing_option', message, cause);
  }
}

function noFile(
  code: 'missing_option' | 'conflicting_options' | 'invalid_option',
  message: string,
  cause?: unknown,
): ConfigError {
  return new ConfigError('credex', [{ code, path: 'config', message, environmentVariable: WHOLE }], cause);
}

function codeOf(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? shownKey(code) : 'it is no file';
}
