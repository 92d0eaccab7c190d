/** The token a command speaks of: the one named on the command line, or the one credex itself would find, and where. */

import { resolve } from 'node:path';
import type { SubjectToken } from '@credex/core';
import { FederationError } from '@credex/core';
import { readSubjectToken } from '@credex/core/internal';
import type { Command } from 'commander';
import type { Io } from './io.js';
import type { TokenPlace } from './token-places.js';
import { readTokenFile, tokenPlaces } from './token-places.js';
import { UsageError } from './usage-error.js';
import { shown } from './visible.js';

export interface FoundToken {
  readonly token: SubjectToken;
  readonly place: TokenPlace;
  /** Expired ones that would have come first. */
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
    .option('--token-file <file>', 'the file that holds the token')
    .option('--local', 'take the token of this laptop, renewed by the login of the Vercel CLI: asks Vercel')
    .option('--token <->', 'read the token from standard input: `-` is the only value taken');

const MAX_BYTES = 65_536;
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
      'There is no Vercel OIDC token here: no VERCEL_OIDC_TOKEN_FILE, no VERCEL_OIDC_TOKEN, and none in the .env files of this folder or those above it.',
    hint: 'Run `vercel link` and `vercel env pull` in the project, or name a token by --local, --token-file or `--token -`.',
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
      '--token, --token-file and --local exclude each other: pass one.',
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
    throw new UsageError('invalid_argument', '--token takes `-` alone: the token comes by standard input.', {
      option: '--token',
      hint: 'A token in a command line is seen by every user of the machine and kept in the history. It is as good as a password until it ends.',
    });
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
      message: `What came by standard input is longer than ${MAX_BYTES} bytes: it is no token.`,
      hint: 'Pass the token alone.',
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
