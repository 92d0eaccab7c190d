import type { Cloud, ExplainInput } from '@credex/explain';
import type { Command } from 'commander';
import type { Act, CommandModule, Context } from '../command.js';
import { EXIT } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import { explainPolicy } from '../explain/explain-policy.js';
import { drawExplanation } from '../explain/explanation-table.js';
import { readPolicyFile } from '../explain/read-policy-file.js';
import { findToken, withTokenOptions } from '../find-token.js';
import type { TokenOptions } from '../find-token.js';
import { UsageError } from '../usage-error.js';

interface ExplainOptions extends TokenOptions {
  readonly policy?: string;
  readonly roleArn?: string;
  readonly roleSessionName?: string;
  readonly identityProvider?: string;
  readonly serviceAccountPolicy?: string;
  readonly projectPolicy?: readonly string[];
}

const CLOUDS: Readonly<Record<Cloud, { readonly file: string; readonly from: string }>> = {
  aws: { file: "a role's trust policy", from: 'aws iam get-role --role-name ROLE' },
  gcp: {
    file: "a pool's provider",
    from: 'gcloud iam workload-identity-pools providers describe PROVIDER --workload-identity-pool=POOL --location=global --format=json',
  },
  azure: { file: 'federated credentials', from: 'az ad app federated-credential list --id APP' },
};

export const command: CommandModule = {
  configure(explain, act) {
    explain.addHelpText(
      'after',
      '\nNothing is asked of a cloud: what it trusts comes from a file, and signatures are not verified.',
    );
    cloud(explain, 'aws', act)
      .option(
        '--role-arn <arn>',
        "the role, where the file doesn't name it: its account must be the provider's",
      )
      .option('--role-session-name <name>', 'for conditions on sts:RoleSessionName')
      .option('--identity-provider <file>', 'what `aws iam get-open-id-connect-provider` prints');
    cloud(explain, 'gcp', act)
      .option(
        '--service-account-policy <file>',
        'what `gcloud iam service-accounts get-iam-policy EMAIL --format=json` prints',
      )
      .option(
        '--project-policy <file>',
        'what `gcloud projects get-ancestors-iam-policy PROJECT --format=json` prints, or the policy of one project, folder or organization; repeat it for more',
        collect,
      );
    cloud(explain, 'azure', act);
  },
};

function cloud(explain: Command, name: Cloud, act: Act): Command {
  const { file, from } = CLOUDS[name];
  return withTokenOptions(explain.command(name))
    .description(`hold ${file} against the token: what matches, what doesn't, and why`)
    .option('--policy <file>', `what \`${from}\` prints; - reads standard input`)
    .action(act((context: Context<ExplainOptions>) => answer(name, context)));
}

async function answer(name: Cloud, { io, output, options }: Context<ExplainOptions>): Promise<ExitCode> {
  const { policy, roleArn, roleSessionName } = options;
  if (policy === undefined)
    throw new UsageError(
      'missing_argument',
      '--policy is missing: the file that says what the cloud trusts.',
      {
        option: '--policy',
        hint: `Make one with \`${CLOUDS[name].from} > policy.json\`.`,
      },
    );
  assertOneReader(options);
  assertShape(
    '--role-arn',
    roleArn,
    /^arn:[\w-]+:iam::\d{12}:role\/[\x21-\x7e]+$/,
    'arn:aws:iam::123456789012:role/NAME',
  );
  assertShape(
    '--role-session-name',
    roleSessionName,
    /^[\w+=,.@-]{2,64}$/,
    '2 to 64 of A-Z, a-z, 0-9 and +=,.@_-',
  );
  const input = {
    cloud: name,
    policy: await readPolicyFile(io, '--policy', policy),
    roleArn,
    roleSessionName,
  };
  const more = {
    identityProvider: await optionalFile(io, '--identity-provider', options.identityProvider),
    serviceAccountPolicy: await optionalFile(io, '--service-account-policy', options.serviceAccountPolicy),
    projectPolicies: await Promise.all(
      (options.projectPolicy ?? []).map((path) => readPolicyFile(io, '--project-policy', path)),
    ),
  };
  const { token } = await findToken(io, options);
  const full: ExplainInput = { ...input, ...more, claims: token.claims, now: io.clock.now() };
  const explanation = await explainPolicy(io, full);
  output.print(explanation, (view) => drawExplanation(explanation, view));
  return explanation.verdict === 'allowed' ? EXIT.ok : EXIT.no;
}

/** Standard input can be read once. */
function assertOneReader({ token, policy, ...options }: ExplainOptions): void {
  const readers = Object.entries({
    '--policy': policy,
    '--identity-provider': options.identityProvider,
    '--service-account-policy': options.serviceAccountPolicy,
    '--project-policy': options.projectPolicy,
    '--token': token === undefined ? undefined : '-',
  }).flatMap(([option, paths]) => [paths].flat().flatMap((path) => (path === '-' ? [option] : [])));
  if (readers.length > 1)
    throw new UsageError(
      'conflicting_arguments',
      `${readers.join(' and ')} can not both read standard input.`,
    );
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

const optionalFile = (
  io: Context<ExplainOptions>['io'],
  option: string,
  path: string | undefined,
): Promise<string> | undefined => (path === undefined ? undefined : readPolicyFile(io, option, path));

function assertShape(option: string, value: string | undefined, shape: RegExp, says: string): void {
  if (value === undefined || shape.test(value)) return;
  throw new UsageError('invalid_argument', `${option} must look like ${says}.`, { option });
}
