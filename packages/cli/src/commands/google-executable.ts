import { isAbsolute } from 'node:path';
import type { SubjectToken } from '@credex/core';
import { FederationError, OptionError } from '@credex/core';
import { cleanServerText } from '@credex/core/internal';
import type { GcpEntry } from '@credex/config';
import type { CommandModule, Context } from '../command.js';
import type { EntryOptions } from '../entry/entry-options.js';
import { withEntryOptions } from '../entry/entry-options.js';
import { entryOf, openEntry } from '../entry/open-entry.js';
import { writePrivately } from '../entry/private-file.js';
import type { SecretsOptions } from '../entry/secrets-to-terminal.js';
import { assertNoTerminal, withSecretsOption } from '../entry/secrets-to-terminal.js';
import { EXIT } from '../exit-codes.js';
import type { Io } from '../io.js';
import { UsageError } from '../usage-error.js';
import { shown } from '../visible.js';

export const command: CommandModule = {
  configure: (executable, act) =>
    withSecretsOption(withEntryOptions(executable))
      .argument('<name>', "a Google Cloud entry's name")
      .addHelpText('after', '\n`credex print-config NAME` prints the credential file that calls this.')
      .action(act(answer)),
};

const JWT = 'urn:ietf:params:oauth:token-type:jwt';
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';

type Response =
  | {
      readonly version: 1;
      readonly success: true;
      readonly token_type: string;
      readonly id_token: string;
      /** Epoch seconds. */
      readonly expiration_time: number;
    }
  | { readonly version: 1; readonly success: false; readonly code: string; readonly message: string };

/**
 * https://google.aip.dev/auth/4117. Google's libraries read the answer where the exit code is 0, be it of failure, and
 * take what stands on stderr for a part of it: nothing is said there.
 */
async function answer(context: Context<EntryOptions & SecretsOptions>): Promise<number> {
  const { io, output, options } = context;
  assertNoTerminal(io, options, "the deployment's Vercel token");
  io.silenceOthers?.();
  const response = await responseOf(context);
  const text = `${JSON.stringify(response)}\n`;
  const file = io.env['GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE'];
  if (response.success && file !== undefined && file !== '') await writePrivately(file, text);
  output.raw(text);
  return EXIT.ok;
}

async function responseOf({ io, options, operands }: Context<EntryOptions>): Promise<Response> {
  try {
    const opened = await openEntry(io, operands[0], options, {}, 'tool');
    const entry = entryOf('gcp', opened, '`credex print-config` says what the tools of other clouds read.');
    const token_type = askedType(io);
    assertAskedFor(io, entry, opened.name);
    assertOutputFile(io);
    const { jwt, expiresAt }: SubjectToken = await opened.subject();
    const expiration_time = Math.floor(expiresAt / 1000);
    return { version: 1, success: true, token_type, id_token: jwt, expiration_time };
  } catch (error) {
    if (!isOurs(error)) throw error;
    return { version: 1, success: false, code: error.code, message: cleanServerText(error.message) };
  }
}

const isOurs = (error: unknown): error is FederationError | OptionError | UsageError =>
  FederationError.isInstance(error) || OptionError.isInstance(error) || error instanceof UsageError;

/** A JWT is an ID token where the file calls it so. */
function askedType({ env }: Io): string {
  const asked = env['GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE'] || JWT;
  if (asked === JWT || asked === ID_TOKEN) return asked;
  throw new UsageError('invalid_argument', `The credential file asks for a token of type ${shown(asked)}.`, {
    option: 'GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE',
    hint: `Its subject_token_type must be ${JWT}.`,
  });
}

/** The file's pool is where the token goes: it must be the entry's. What Vercel is asked for is the entry's own word. */
function assertAskedFor({ env }: Io, entry: GcpEntry, name: string): void {
  const { projectNumber, workloadIdentityPoolId: pool, workloadIdentityPoolProviderId: provider } = entry;
  const own = `//iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/${pool}/providers/${provider}`;
  const audience = env['GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE'] || own;
  const email = env['GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL'] || undefined;
  if (audience !== own)
    throw mismatch('GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE', `audience is not ${own}, the provider of \`${name}\``);
  if (email !== undefined && email !== entry.serviceAccountEmail)
    throw mismatch(
      'GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL',
      `service account is not ${entry.serviceAccountEmail ?? 'there'} in \`${name}\``,
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
    hint: 'Write it again with `credex print-config`.',
  });
}
