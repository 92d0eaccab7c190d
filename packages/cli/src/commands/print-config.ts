import type { CommandModule, Context } from '../command.js';
import type { EntryOptions } from '../entry/entry-options.js';
import { withEntryOptions } from '../entry/entry-options.js';
import { openEntry } from '../entry/open-entry.js';
import { EXIT } from '../exit-codes.js';
import { invocationOf } from '../print-config/invocation.js';
import { UsageError } from '../usage-error.js';
import { dim } from '../text.js';

interface PrintOptions extends EntryOptions {
  readonly for?: string;
  readonly command?: string;
}

export const command: CommandModule = {
  configure: (print, act) =>
    withEntryOptions(print)
      .argument('<name>', 'the name of an entry')
      .option(
        '--for <tool>',
        'the tool, such as aws, gcloud, azure, azure-cli or terraform; default: the usual one of the cloud',
      )
      .option('--command <words>', 'how the tool starts credex; default: this program, by its path')
      .addHelpText('after', '\nprint-config writes no file and sends no request.')
      .action(act(run)),
};

async function run({ io, output, options, operands }: Context<PrintOptions>): Promise<number> {
  const opened = await openEntry(io, operands[0], options);
  const { name, entry, cloud } = opened;
  const formats = cloud.printConfig(name, entry, invocationOf(io, { ...options, config: opened.file }));
  const names = Object.keys(formats);
  const wanted = options.for ?? (names[0] as string);
  const format = Object.hasOwn(formats, wanted) ? formats[wanted] : undefined;
  if (format === undefined) {
    throw new UsageError(
      'invalid_argument',
      `--for takes ${names.join(', ')} for \`${name}\`, which is an entry of ${entry.provider}.`,
      { option: '--for' },
    );
  }
  const { text, goes, notes = [] } = format();
  output.print({ name, for: wanted, goes, text, notes }, (view) => view.lines(text));
  if (!output.isJson) for (const note of [goes, ...notes]) output.note(dim(`# ${note}`));
  return EXIT.ok;
}
