/** Finds the token of a command: the one that an option names, or the one that credex would use, and where it was found. */

import { resolve } from 'node:path';
import type { SubjectToken } from '@credex/core';
import { FederationError } from '@credex/core';
import { readSubjectToken } from '@credex/core/on-demand';
import { VERCEL } from '@credex/vercel/driver';
import type { Command } from 'commander';
import type { Io } from './io.js';
import type { TokenPlace } from './token-places.js';
import { readTokenFile, tokenPlaces } from './token-places.js';
import { UsageError } from './usage-error.js';
import { shown } from './visible.js';

export interface FoundToken {
  readonly token: SubjectToken;
  readonly place: TokenPlace;
  /** Expired tokens that would have come first. */
  readonly passedOver: readonly { readonly place: TokenPlace; readonly expiresAt: number }[];
}

export interface TokenOptions {
  readonly token?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly local?: boolean | undefined;
}

/** Adds `--token -`, `--token-file` and `--local`, which `findToken` reads. */
export const withTokenOptions = (command: Command): Command =>
  command
    .option('--token-file <file>', 'the file with the token')
    .option('--local', 'get the token from Vercel with the login of the Vercel CLI')
    .option('--token <->', 'read the token from standard input; the only value is `-`');

const MAX_BYTES = 65_536;

/**
 * Searches where `vercelTokenSource` does (VERCEL_OIDC_TOKEN_FILE, VERCEL_OIDC_TOKEN), then in the .env files from the
 * working directory up to the root of the repository. An expired token is used only if there is no valid one.
 *
 * @throws UsageError for options that contradict each other; FederationError `no_subject_token`, `invalid_subject_token`
 */
export async function findToken(io: Io, options: TokenOptions): Promise<FoundToken> {
  const named = await namedToken(io, options);
  if (named !== undefined) return { ...named, passedOver: [] };
  const expired: { token: SubjectToken; place: TokenPlace }[] = [];
  for await (const { text, place } of tokenPlaces(io)) {
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
      'No Vercel OIDC token was found: VERCEL_OIDC_TOKEN_FILE and VERCEL_OIDC_TOKEN are not set, and the .env files of this folder and its parents have no token.',
    hint: 'Run `vercel link` and `vercel env pull` in the project, or pass --local, --token-file or `--token -`.',
  });
}

const ended = ({ token, place }: { token: SubjectToken; place: TokenPlace }) => ({
  place,
  expiresAt: token.expiresAt,
});

async function namedToken(
  io: Io,
  { token, tokenFile, local }: TokenOptions,
): Promise<{ token: SubjectToken; place: TokenPlace } | undefined> {
  const named = [token, tokenFile, local].filter((each) => each !== undefined);
  if (named.length > 1) {
    throw new UsageError(
      'conflicting_arguments',
      '--token, --token-file and --local cannot be combined: pass one of them.',
    );
  }
  if (local === true) return { token: await laptopToken(io), place: LAPTOP };
  if (tokenFile !== undefined) {
    const path = resolve(io.cwd, tokenFile);
    const place: TokenPlace = { kind: 'file', description: `the file ${shown(path)}`, path };
    return { token: read(await readTokenFile(path, '--token-file'), place), place };
  }
  if (token === undefined) return undefined;
  if (token !== '-') {
    throw new UsageError(
      'invalid_argument',
      'The only value of --token is `-`: the token is read from standard input.',
      {
        option: '--token',
        hint: 'Every user of the machine can see a token in a command line, and the shell stores it in its history. Until it expires, a token is a password.',
      },
    );
  }
  const place: TokenPlace = { kind: 'standard-input', description: 'standard input' };
  return { token: read(await standardInput(io), place), place };
}

async function standardInput({ stdin, signal }: Io): Promise<string> {
  try {
    return await stdin.read(MAX_BYTES, signal);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new FederationError({
      code: 'invalid_subject_token',
      provider: 'vercel',
      message: `Standard input is longer than ${MAX_BYTES} bytes, so it is not a token.`,
      hint: 'Pass only the token.',
    });
  }
}

const LAPTOP: TokenPlace = { kind: 'vercel-login', description: 'the login of the Vercel CLI' };

async function laptopToken({ cwd, fetch, clock, signal }: Io): Promise<SubjectToken> {
  const { localTokenSource } = await import('@credex/vercel/local');
  const source = localTokenSource({ directory: cwd, fetch, clock });
  return source.capture().token({ audience: undefined, fresh: false, signal });
}

function read(text: string, place: TokenPlace): SubjectToken {
  try {
    return readSubjectToken(text.trim());
  } catch (error) {
    if (!FederationError.isInstance(error)) throw error;
    throw new FederationError({
      code: error.code,
      provider: VERCEL.name,
      message: `The value from ${place.description} is not a token.`,
      hint: `${error.message} Pass the value of the x-vercel-oidc-token header or of VERCEL_OIDC_TOKEN unchanged.`,
    });
  }
}
