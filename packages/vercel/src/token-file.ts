/** VERCEL_OIDC_TOKEN_FILE: a file that something beside the process rotates, so it is read on each call. */

import { FederationError } from '@credex/core';

const MAX_BYTES = 65_536;

/** @throws FederationError `no_subject_token` where the file can't be read, `invalid_subject_token` where it is no token. */
export async function readTokenFile(path: string, signal: AbortSignal): Promise<string> {
  let text: string;
  try {
    // Loaded when first needed: runtimes without a file system use this package too.
    const { open } = await import('node:fs/promises');
    signal.throwIfAborted();
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, 0);
      text = buffer.subarray(0, bytesRead).toString('utf8').trim();
    } finally {
      await file.close();
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw new FederationError({
      code: 'no_subject_token',
      provider: 'vercel',
      message: `The file that VERCEL_OIDC_TOKEN_FILE names can not be read: ${path}.`,
      hint: 'Check that the file exists and that this process may read it, or unset VERCEL_OIDC_TOKEN_FILE.',
      cause,
    });
  }
  if (text !== '') return text;
  throw new FederationError({
    code: 'no_subject_token',
    provider: 'vercel',
    message: `The file that VERCEL_OIDC_TOKEN_FILE names is empty: ${path}.`,
    hint: 'Write the token to another file and rename it over this one, so that no reader meets it half written.',
  });
}
