import type { CommandModule, Context } from '../command.js';
import { SHELLS } from '../completion/scripts.js';
import { EXIT } from '../exit-codes.js';
import { UsageError } from '../usage-error.js';
import { shown } from '../visible.js';

export const command: CommandModule = {
  configure: (completion, act) =>
    completion
      .argument('<shell>', Object.keys(SHELLS).join(', '))
      .addHelpText('after', '\nFor bash: eval "$(credex completion bash)" in ~/.bashrc.')
      .action(act(run)),
};

async function run({ output, operands }: Context<object>): Promise<number> {
  const [shell = ''] = operands;
  const script = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
  if (script === undefined)
    throw new UsageError(
      'invalid_argument',
      `There is no completion for ${shown(shell)}: the shells are ${Object.keys(SHELLS).join(', ')}.`,
    );
  output.print({ shell, script }, () => script);
  return EXIT.ok;
}
