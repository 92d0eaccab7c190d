import { googleResponse } from '../clouds/gcp/executable.js';
import type { CommandModule, Context } from '../command.js';
import type { EntryOptions } from '../entry/entry-options.js';
import { withEntryOptions } from '../entry/entry-options.js';
import { writePrivately } from '../entry/private-file.js';
import type { SecretsOptions } from '../entry/secrets-to-terminal.js';
import { assertNoTerminal, withSecretsOption } from '../entry/secrets-to-terminal.js';
import { EXIT } from '../exit-codes.js';

export const command: CommandModule = {
  configure: (executable, act) =>
    withSecretsOption(withEntryOptions(executable))
      .argument('<name>', 'the name of a Google Cloud entry')
      .addHelpText(
        'after',
        '\n`credex print-config NAME` prints the credential file that calls this command.',
      )
      .action(act(run)),
};

/**
 * https://google.aip.dev/auth/4117. Google's libraries read the response, including that of a failure, only if the exit code
 * is 0. They read stderr as a part of it, so nothing is written there.
 */
async function run(context: Context<EntryOptions & SecretsOptions>): Promise<number> {
  const { io, output, options, operands } = context;
  assertNoTerminal(io, options, "the deployment's Vercel token");
  io.silenceOthers?.();
  const response = await googleResponse(io, operands[0], options);
  const text = `${JSON.stringify(response)}\n`;
  const file = io.env['GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE'];
  if (response.success && file !== undefined && file !== '') await writePrivately(file, text);
  output.raw(text);
  return EXIT.ok;
}
