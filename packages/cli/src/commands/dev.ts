import type { CommandModule, Context } from '../command.js';
import { repeated } from '../command.js';
import type { DevelopOptions } from '../dev/develop.js';
import { UsageError } from '../usage-error.js';
import { shown } from '../visible.js';

export const command: CommandModule = {
  configure: (dev, act) =>
    dev
      .argument('<command...>', 'the program and its arguments, such as `next dev`; run without a shell')
      .option(
        '--seed <file>',
        'what the emulator trusts; default: credex.emulator.json, else the options found here',
      )
      .option('--environment <name>', 'the environment of the identity; default: development')
      .option(
        '--allow-host <name>',
        'the name by which containers reach this machine, such as host.docker.internal',
      )
      .option(
        '--listen <address>',
        'also listen on this private address, such as 172.17.0.1 for Docker on Linux',
      )
      .option('--port <service=number>', 'the port of one service, as for `credex emulator`', repeated)
      .option(
        '--database <kind>',
        'start postgres or redis, installed here, behind the login of the emulated cloud',
      )
      .passThroughOptions()
      .addHelpText(
        'after',
        '\nKeys: p presents a preview identity, which the clouds refuse, and back; q or Ctrl-C ends the program.',
      )
      .action(act(run)),
};

async function run({ io, output, options, operands }: Context<DevelopOptions>): Promise<number> {
  const [file, ...args] = operands[0] === '--' ? operands.slice(1) : operands;
  if (file === undefined || file === '')
    throw new UsageError('missing_argument', 'The program is missing: pass it after `--`.', {
      hint: 'For example: `credex dev -- next dev`. `credex emulator` starts the emulator alone.',
    });
  if (file.startsWith('-') && operands[0] !== '--')
    throw new UsageError('invalid_argument', `${shown(file)} must come before the program.`, {
      hint: 'Options of credex come before `--`. The words after it are the program.',
    });
  const { develop } = await import('../dev/develop.js');
  return develop({ io, output }, options, { file, args });
}
