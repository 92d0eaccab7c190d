/** The Vercel token in the file that Azure's tools read. */

import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { SubjectToken } from '@credex/core';
import { FederationError } from '@credex/core';
import { writePrivately } from '../../entry/private-file.js';
import type { Io } from '../../io.js';
import type { Output } from '../../output.js';
import { pause } from '../../pause.js';
import { isOfOneLine } from '../../setup/quote.js';
import { warning } from '../../text.js';
import { UsageError } from '../../usage-error.js';

/** @throws UsageError if no path is given */
export function tokenPath({ cwd, env }: Io, path: string | undefined): string {
  const given = path ?? (env['AZURE_FEDERATED_TOKEN_FILE'] || env['ARM_OIDC_TOKEN_FILE_PATH'] || undefined);
  if (given === undefined || given === '')
    throw new UsageError('missing_argument', '--path is missing: the file to write.', {
      option: '--path',
      hint: 'Pass a file that only you can read, or set AZURE_FEDERATED_TOKEN_FILE.',
    });
  const absolute = resolve(cwd, given);
  if (isOfOneLine(absolute)) return absolute;
  throw new UsageError('invalid_argument', 'The path must not contain a control character.', {
    option: '--path',
  });
}

/** Tokens of deployments are replaced long before they expire. A change of a file is noticed within this time. */
const LOOK_AT_LEAST_EVERY_MS = 60_000;
const LOOK_AT_MOST_EVERY_MS = 1_000;

interface Watched {
  readonly io: Io;
  readonly output: Output;
  readonly path: string;
  readonly token: SubjectToken;
  next(): Promise<SubjectToken>;
}

/**
 * `--watch`: keeps an unexpired token in the file. Looks for a new token at half of the remaining lifetime, at least once a
 * minute, and writes it if it does not expire sooner. Returns when `io.signal` fires; the file is then removed.
 * @throws FederationError if the token in the file has expired and there is no other one
 */
export async function keepFresh({ io, output, path, token, next }: Watched): Promise<void> {
  let current = token;
  let warnedCode = '';
  try {
    while (!io.signal.aborted) {
      await pause(io, nextLookMs(current.expiresAt - io.clock.now()));
      if (io.signal.aborted) return;
      try {
        const found = await next();
        warnedCode = '';
        if (found.jwt === current.jwt || found.expiresAt < current.expiresAt) continue;
        await writePrivately(path, found.jwt);
        current = found;
      } catch (error) {
        if (!FederationError.isInstance(error) || current.expiresAt <= io.clock.now()) throw error;
        if (warnedCode !== error.code) output.note(warning('warning:'), ` ${error.message} (${error.code})`);
        warnedCode = error.code;
      }
    }
  } finally {
    await rm(path, { force: true });
  }
}

const nextLookMs = (leftMs: number): number =>
  Math.max(LOOK_AT_MOST_EVERY_MS, Math.min(LOOK_AT_LEAST_EVERY_MS, leftMs / 2));
