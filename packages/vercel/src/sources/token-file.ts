/** Reads a token file that another program rotates, and never returns half a token. */

import { FederationError } from '@credex/core';
import { shown } from '@credex/core/internal';
import { nodeModule } from '../platform/runtime.js';

const MAX_BYTES = 65_536;

/** Describes the file in its errors. */
export interface TokenFile {
  readonly path: string;
  readonly provider: string;
  /** Completes "The file that …": `VERCEL_OIDC_TOKEN_FILE names`. */
  readonly named: string;
}

/**
 * Returns the file's text without surrounding white space.
 * @throws FederationError `no_subject_token` if there is no file, `invalid_subject_token` if it cannot be read or is
 *   empty: a source with a broken file must not be replaced by another source
 */
export async function readTokenFile(file: TokenFile, signal: AbortSignal): Promise<string> {
  const { path, provider, named } = file;
  let text: string;
  try {
    text = await readText(path, signal);
    // A program that writes in place may be in the middle of writing: the second read finds the whole token.
    if (!isWhole(text)) text = await readText(path, signal);
  } catch (cause) {
    signal.throwIfAborted();
    const absent = /^(?:ENOENT|ENOTDIR)$/.test(String((cause as { code?: unknown } | null)?.code));
    throw new FederationError({
      code: absent ? 'no_subject_token' : 'invalid_subject_token',
      provider,
      message: `The file that ${named} can not be read: ${shown(path)}.`,
      hint: 'Check that the file exists and that this process has permission to read it.',
      cause,
    });
  }
  if (text !== '') return text;
  throw new FederationError({
    code: 'invalid_subject_token',
    provider,
    message: `The file that ${named} is empty: ${shown(path)}.`,
    hint: 'Write the token to another file and rename it over this one, so that a reader never sees half of it.',
  });
}

async function readText(path: string, signal: AbortSignal): Promise<string> {
  const { open, constants } = nodeModule('node:fs/promises');
  signal.throwIfAborted();
  // O_NONBLOCK: opening a pipe would otherwise block one of Node's few file threads forever.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    if (!(await file.stat()).isFile()) throw new Error('It is not a regular file.');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, 0);
    return buffer.subarray(0, bytesRead).toString('utf8').trim();
  } finally {
    await file.close();
  }
}

/** Three non-empty parts. A truncated signature is not detected here: the cloud rejects it. */
function isWhole(text: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);
}
