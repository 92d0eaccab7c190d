import type { Command } from 'commander';
import type { CloudSetup } from '../clouds/cloud.js';
import { CLOUDS } from '../clouds/registry.js';
import type { Act, CommandModule, Context } from '../command.js';
import { EXIT } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import type { TokenOptions } from '../find-token.js';
import { withTokenOptions } from '../find-token.js';
import { Checks } from '../setup/checks.js';
import { withKnown } from '../setup/known.js';
import { chosen, drawPlan } from '../setup/plan.js';
import type { TrustOptions } from '../setup/trust-request.js';
import { AUDIENCE, trustRequest } from '../setup/trust-request.js';
import { dim } from '../text.js';

type Options = TrustOptions & TokenOptions & { readonly format: string };

export const command: CommandModule = {
  async configure(setup, act) {
    setup.addHelpText(
      'after',
      '\nsetup changes nothing in a cloud: apply what it prints with the tools and reviews of that cloud.\nMissing options are taken from .vercel/project.json and the token that is found. The notes say which.',
    );
    for (const [name, load] of Object.entries(CLOUDS)) cloud(setup, name, (await load()).setup, act);
  },
};

function cloud(
  setup: Command,
  name: string,
  { grants, options, ...rest }: CloudSetup<object>,
  act: Act,
): void {
  const command = withTokenOptions(setup.command(name))
    .description(`print ${grants} chosen environments of a Vercel project in`)
    .option('--team <slug>', "the Vercel team's slug")
    .option('--team-id <id>', 'the id of the team, team_…')
    .option('--project <name>', "the Vercel project's name")
    .option('--project-id <id>', 'the id of the project, prj_…')
    .option('--environment <name>', 'an environment that gets access; repeat it for more', collect)
    .option('--issuer-mode <mode>', 'team, global or both; default: team')
    .option('--audience <audience>', 'default: https://vercel.com/{team}')
    .option('--format <format>', 'only one format, such as cli or terraform', 'all')
    .action(act((context: Context<Options>) => run(rest, context)));
  for (const [flags, description] of options) command.option(flags, description);
}

async function run(
  { audience = AUDIENCE, plan: planFor }: Pick<CloudSetup<object>, 'audience' | 'plan'>,
  { io, output, options: given }: Context<Options>,
): Promise<ExitCode> {
  const { options, notes } = await withKnown(io, given);
  const checks = new Checks();
  const whole = planFor(trustRequest(options, audience, checks), options, checks);
  const { files, commands, ...rest } = checks.or(whole, () => chosen(whole, options.format));
  checks.finish();
  const plan = { files, commands, notes: [...notes, ...rest.notes] };
  output.print(plan, (view) => drawPlan(plan, view));
  if (!output.isJson) for (const note of plan.notes) output.note(dim('note: '), note);
  return EXIT.ok;
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
