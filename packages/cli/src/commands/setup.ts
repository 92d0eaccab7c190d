import type { Command } from 'commander';
import type { Act, CommandModule, Context } from '../command.js';
import { withTokenOptions } from '../find-token.js';
import type { TokenOptions } from '../find-token.js';
import { EXIT } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import { awsPlan } from '../setup/aws.js';
import type { AwsOptions } from '../setup/aws-target.js';
import { azurePlan } from '../setup/azure.js';
import type { AzureOptions } from '../setup/azure-target.js';
import { gcpPlan } from '../setup/gcp.js';
import type { GcpOptions } from '../setup/gcp-trust.js';
import type { Plan } from '../setup/plan.js';
import { chosen, drawPlan } from '../setup/plan.js';
import { Checks } from '../setup/checks.js';
import { withKnown } from '../setup/known.js';
import type { TrustOptions, TrustRequest } from '../setup/trust-request.js';
import { trustRequest } from '../setup/trust-request.js';
import { dim } from '../text.js';

export const command: CommandModule = {
  configure(setup, act) {
    setup.addHelpText(
      'after',
      '\nNothing is applied: who may change trust in a cloud is for that cloud to say, by its own tools and reviews.\nOptions that are left out are taken from .vercel/project.json and the token at hand; the notes say which.',
    );
    cloud<AwsOptions>(setup, 'aws', 'an IAM role that lets', act, awsPlan)
      .option('--account-id <digits>', 'the AWS account')
      .option('--role-name <name>', 'the role to make; default: vercel-{project}')
      .option('--partition <name>', 'aws, aws-cn, aws-us-gov, …; default: aws');
    cloud<GcpOptions>(setup, 'gcp', 'a workload identity pool that lets', act, gcpPlan)
      .option('--google-project <id>', "Google's project id")
      .option('--google-project-number <digits>', "Google's project number")
      .option('--pool <id>', 'the workload identity pool; default: vercel')
      .option('--provider <id>', "the pool's provider; default: vercel")
      .option('--service-account <email>', 'the service account to become; default: none');
    cloud<AzureOptions>(setup, 'azure', 'federated credentials that let', act, azurePlan)
      .option('--identity <kind>', 'application or managed; default: application')
      .option('--client-id <guid>', 'an application that stands; default: one is made')
      .option('--display-name <name>', "the new application's name; default: vercel-{project}")
      .option('--identity-name <name>', "the managed identity's name; default: vercel-{project}")
      .option('--resource-group <name>', 'of the managed identity')
      .option('--location <name>', 'of the managed identity');
  },
};

function cloud<O extends object>(
  setup: Command,
  name: string,
  what: string,
  act: Act,
  planFor: (request: TrustRequest, options: O, checks: Checks) => Plan,
): Command {
  return withTokenOptions(setup.command(name))
    .description(`print ${what} chosen environments of a Vercel project in`)
    .option('--team <slug>', "the Vercel team's slug")
    .option('--team-id <id>', 'the id of the team, team_…')
    .option('--project <name>', "the Vercel project's name")
    .option('--project-id <id>', 'the id of the project, prj_…')
    .option('--environment <name>', 'an environment to let in; repeat it for more', collect)
    .option('--issuer-mode <mode>', 'team, global or both; default: team')
    .option('--audience <audience>', 'default: https://vercel.com/{team}')
    .option('--format <format>', 'one format alone, such as cli or terraform', 'all')
    .action(
      act(async ({ io, output, options: given }: Context<Options & O>): Promise<ExitCode> => {
        const { options, notes } = await withKnown(io, given);
        const checks = new Checks();
        const whole = planFor(trustRequest(options, name, checks), options, checks);
        const { files, commands, ...rest } = checks.or(whole, () => chosen(whole, options.format));
        checks.finish();
        const plan = { files, commands, notes: [...notes, ...rest.notes] };
        output.print(plan, (view) => drawPlan(plan, view));
        if (!output.isJson) for (const note of plan.notes) output.note(dim('note: '), note);
        return EXIT.ok;
      }),
    );
}

type Options = TrustOptions & TokenOptions & { readonly format: string };

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
