import type { AwsCredentials } from '@credex/aws';
import type { CommandModule, Context } from '../command.js';
import type { EntryOptions } from '../entry/entry-options.js';
import { withEntryOptions } from '../entry/entry-options.js';
import { entryOf, openEntry } from '../entry/open-entry.js';
import type { SecretsOptions } from '../entry/secrets-to-terminal.js';
import { assertNoTerminal, withSecretsOption } from '../entry/secrets-to-terminal.js';
import { EXIT } from '../exit-codes.js';

export const command: CommandModule = {
  configure: (process, act) =>
    withSecretsOption(withEntryOptions(process))
      .argument('[name]', 'the name of an AWS entry; default: the `default` of the configuration')
      .addHelpText(
        'after',
        '\n`credex print-config NAME` prints the profile of ~/.aws/config that calls this command.',
      )
      .action(act(run)),
};

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html */
async function run({
  io,
  output,
  options,
  operands,
}: Context<EntryOptions & SecretsOptions>): Promise<number> {
  assertNoTerminal(io, options, 'an AWS session');
  const opened = await openEntry(io, operands[0], options, {}, 'tool');
  entryOf(
    'aws',
    opened,
    'Only tools of AWS call credential_process. Run `credex print-config`: it prints what other tools need.',
  );
  const credentials = (await opened.getCredentials({ signal: io.signal })) as AwsCredentials;
  const { accessKeyId, secretAccessKey, sessionToken, expiresAt, accountId } = credentials;
  output.raw(
    `${JSON.stringify({
      Version: 1,
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: sessionToken,
      Expiration: new Date(expiresAt).toISOString(),
      AccountId: accountId,
    })}\n`,
  );
  return EXIT.ok;
}
