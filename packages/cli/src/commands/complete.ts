import type { CommandModule, Context } from '../command.js';
import { EXIT } from '../exit-codes.js';

export const command: CommandModule = {
  configure: (complete, act) =>
    complete
      .argument('[words...]', 'the words after credex; the last one is being typed')
      .allowUnknownOption()
      .action(act(run)),
};

/** For the scripts of `credex completion`: one candidate a line. */
async function run({ output, operands }: Context<object>): Promise<number> {
  const { createProgram } = await import('../program.js');
  const { candidates } = await import('../completion/candidates.js');
  const program = await createProgram(operands, () => async () => undefined);
  const found = candidates(program, operands.length === 0 ? [''] : operands);
  output.print({ candidates: found }, () => found.join('\n'));
  return EXIT.ok;
}
