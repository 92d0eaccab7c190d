import { fileEnvironment } from '../clouds/azure/environment.js';
import { keepFresh, tokenPath } from '../clouds/azure/token-file.js';
import type { CommandModule, Context } from '../command.js';
import type { EntryOptions } from '../entry/entry-options.js';
import { withEntryOptions } from '../entry/entry-options.js';
import { entryOf, openEntry } from '../entry/open-entry.js';
import { writePrivately } from '../entry/private-file.js';
import { EXIT } from '../exit-codes.js';
import { shellWord } from '../setup/quote.js';
import { table } from '../table.js';
import { dim } from '../text.js';

interface FileOptions extends EntryOptions {
  readonly path?: string;
  readonly watch?: boolean;
}

export const command: CommandModule = {
  configure: (file, act) =>
    withEntryOptions(file)
      .argument('<name>', 'the name of an Azure entry')
      .option(
        '--path <file>',
        'the file to write; default: AZURE_FEDERATED_TOKEN_FILE, ARM_OIDC_TOKEN_FILE_PATH',
      )
      .option('--watch', 'replace the token before it expires, until Ctrl-C or SIGTERM; then remove the file')
      .action(act(run)),
};

async function run({ io, output, options, operands }: Context<FileOptions>): Promise<number> {
  const path = tokenPath(io, options.path);
  const opened = await openEntry(io, operands[0], options, {}, 'tool');
  const instead = 'Run `credex print-config`: it prints what the tools of other clouds need.';
  const entry = entryOf('azure', opened, instead);
  const token = await opened.subject();
  io.catchSignals?.();
  await writePrivately(path, token.jwt);
  const document = { path, expiresAt: token.expiresAt, environment: fileEnvironment(entry, path) };
  output.print(document, (view) =>
    table(view, [
      [dim('written'), path],
      [dim('expires'), new Date(token.expiresAt).toISOString()],
      ...Object.entries(document.environment).map(([name, value]) => [
        dim('export'),
        `${name}=${shellWord(value)}`,
      ]),
    ]),
  );
  if (options.watch === true) await keepFresh({ io, output, path, token, next: () => opened.subject() });
  return EXIT.ok;
}
