import { resolve } from 'node:path';
import type { CommandModule, Context } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { dim, good } from '../text.js';
import { table } from '../table.js';
import { configurationFile, revoke, trust, trustedFiles } from '../trust/trusted-files.js';
import { UsageError } from '../usage-error.js';

interface TrustOptions {
  readonly revoke?: boolean;
  readonly list?: boolean;
}

export const command: CommandModule = {
  configure: (trusting, act) =>
    trusting
      .argument('[file]', 'a credex.config.ts, .mts, .js or .mjs; read it before')
      .option('--revoke', 'withdraw the consent')
      .option('--list', 'print the trusted files')
      .addHelpText(
        'after',
        '\nThe consent is for this path and this content: after a change, it is needed again. It does not cover files that\nthe configuration imports. JSON, and the file of --config, need no consent.',
      )
      .action(act(run)),
};

async function run({ io, output, options, operands }: Context<TrustOptions>): Promise<number> {
  if (options.list === true) {
    const files = [...trustedFiles(io)].map(([path, digest]) => ({ path, digest }));
    output.print({ files }, (view) =>
      table(
        view,
        files.map(({ path, digest }) => [path, dim(digest.slice(0, 12))]),
      ),
    );
    return EXIT.ok;
  }
  const [name] = operands;
  if (name === undefined)
    throw new UsageError('missing_argument', 'The file is missing: pass the configuration to trust.', {
      hint: 'Run for example `credex trust ./credex.config.ts`.',
    });
  const path = resolve(io.cwd, name);
  if (options.revoke === true) {
    const wasTrusted = await revoke(io, path);
    output.print({ path, trusted: false, wasTrusted }, (view) => view.line(dim('not trusted '), path));
    return EXIT.ok;
  }
  const file = await configurationFile(path);
  await trust(io, file);
  output.print({ ...file, trusted: true }, (view) => view.line(good('trusted '), file.path));
  return EXIT.ok;
}
