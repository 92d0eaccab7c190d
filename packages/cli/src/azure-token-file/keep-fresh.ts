/** `--watch`: the file holds a live token for as long as one can be had. */

import { rm } from 'node:fs/promises';
import type { SubjectToken } from '@credex/core';
import { FederationError } from '@credex/core';
import { writePrivately } from '../entry/private-file.js';
import type { Io } from '../io.js';
import type { Output } from '../output.js';
import { pause } from '../pause.js';
import { warning } from '../text.js';

/** Deployments' tokens are replaced long before they end; a file or an .env that changes is seen within this time. */
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
 * Looks for another token at half of what is left, at least once a minute; writes only another one that ends no sooner.
 * Returns when `io.signal` fires. Either way the file is removed.
 * @throws FederationError where the token in the file has ended and there is no other
 */
export async function keepFresh({ io, output, path, token, next }: Watched): Promise<void> {
  let held = token;
  let complained = '';
  try {
    while (!io.signal.aborted) {
      await pause(io, until(held.expiresAt - io.clock.now()));
      if (io.signal.aborted) return;
      try {
        const found = await next();
        complained = '';
        if (found.jwt === held.jwt || found.expiresAt < held.expiresAt) continue;
        await writePrivately(path, found.jwt);
        held = found;
      } catch (error) {
        if (!FederationError.isInstance(error) || held.expiresAt <= io.clock.now()) throw error;
        if (complained !== error.code) output.note(warning('warning:'), ` ${error.message} (${error.code})`);
        complained = error.code;
      }
    }
  } finally {
    await rm(path, { force: true });
  }
}

const until = (leftMs: number): number =>
  Math.max(LOOK_AT_MOST_EVERY_MS, Math.min(LOOK_AT_LEAST_EVERY_MS, leftMs / 2));
