/** The environment of the program: everything is found where the program looks for it anyway. */

import { readFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import type { ServiceName } from '@credex/testing/emulator';
import type { CloudDev } from '../clouds/cloud.js';
import type { Io } from '../io.js';
import { UsageError } from '../usage-error.js';
import { shown } from '../visible.js';

export interface ChildEnvironment {
  /** The folder with `token`, `ca.pem` and `redirect.cjs`. */
  readonly folder: string;
  readonly clouds: readonly CloudDev<never>[];
  /** The variables of the options that were found. */
  readonly variables: Readonly<Record<string, string>>;
  url(service: ServiceName): string;
}

const PROXIES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];
/** A proxy would take the requests before they reach the emulator. */
const WITHOUT_PROXY = ['localhost', '127.0.0.1', 'oidc.vercel.com'];

export function childEnvironment(
  { env, cwd }: Pick<Io, 'env' | 'cwd'>,
  { folder, clouds, variables, url }: ChildEnvironment,
): Readonly<Record<string, string | undefined>> {
  const preload = `--require ${quoted(join(folder, 'redirect.cjs'))}`;
  const domains = clouds.flatMap((cloud) => cloud.domains);
  const exempt = [env['NO_PROXY'] || env['no_proxy'], ...WITHOUT_PROXY, ...domains].filter(Boolean).join(',');
  return {
    ...env,
    // A variable that is empty is not set.
    ...Object.fromEntries(Object.entries(variables).filter(([name]) => !env[name])),
    ...Object.assign({}, ...clouds.map((cloud) => cloud.endpoints(url))),
    ...(PROXIES.some((name) => env[name]) ? { NO_PROXY: exempt, no_proxy: exempt } : {}),
    CREDEX_DEV_FOLDER: folder,
    NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
    NODE_OPTIONS: [env['NODE_OPTIONS'], preload].filter(Boolean).join(' '),
    // As `npx` does: the programs of the project come first.
    PATH: [join(cwd, 'node_modules', '.bin'), env['PATH']].filter(Boolean).join(delimiter),
    VERCEL_OIDC_TOKEN_FILE: join(folder, 'token'),
    // Set and empty: a framework does not replace it by a token of .env.local, which no emulator accepts.
    VERCEL_OIDC_TOKEN: '',
  };
}

/** NODE_OPTIONS is split at spaces, and takes double quotes. */
const quoted = (path: string): string =>
  /[\s"\\]/.test(path) ? `"${path.replaceAll(/["\\]/g, '\\$&')}"` : path;

/** The emulator's authority, after those that the user has set. @throws UsageError if the user's file cannot be read */
export async function authorities({ env, cwd }: Pick<Io, 'env' | 'cwd'>, ca: string): Promise<string> {
  const own = env['NODE_EXTRA_CA_CERTS'];
  if (!own) return ca;
  try {
    return `${(await readFile(resolve(cwd, own), 'utf8')).trimEnd()}\n${ca}`;
  } catch (cause) {
    throw new UsageError(
      'unreadable_file',
      `The file of NODE_EXTRA_CA_CERTS cannot be read: ${shown(own)}.`,
      {
        hint: 'Correct the variable, or unset it.',
        cause,
      },
    );
  }
}
