import type { SubjectClaims } from '@credex/core';
import type { ExplainInput } from '@credex/explain';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { CloudExplain, ExplainOption } from '../clouds/cloud.js';
import { CLOUDS } from '../clouds/registry.js';
import type { Act, CommandModule, Context } from '../command.js';
import { repeated } from '../command.js';
import { EXIT } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import { explainPolicy } from '../explain/explain-policy.js';
import { drawExplanation } from '../explain/explanation-table.js';
import { assertOneReader, readPolicyFile } from '../explain/read-policy-file.js';
import { findToken, withTokenOptions } from '../find-token.js';
import type { TokenOptions } from '../find-token.js';
import type { Io } from '../io.js';
import { ENVIRONMENT } from '../setup/trust-request.js';
import { UsageError } from '../usage-error.js';

interface ExplainOptions extends TokenOptions {
  readonly policy?: string;
  readonly environment?: string;
  /** Those of the cloud, by commander's names. */
  readonly [option: string]: unknown;
}

export const command: CommandModule = {
  async configure(explain, act) {
    explain.addHelpText(
      'after',
      '\nNo cloud is called: what it trusts is read from a file. Signatures are not verified.',
    );
    for (const [name, load] of Object.entries(CLOUDS)) {
      const { explain: cloud } = await load();
      if (cloud !== undefined) configure(explain, name, cloud, act);
    }
  },
};

function configure(explain: Command, name: string, cloud: CloudExplain<never>, act: Act): void {
  const command = withTokenOptions(explain.command(name))
    .description(`compare ${cloud.file} with the token: what matches, what does not, and why`)
    .option('--policy <file>', `the output of \`${cloud.from}\`; - reads standard input`)
    .option(
      '--environment <name>',
      'judge a deployment of this environment, such as preview, instead of the token as it is',
    )
    .action(act((context: Context<ExplainOptions>) => run(cloud, context)));
  for (const { flags, description, isRepeatable } of cloud.options) {
    if (isRepeatable === true) command.option(flags, description, repeated);
    else command.option(flags, description);
  }
}

async function run(
  cloud: CloudExplain<never>,
  { io, output, options }: Context<ExplainOptions>,
): Promise<ExitCode> {
  const { policy } = options;
  if (policy === undefined)
    throw new UsageError('missing_argument', '--policy is missing: the file with what the cloud trusts.', {
      option: '--policy',
      hint: `Create one with \`${cloud.from} > policy.json\`.`,
    });
  const files = cloud.options.filter(({ text }) => text === undefined);
  assertOneReader([
    ['--policy', policy],
    ...files.map((option) => [flagOf(option), given(option, options)] as const),
    ['--token', options.token],
  ]);
  const input = { ...cloud.input(), policy: await readPolicyFile(io, '--policy', policy) };
  for (const option of cloud.options) {
    const value = await valueOf(io, option, given(option, options));
    if (value !== undefined) Object.assign(input, { [option.input]: value });
  }
  const done = options.local === true ? output.progress('asking Vercel for a token') : undefined;
  const { token } = await findToken(io, options).finally(done);
  const { environment } = options;
  const claims = environment === undefined ? token.claims : claimsOfEnvironment(token.claims, environment);
  if (environment !== undefined)
    output.note(
      `Judged as a deployment of the environment ${environment}, with the other claims of your token.`,
    );
  const full: ExplainInput = { ...input, claims, now: io.clock.now() };
  const explanation = await explainPolicy(io, full);
  output.print(explanation, (view) => drawExplanation(explanation, view));
  return explanation.verdict === 'allowed' ? EXIT.ok : EXIT.no;
}

const given = ({ flags }: ExplainOption, options: ExplainOptions): string | readonly string[] | undefined =>
  options[new Option(flags).attributeName()] as string | readonly string[] | undefined;

const flagOf = ({ flags }: ExplainOption): string => flags.split(' ')[0] ?? flags;

/** The text, or the contents of the files. */
async function valueOf(
  io: Io,
  option: ExplainOption,
  value: string | readonly string[] | undefined,
): Promise<string | readonly string[] | undefined> {
  if (value === undefined) return undefined;
  const flag = flagOf(option);
  if (typeof value !== 'string') return Promise.all(value.map((path) => readPolicyFile(io, flag, path)));
  if (option.text === undefined) return readPolicyFile(io, flag, value);
  if (option.text.pattern.test(value)) return value;
  throw new UsageError('invalid_argument', `${flag} must look like ${option.text.says}.`, { option: flag });
}

/** `owner:acme:project:shop:environment:preview` and what comes before the environment. */
const SUBJECT = /^(owner:[^:]+:project:[^:]+:environment:)[^:]+$/;

/**
 * The claims of a deployment of another environment: a laptop's token is of `development`, and says nothing of the others.
 * @throws UsageError for a name that is no environment, or a token that is not one of Vercel
 */
function claimsOfEnvironment(claims: SubjectClaims, environment: string): SubjectClaims {
  const option = '--environment';
  if (!ENVIRONMENT.pattern.test(environment))
    throw new UsageError('invalid_argument', `${option} must be ${ENVIRONMENT.says}.`, { option });
  const [, before] = SUBJECT.exec(claims.sub ?? '') ?? [];
  if (before === undefined)
    throw new UsageError(
      'invalid_argument',
      `${option} needs a token of Vercel, whose subject names an environment.`,
      {
        option,
        hint: 'Leave the option out, to explain the token as it is.',
      },
    );
  // Only a token of `development` names the user who asked for it.
  const { user_id: _user, ...others } = claims;
  const sub = `${before}${environment}`;
  return { ...others, sub, environment, ...(others['scope'] === undefined ? {} : { scope: sub }) };
}
