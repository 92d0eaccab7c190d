import type { Command } from 'commander';
import type { Cloud } from '../clouds/cloud.js';
import { CLOUDS } from '../clouds/registry.js';
import type { Act, CommandModule, Context } from '../command.js';
import { EXIT } from '../exit-codes.js';
import type { Initialized, InitOptions } from '../init/initialize.js';
import { table } from '../table.js';
import type { View } from '../text.js';
import { dim, strong } from '../text.js';
import { UsageError } from '../usage-error.js';
import { withTrustOptions } from './setup.js';

export const command: CommandModule = {
  async configure(init, act) {
    init
      .addHelpText(
        'after',
        '\nWrites .env.local, credex.emulator.json and the folder trust. It changes nothing in a cloud. On a terminal it asks for what is missing.',
      )
      .action(act((context: Context<InitOptions>) => choose(context)));
    for (const [name, load] of Object.entries(CLOUDS)) configureCloud(init, name, await load(), act);
  },
};

function configureCloud(init: Command, name: string, cloud: Cloud, act: Act): void {
  const command = withTrustOptions(init.command(name), cloud.setup)
    .description(`write the options and the trust of ${cloud.dev.title}`)
    .option('--storage <name>', 'the bucket or container of the emulator; default: {project}-dev')
    .option('--force', 'overwrite files and variables that have another content')
    .action(act((context: Context<InitOptions>) => run(name, cloud, context)));
  for (const [flags, description] of cloud.init.options) command.option(flags, description);
}

async function choose(context: Context<InitOptions>): Promise<number> {
  const { prompts } = context.io;
  const names = Object.keys(CLOUDS);
  if (prompts === undefined)
    throw new UsageError('missing_argument', 'The cloud is missing.', {
      hint: `Run \`credex init ${names.join('|')}\`; on a terminal it asks for what is missing.`,
    });
  const clouds = await Promise.all(
    Object.entries(CLOUDS).map(async ([value, load]) => ({ value, label: (await load()).dev.title })),
  );
  const name = await prompts.select('Which cloud does the project use?', clouds);
  const load = CLOUDS[name as keyof typeof CLOUDS];
  return run(name, await load(), context);
}

async function run(
  name: string,
  cloud: Cloud,
  { io, output, options }: Context<InitOptions>,
): Promise<number> {
  const { initialize } = await import('../init/initialize.js');
  const done = await initialize(io, name, cloud, options);
  output.print(done, (view) => draw(done, view));
  if (!output.isJson) for (const note of done.notes) output.note(dim('note: '), note);
  return EXIT.ok;
}

function draw({ files, next }: Initialized, view: View): string {
  const written = table(
    view,
    files.map(({ path, status }) => [dim(status), path]),
  );
  const steps = next.map(
    ({ why, commands }) =>
      `${view.line(strong(why))}\n${commands.map((one) => view.line(`  ${one}`)).join('\n')}`,
  );
  return [written, ...steps].join('\n\n');
}
