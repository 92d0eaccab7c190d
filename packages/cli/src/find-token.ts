/** The token a command speaks of: the one named on the command line, or the one credex itself would find, and where. */

import { parseEnv } from 'node:util';
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { SubjectToken } from '@credex/core';
import { FederationError } from '@credex/core';
import { readSubjectToken } from '@credex/core/driver';
import type { Command } from 'commander';
import type { Io } from './io.js';
import { UsageError } from './usage-error.js';

export interface TokenPlace {
  readonly kind: 'standard-input' | 'file' | 'variable' | 'env-file';
  /** Completes "the token is from …". */
  readonly description: string;
  readonly path?: string;
  readonly variable?: string;
}

export interface FoundToken {
  readonly token: SubjectToken;
  readonly place: TokenPlace;
  /** Expired ones that would have come first. */
  readonly passedOver: readonly { readonly place: TokenPlace; readonly expiresAt: number }[];
}

export interface TokenOptions {
  readonly token?: string | undefined;
  readonly tokenFile?: string | undefined;
}

/** Adds `--token -` and `--token-file`, which `findToken` reads. */
export const withTokenOptions = (command: Command): Command =>
  command
    .option('--token-file <file>', 'the file that holds the token')
    .option('--token <->', 'read the token from standard input: `-` is the only value taken');

const MAX_BYTES = 65_536;
/** What `vercel env pull` and `vercel pull` write, in the order of Next.js. */
const ENV_FILES = [
  '.env.development.local',
  '.env.local',
  '.env',
  ...['development', 'preview', 'production'].map((name) => join('.vercel', `.env.${name}.local`)),
];

/**
 * Looks where `vercelTokenSource` looks (VERCEL_OIDC_TOKEN_FILE, VERCEL_OIDC_TOKEN), then in the .env files from the
 * working directory up to the root of the repository. An expired token is taken only where there is no live one.
 *
 * @throws UsageError for options that can't be honoured; FederationError `no_subject_token`, `invalid_subject_token`
 */
export async function findToken(io: Io, options: TokenOptions): Promise<FoundToken> {
  const named = await namedToken(io, options);
  if (named !== undefined) return { ...named, passedOver: [] };
  const expired: { token: SubjectToken; place: TokenPlace }[] = [];
  for await (const { text, place } of places(io)) {
    const found = { token: read(text, place), place };
    if (found.token.expiresAt > io.clock.now()) return { ...found, passedOver: expired.map(ended) };
    expired.push(found);
  }
  const [first, ...others] = expired;
  if (first !== undefined) return { ...first, passedOver: others.map(ended) };
  throw new FederationError({
    code: 'no_subject_token',
    provider: 'vercel',
    message:
      'There is no Vercel OIDC token here: no VERCEL_OIDC_TOKEN_FILE, no VERCEL_OIDC_TOKEN, and none in the .env files of this folder or those above it.',
    hint: 'Run `vercel link` and `vercel env pull` in the project, or name a token by --token-file or `--token -`.',
  });
}

const ended = ({ token, place }: { token: SubjectToken; place: TokenPlace }) => ({
  place,
  expiresAt: token.expiresAt,
});

async function namedToken(
  io: Io,
  { token, tokenFile }: TokenOptions,
): Promise<{ token: SubjectToken; place: TokenPlace } | undefined> {
  if (token !== undefined && tokenFile !== undefined) {
    throw new UsageError('conflicting_arguments', '--token and --token-file name two tokens: pass one.');
  }
  if (tokenFile !== undefined) {
    const path = resolve(io.cwd, tokenFile);
    const place: TokenPlace = { kind: 'file', description: `the file ${path}`, path };
    return { token: read(await readTokenFile(path, '--token-file'), place), place };
  }
  if (token === undefined) return undefined;
  if (token !== '-') {
    throw new UsageError('invalid_argument', '--token takes `-` alone: the token comes by standard input.', {
      option: '--token',
      hint: 'A token in a command line is seen by every user of the machine and kept in the history. It is as good as a password until it ends.',
    });
  }
  const place: TokenPlace = { kind: 'standard-input', description: 'standard input' };
  return { token: read(await io.stdin.read(MAX_BYTES, io.signal), place), place };
}

interface Candidate {
  readonly text: string;
  readonly place: TokenPlace;
}

async function* places({ env, cwd }: Io): AsyncGenerator<Candidate> {
  const file = env['VERCEL_OIDC_TOKEN_FILE'];
  if (file !== undefined && file !== '') {
    const path = isAbsolute(file) ? file : resolve(cwd, file);
    const variable = 'VERCEL_OIDC_TOKEN_FILE';
    const place: TokenPlace = {
      kind: 'file',
      description: `the file that ${variable} names, ${path}`,
      path,
      variable,
    };
    yield { text: await readTokenFile(path, variable), place };
  }
  const variable = 'VERCEL_OIDC_TOKEN';
  const text = env[variable];
  if (text !== undefined && text !== '') {
    yield {
      text,
      place: { kind: 'variable', description: `the environment variable ${variable}`, variable },
    };
  }
  for (const folder of await foldersUpward(cwd, env['HOME'])) {
    for (const name of ENV_FILES) {
      const path = join(folder, name);
      const value = parseEnv((await contentsOf(path)) ?? '')[variable];
      if (value === undefined || value === '') continue;
      yield {
        text: value,
        place: { kind: 'env-file', description: `${variable} in ${path}`, path, variable },
      };
    }
  }
}

/**
 * Up to the root of the repository or the home folder, both included: above them anybody may have put a file. Outside
 * of both, the folder itself.
 */
async function foldersUpward(cwd: string, home: string | undefined): Promise<readonly string[]> {
  const { stat } = await import('node:fs/promises');
  const folders: string[] = [];
  for (let folder = cwd; ; folder = dirname(folder)) {
    folders.push(folder);
    const isRoot = folder === home || (await stat(join(folder, '.git')).catch(() => undefined)) !== undefined;
    if (isRoot) return folders;
    if (folder === dirname(folder)) return [cwd];
  }
}

async function contentsOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
    throw new UsageError('unreadable_file', `The file ${path} can not be read.`, {
      hint: 'Name the token by --token-file or `--token -`, or make the file readable.',
      cause: error,
    });
  }
}

async function readTokenFile(path: string, namedBy: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new FederationError({
      code: 'no_subject_token',
      provider: 'vercel',
      message: `The file that ${namedBy} names can not be read: ${path}.`,
      hint: 'Check that the file exists and that you may read it.',
      cause,
    });
  }
}

function read(text: string, place: TokenPlace): SubjectToken {
  try {
    return readSubjectToken(text.trim());
  } catch (cause) {
    if (!FederationError.isInstance(cause)) throw cause;
    throw new FederationError({
      code: cause.code,
      provider: cause.provider,
      message: `What was found in ${place.description} is no token.`,
      hint: `${cause.message}`,
    });
  }
}
