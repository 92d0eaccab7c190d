import { resolve } from 'node:path';
import { fileEnvironment } from '../azure-token-file/file-environment.js';
import { keepFresh } from '../azure-token-file/keep-fresh.js';
import type { CommandModule, Context } from '../command.js';
import type { EntryOptions } from '../entry/entry-options.js';
import { withEntryOptions } from '../entry/entry-options.js';
import { entryOf, openEntry } from '../entry/open-entry.js';
import { writePrivately } from '../entry/private-file.js';
import { EXIT } from '../exit-codes.js';
import type { Io } from '../io.js';
import { isOfOneLine, shellWord } from '../setup/quote.js';
import { dim } from '../text.js';
import { table } from '../table.js';
import { UsageError } from '../usage-error.js';

interface FileOptions extends EntryOptions {
  readonly path?: string;
  readonly watch?: boolean;
}

export const command: CommandModule = {
  configure: (file, act) =>
    withEntryOptions(file)
      .argument('<name>', "an Azure entry's name")
      .option(
        '--path <file>',
        'where to write; default: AZURE_FEDERATED_TOKEN_FILE, ARM_OIDC_TOKEN_FILE_PATH',
      )
      .option('--watch', 'keep it fresh until Ctrl-C or SIGTERM, then remove it')
      .action(act(answer)),
};

async function answer({ io, output, options, operands }: Context<FileOptions>): Promise<number> {
  const path = resolve(io.cwd, pathOf(io, options));
  if (!isOfOneLine(path))
    throw new UsageError('invalid_argument', 'A control character can not stand in the path.', {
      option: '--path',
    });
  const opened = await openEntry(io, operands[0], options, {}, 'tool');
  const entry = entryOf('azure', opened, '`credex print-config` says what the tools of other clouds read.');
  const token = await opened.subject();
  io.catchSignals?.();
  await writePrivately(path, token.jwt);
  const document = { path, expiresAt: token.expiresAt, environment: fileEnvironment(entry, path) };
  output.print(document, (view) =>
    table(view, [
      [dim('written'), path],
      [dim('ends'), new Date(token.expiresAt).toISOString()],
      ...Object.entries(document.environment).map(([name, value]) => [
        dim('export'),
        `${name}=${shellWord(value)}`,
      ]),
    ]),
  );
  if (options.watch === true) await keepFresh({ io, output, path, token, next: () => opened.subject() });
  return EXIT.ok;
}

function pathOf({ env }: Io, { path }: FileOptions): string {
  const found = path ?? (env['AZURE_FEDERATED_TOKEN_FILE'] || env['ARM_OIDC_TOKEN_FILE_PATH'] || undefined);
  if (found !== undefined && found !== '') return found;
  throw new UsageError('missing_argument', '--path is missing: the file to write.', {
    option: '--path',
    hint: 'Name a file that only you can read, or set AZURE_FEDERATED_TOKEN_FILE to it.',
  });
}
