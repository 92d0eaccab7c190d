/** The protocol of a credential file that runs a program for the subject token: https://google.aip.dev/auth/4117 */

import { isAbsolute } from 'node:path';
import type { GcpEntry } from '@credex/config';
import { FederationError, OptionError } from '@credex/core';
import { cleanServerText } from '@credex/core/failure';
import type { EntryOptions } from '../../entry/entry-options.js';
import { entryOf, openEntry } from '../../entry/open-entry.js';
import type { Io } from '../../io.js';
import { UsageError } from '../../usage-error.js';
import { shown } from '../../visible.js';
import { providerAudience } from './print-config.js';

const JWT = 'urn:ietf:params:oauth:token-type:jwt';
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';

export type GoogleResponse =
  | {
      readonly version: 1;
      readonly success: true;
      readonly token_type: string;
      readonly id_token: string;
      /** Epoch seconds. */
      readonly expiration_time: number;
    }
  | { readonly version: 1; readonly success: false; readonly code: string; readonly message: string };

/** Failures are responses as well, except defects of credex. */
export async function googleResponse(
  io: Io,
  name: string | undefined,
  options: EntryOptions,
): Promise<GoogleResponse> {
  try {
    const opened = await openEntry(io, name, options, {}, 'tool');
    const entry = entryOf(
      'gcp',
      opened,
      'Run `credex print-config`: it prints what the tools of other clouds need.',
    );
    const token_type = requestedType(io);
    assertRequestedFor(io, entry, opened.name);
    assertOutputFile(io);
    const { jwt, expiresAt } = await opened.subject();
    const expiration_time = Math.floor(expiresAt / 1000);
    return { version: 1, success: true, token_type, id_token: jwt, expiration_time };
  } catch (error) {
    if (!isOurs(error)) throw error;
    return { version: 1, success: false, code: error.code, message: cleanServerText(error.message) };
  }
}

const isOurs = (error: unknown): error is FederationError | OptionError | UsageError =>
  FederationError.isInstance(error) || OptionError.isInstance(error) || error instanceof UsageError;

/** A JWT is an ID token if the file calls it one. */
function requestedType({ env }: Io): string {
  const type = env['GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE'] || JWT;
  if (type === JWT || type === ID_TOKEN) return type;
  throw new UsageError(
    'invalid_argument',
    `The credential file requests a token of the type ${shown(type)}.`,
    {
      option: 'GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE',
      hint: `Its subject_token_type must be ${JWT}.`,
    },
  );
}

/** The token goes to the pool in the file, so that must be the entry's pool. The entry decides the audience of the token. */
function assertRequestedFor({ env }: Io, entry: GcpEntry, name: string): void {
  const own = providerAudience(entry);
  const audience = env['GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE'] || own;
  const email = env['GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL'] || undefined;
  if (audience !== own)
    throw mismatch('GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE', `audience is not ${own}, the provider of \`${name}\``);
  if (email !== undefined && email !== entry.serviceAccountEmail)
    throw mismatch(
      'GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL',
      entry.serviceAccountEmail === undefined
        ? `service account must be removed: \`${name}\` has none`
        : `service account is not ${entry.serviceAccountEmail}, as in \`${name}\``,
    );
}

function assertOutputFile({ env }: Io): void {
  const file = env['GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE'];
  if (file === undefined || file === '' || isAbsolute(file)) return;
  throw mismatch('GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE', 'output_file must be an absolute path');
}

function mismatch(option: string, why: string): UsageError {
  return new UsageError('invalid_argument', `The credential file's ${why}.`, {
    option,
    hint: 'Create the file again with `credex print-config`.',
  });
}
