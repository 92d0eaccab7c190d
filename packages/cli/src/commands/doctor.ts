import type { CommandModule, Context } from '../command.js';
import type { DoctorContext, DoctorOptions } from '../doctor/context.js';
import { drawDiagnosis } from '../doctor/report.js';
import { withEntryOptions } from '../entry/entry-options.js';
import { UsageError } from '../usage-error.js';

interface Options extends DoctorOptions {
  readonly timeout: string;
}

export const command: CommandModule = {
  configure: (doctor, act) =>
    withEntryOptions(doctor)
      .argument('[name]', "an entry's name; default: the configuration's `default`")
      .option('--token <->', 'read the token from standard input: `-` is the only value taken')
      .option('--policy <file>', 'what the cloud trusts, as for `credex explain`: says why it refuses')
      .option('--timeout <seconds>', 'for each step', '10')
      .addHelpText(
        'after',
        '\nThe exchange is a real one. No token and no key is printed, and nothing is changed.',
      )
      .action(act(answer)),
};

async function answer({ io, output, options, operands }: Context<Options>): Promise<number> {
  const { diagnose } = await import('../doctor/diagnose.js');
  const context: DoctorContext = { io, options, wanted: operands[0] };
  const { diagnosis, exit } = await diagnose(context, limitOf(options), output);
  output.print(diagnosis, (view) => drawDiagnosis(diagnosis, view));
  return exit;
}

function limitOf({ timeout }: Options): number {
  const seconds = Number(timeout);
  if (Number.isFinite(seconds) && seconds >= 1 && seconds <= 120) return seconds * 1000;
  throw new UsageError('invalid_argument', '--timeout takes 1 to 120 seconds.', { option: '--timeout' });
}
