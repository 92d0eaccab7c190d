import type { CommandModule, Context } from '../command.js';
import { repeated } from '../command.js';
import type { DoctorContext, DoctorOptions } from '../doctor/context.js';
import { drawDiagnosis } from '../doctor/report.js';
import { withEntryOptions } from '../entry/entry-options.js';
import { assertOneReader } from '../explain/read-policy-file.js';
import { UsageError } from '../usage-error.js';

interface Options extends DoctorOptions {
  readonly timeout: string;
}

export const command: CommandModule = {
  configure: (doctor, act) =>
    withEntryOptions(doctor)
      .argument('[name]', 'the name of an entry; default: the `default` of the configuration')
      .option('--token <->', 'read the token from standard input; the only value is `-`')
      .option(
        '--policy <file>',
        'the file with what the cloud trusts, as for `credex explain`, to explain a refusal',
      )
      .option(
        '--hop-policy <file>',
        'AWS: the same for a role of `assumeRole`; repeat it for each, in their order',
        repeated,
      )
      .option(
        '--store <file>',
        'also check the shared store of credentials that this module exports; the module is run',
      )
      .option('--timeout <seconds>', 'the time limit of each step', '10')
      .addHelpText('after', '\nThe exchange is real. doctor prints no token and no key, and changes nothing.')
      .action(act(run)),
};

async function run({ io, output, options, operands }: Context<Options>): Promise<number> {
  if (options.hopPolicy !== undefined && options.policy === undefined)
    throw new UsageError(
      'conflicting_arguments',
      '--hop-policy needs --policy: the policy of the role that the token is exchanged for.',
      { option: '--hop-policy' },
    );
  assertOneReader([
    ['--token', options.token],
    ['--policy', options.policy],
    ['--hop-policy', options.hopPolicy],
  ]);
  const { diagnose } = await import('../doctor/diagnose.js');
  const context: DoctorContext = { io, options, wanted: operands[0] };
  const { diagnosis, exit } = await diagnose(context, limitOf(options), output);
  output.print(diagnosis, (view) => drawDiagnosis(diagnosis, view));
  return exit;
}

function limitOf({ timeout }: Options): number {
  const seconds = Number(timeout);
  if (Number.isFinite(seconds) && seconds >= 1 && seconds <= 120) return seconds * 1000;
  throw new UsageError('invalid_argument', '--timeout must be 1 to 120 seconds.', { option: '--timeout' });
}
