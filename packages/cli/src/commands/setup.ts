import type { Command } from 'commander';
import type { CloudSetup } from '../clouds/cloud.js';
import { CLOUDS } from '../clouds/registry.js';
import type { Act, CommandModule, Context } from '../command.js';
import { repeated } from '../command.js';
import { EXIT } from '../exit-codes.js';
import type { TokenOptions } from '../find-token.js';
import { withTokenOptions } from '../find-token.js';
import type { Io } from '../io.js';
import type { Output } from '../output.js';
import { Checks } from '../setup/checks.js';
import type { KnownOptions } from '../setup/known.js';
import { withKnown } from '../setup/known.js';
import { chosen, drawPlan } from '../setup/plan.js';
import type { TrustOptions } from '../setup/trust-request.js';
import { AUDIENCE, trustRequest } from '../setup/trust-request.js';
import { dim } from '../text.js';
import { UsageError } from '../usage-error.js';

type Options = TrustOptions &
  TokenOptions & { readonly format: string; readonly apply?: boolean; readonly yes?: boolean };

export const command: CommandModule = {
  async configure(setup, act) {
    setup.addHelpText(
      'after',
      '\nWithout --apply, setup changes nothing in a cloud: apply what it prints with the tools and reviews of that cloud.\nMissing options are taken from .vercel/project.json and the token that is found. The notes say which. With --yes all of them must be options.',
    );
    for (const [name, load] of Object.entries(CLOUDS)) cloud(setup, name, (await load()).setup, act);
  },
};

function cloud(setup: Command, name: string, { grants, ...rest }: CloudSetup<object>, act: Act): void {
  withTrustOptions(setup.command(name), rest)
    .description(`print ${grants} chosen environments of a Vercel project in`)
    .option('--format <format>', 'only one format, such as cli or terraform', 'all')
    .option('--apply', "run the commands with the cloud's own tool, after showing them and asking")
    .option('--yes', 'with --apply: do not ask; nothing is taken from the folder or a token')
    .action(act((context: Context<Options>) => run(rest, context)));
}

/** Adds the options that say which deployments get access, and those of the cloud. */
export function withTrustOptions(
  command: Command,
  { options }: Pick<CloudSetup<object>, 'options'>,
): Command {
  withTokenOptions(command)
    .option('--team <slug>', "the Vercel team's slug")
    .option('--team-id <id>', 'the id of the team, team_…')
    .option('--project <name>', "the Vercel project's name")
    .option('--project-id <id>', 'the id of the project, prj_…')
    .option('--environment <name>', 'an environment that gets access; repeat it for more', repeated)
    .option('--issuer-mode <mode>', 'team, global or both; default: team')
    .option('--audience <audience>', 'default: https://vercel.com/{team}');
  for (const [flags, description] of options) command.option(flags, description);
  return command;
}

async function run(
  { audience = AUDIENCE, plan: planFor }: Pick<CloudSetup<object>, 'audience' | 'plan'>,
  { io, output, options: given }: Context<Options>,
): Promise<number> {
  const { options, notes } = given.yes === true ? withoutQuestion(given) : await known(io, output, given);
  const checks = new Checks();
  const whole = planFor(trustRequest(options, audience, checks), options, checks);
  const { files, commands, ...rest } = checks.or(whole, () => chosen(whole, options.format));
  checks.finish();
  const plan = { files, commands, notes: [...notes, ...rest.notes] };
  if (!output.isJson) for (const note of plan.notes) output.note(dim('note: '), note);
  if (given.apply === true) {
    const { apply } = await import('../setup/apply.js');
    return apply({ io, output }, plan, given.yes === true);
  }
  output.print(plan, (view) => drawPlan(plan, view));
  return EXIT.ok;
}

function known(io: Io, output: Output, given: Options): Promise<KnownOptions<Options>> {
  const done = given.local === true ? output.progress('asking Vercel for a token') : undefined;
  return withKnown(io, given).finally(done);
}

/**
 * Without a person who reads the commands, only options say whom the cloud will trust: the folder may be somebody else's work,
 * and its token is not verified.
 */
function withoutQuestion(given: Options): KnownOptions<Options> {
  if (given.apply !== true)
    throw new UsageError('conflicting_arguments', '--yes needs --apply.', { option: '--yes' });
  const named = (['token', 'tokenFile', 'local'] as const).find((name) => given[name] !== undefined);
  if (named === undefined) return { options: given, notes: [] };
  const option = { token: '--token', tokenFile: '--token-file', local: '--local' }[named];
  throw new UsageError('conflicting_arguments', `--yes takes nothing from a token, so not with ${option}.`, {
    option,
    hint: 'Pass --team, --project and --environment, or remove --yes and confirm the commands.',
  });
}
