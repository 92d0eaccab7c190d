/** The file of an option, or standard input, bounded: somebody may name a device or a log. */

import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Io } from '../io.js';
import { UsageError } from '../usage-error.js';
import { PolicyFileError } from './policy-file-error.js';
import { MAX_POLICY_LENGTH } from './read-policy.js';

/** @throws UsageError `unreadable_file`; PolicyFileError `policy_too_large` */
export async function readPolicyFile(
  { cwd, stdin, signal }: Io,
  option: string,
  path: string,
): Promise<string> {
  if (path === '-') return stdin.read(MAX_POLICY_LENGTH, signal);
  const full = resolve(cwd, path);
  const bytes = await firstBytes(full, MAX_POLICY_LENGTH + 1).catch((cause: unknown) => {
    throw new UsageError('unreadable_file', `The file ${full} of ${option} can not be read.`, {
      option,
      hint: 'Check that it exists, is a file, and that you may read it.',
      cause,
    });
  });
  if (bytes.byteLength > MAX_POLICY_LENGTH)
    throw new PolicyFileError(
      'policy_too_large',
      option,
      `The file of ${option} is longer than ${MAX_POLICY_LENGTH} bytes; no cloud keeps such a policy.`,
    );
  return new TextDecoder().decode(bytes);
}

async function firstBytes(path: string, atMost: number): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const buffer = new Uint8Array(atMost);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, atMost - length);
      length += bytesRead;
      if (bytesRead === 0 || length === atMost) return buffer.subarray(0, length);
    }
  } finally {
    await file.close();
  }
}
