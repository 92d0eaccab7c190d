/** A file that something beside the process rotates: read on each exchange, and never half a token of it. */

import { FederationError } from '@credex/core';
import { shown } from '@credex/core/driver';
import { nodeModule } from './node-module.js';

const MAX_BYTES = 65_536;

/** Whose file it is, in the words of its errors. */
export interface TokenFile {
  readonly path: string;
  readonly provider: string;
  /** Completes "The file that …": `VERCEL_OIDC_TOKEN_FILE names`. */
  readonly named: string;
}

/**
 * The file's text, without the white space around it.
 * @throws FederationError `no_subject_token` where there is no file, `invalid_subject_token` where it can't be read
 *   or is empty: then its place is not vacant, and no other token may stand in for it
 */
export async function readTokenFile(file: TokenFile, signal: AbortSignal): Promise<string> {
  const { path, provider, named } = file;
  let text: string;
  try {
    text = await readText(path, signal);
    // A writer that does not rename is met in the middle of its work: a moment later it is through.
    if (!isWhole(text)) text = await readText(path, signal);
  } catch (cause) {
    signal.throwIfAborted();
    const absent = /^(?:ENOENT|ENOTDIR)$/.test(String((cause as { code?: unknown } | null)?.code));
    throw new FederationError({
      code: absent ? 'no_subject_token' : 'invalid_subject_token',
      provider,
      message: `The file that ${named} can not be read: ${shown(path)}.`,
      hint: 'Check that the file exists and that this process may read it.',
      cause,
    });
  }
  if (text !== '') return text;
  throw new FederationError({
    code: 'invalid_subject_token',
    provider,
    message: `The file that ${named} is empty: ${shown(path)}.`,
    hint: 'Write the token to another file and rename it over this one, so that no reader meets it half written.',
  });
}

async function readText(path: string, signal: AbortSignal): Promise<string> {
  const { open, constants } = nodeModule('node:fs/promises');
  signal.throwIfAborted();
  // A pipe in its place is not waited for: each wait would hold one of the few threads for files, for good.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    if (!(await file.stat()).isFile()) throw new Error('It is no regular file.');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, 0);
    return buffer.subarray(0, bytesRead).toString('utf8').trim();
  } finally {
    await file.close();
  }
}

/** Three parts, the last one not empty. Half a signature looks whole: the cloud refuses that one. */
function isWhole(text: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);
}
