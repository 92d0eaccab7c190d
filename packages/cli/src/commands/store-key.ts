import type { CommandModule, Context } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { UsageError } from '../usage-error.js';

interface StoreKeyOptions {
  readonly environment?: string;
}

export const command: CommandModule = {
  configure: (key, act) =>
    key
      .option('--environment <name>', 'production, preview or the slug of a custom environment')
      .addHelpText(
        'after',
        '\nThe key is new each time and kept nowhere. Save it as a sensitive variable of that environment alone:\n  credex store-key --environment production | vercel env add CREDEX_STORE_KEY production --sensitive',
      )
      .action(act(run)),
};

async function run({ output, options }: Context<StoreKeyOptions>): Promise<number> {
  const { environment } = options;
  if (environment === undefined)
    throw new UsageError('missing_argument', 'Name the environment that the key is for.', {
      option: '--environment',
      hint: 'Such as `credex store-key --environment production`. Each environment gets its own key.',
    });
  const { createStoreKey } = await import('@credex/store');
  const key = createStoreKey(environment);
  output.print({ key, environment }, () => key);
  return EXIT.ok;
}
