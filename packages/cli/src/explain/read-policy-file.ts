/** The file of an option, or standard input, bounded: somebody may name a device or a log. */

import * as fs from 'node:fs';
import { resolve } from 'node:path';
import { UnreadableFile, readRegularFile } from '@credex/core/on-demand';
import type { Io } from '../io.js';
import { UsageError } from '../usage-error.js';
import { MAX_POLICY_LENGTH } from '@credex/explain/internal';
import { shown } from '../visible.js';

/** @throws UsageError `unreadable_file` or `policy_too_large` */
export async function readPolicyFile(
  { cwd, stdin, signal }: Io,
  option: string,
  path: string,
): Promise<string> {
  if (path === '-') return stdin.read(MAX_POLICY_LENGTH, signal);
  const full = resolve(cwd, path);
  let bytes: Uint8Array;
  try {
    bytes = readRegularFile(fs, full, MAX_POLICY_LENGTH);
  } catch (cause) {
    if (cause instanceof UnreadableFile && cause.code === 'EFBIG')
      throw new UsageError(
        'policy_too_large',
        `The file of ${option} is longer than ${MAX_POLICY_LENGTH} bytes; no cloud accepts a policy of this length.`,
        { option },
      );
    throw new UsageError('unreadable_file', `The file ${shown(full)} of ${option} can not be read.`, {
      option,
      hint: 'Check that it exists, is a regular file, and that you may read it. `-` reads standard input.',
      cause,
    });
  }
  return new TextDecoder().decode(bytes);
}

/**
 * Standard input can be read once.
 *
 * @param options each with its value or values: `-` reads standard input
 * @throws UsageError `conflicting_arguments`
 */
export function assertOneReader(
  options: readonly (readonly [flag: string, value: string | readonly string[] | undefined])[],
): void {
  const readers = options.flatMap(([flag, value]) =>
    [value].flat().flatMap((one) => (one === '-' ? [flag] : [])),
  );
  if (readers.length > 1)
    throw new UsageError(
      'conflicting_arguments',
      `Only one option can read standard input, not ${readers.join(' and ')}.`,
    );
}
