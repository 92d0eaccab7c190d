import type { Command } from 'commander';
import type { InitCloud } from '../clouds/cloud.js';
import { hasInit } from '../clouds/cloud.js';
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
    for (const [name, cloud] of await known()) configureCloud(init, name, cloud, act);
  },
};

async function known(): Promise<readonly (readonly [name: string, cloud: InitCloud])[]> {
  const found: (readonly [string, InitCloud])[] = [];
  for (const [name, load] of Object.entries(CLOUDS)) {
    const cloud = await load();
    if (hasInit(cloud)) found.push([name, cloud]);
  }
  return found;
}

function configureCloud(init: Command, name: string, cloud: InitCloud, act: Act): void {
  const command = withTrustOptions(init.command(name), cloud.setup)
    .description(`write the options and the trust of ${cloud.dev.title}`)
    .option('--storage <name>', 'the bucket or container of the emulator; default: {project}-dev')
    .option('--force', 'overwrite files and variables that have another content')
    .action(act((context: Context<InitOptions>) => run(name, cloud, context)));
  for (const [flags, description] of cloud.init.options) command.option(flags, description);
}

async function choose(context: Context<InitOptions>): Promise<number> {
  const { prompts } = context.io;
  const clouds = await known();
  const names = clouds.map(([name]) => name);
  if (prompts === undefined)
    throw new UsageError('missing_argument', 'The cloud is missing.', {
      hint: `Run \`credex init ${names.join('|')}\`; on a terminal it asks for what is missing.`,
    });
  const choices = clouds.map(([value, { dev }]) => ({ value, label: dev.title }));
  const chosen = await prompts.select('Which cloud does the project use?', choices);
  const [name, cloud] = clouds.find(([one]) => one === chosen) ?? (clouds[0] as (typeof clouds)[number]);
  return run(name, cloud, context);
}

async function run(
  name: string,
  cloud: InitCloud,
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
