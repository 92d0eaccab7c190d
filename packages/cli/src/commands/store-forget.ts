import type { CommandModule, Context } from '../command.js';
import type { EntryOptions } from '../entry/entry-options.js';
import { withEntryOptions } from '../entry/entry-options.js';
import { entryProvider } from '../entry/entry-provider.js';
import { openEntry } from '../entry/open-entry.js';
import { EXIT } from '../exit-codes.js';
import { deploymentOf, deploymentSource, forgettingStore } from '../store/forget.js';
import { loadStore } from '../store/load-store.js';
import { good } from '../text.js';
import { UsageError } from '../usage-error.js';
import { shown } from '../visible.js';

interface ForgetOptions extends EntryOptions {
  readonly store?: string;
}

export const command: CommandModule = {
  configure: (forget, act) =>
    withEntryOptions(forget)
      .argument('[name]', "an entry's name; default: the configuration's `default`")
      .option('--store <file>', 'the module that exports the store; it is run')
      .addHelpText(
        'after',
        '\nThe record is that of the deployment which VERCEL_PROJECT_ID and VERCEL_TARGET_ENV name. Instances that have the\ncredential in memory keep it. To stop all of them, replace the key of the store and deploy.',
      )
      .action(act(run)),
};

async function run({ io, output, options, operands }: Context<ForgetOptions>): Promise<number> {
  const deployment = deploymentOf(io);
  const store = await loadStore(io, options.store);
  const { createCredentialCache } = await import('@credex/core');
  const opened = await openEntry(io, operands[0], options);
  const { name, cloud } = opened;
  // The developer's own login has no record.
  const entry = { ...opened.entry, local: undefined };
  const forgotten: { count: number; error?: unknown } = { count: 0 };
  const { projectId, ownerId, project, owner } = entry.expect ?? {};
  if (projectId !== undefined && projectId !== deployment.projectId)
    throw new UsageError(
      'conflicting_arguments',
      `\`expect.projectId\` of ${shown(name)} is another project than VERCEL_PROJECT_ID.`,
    );
  const provider = await entryProvider(cloud, name, entry, {
    tokenSource: deploymentSource(deployment, { owner_id: ownerId, project, owner } as never),
    store: forgettingStore(store, forgotten),
    cache: createCredentialCache(),
    clock: io.clock,
    fetch: () => Promise.reject(new TypeError('Nothing is sent.')),
  });
  // The exchange that follows is refused by `fetch`.
  await provider.getCredentials({}).catch(() => undefined);
  if (forgotten.error !== undefined)
    throw new UsageError('unreadable_file', 'The store could not be read or changed.', {
      option: '--store',
      cause: forgotten.error,
      exit: EXIT.unreachable,
    });
  const isForgotten = forgotten.count > 0;
  output.print({ name, ...deployment, forgotten: isForgotten }, (view) =>
    isForgotten ? view.line(good('deleted '), name) : view.line(`The store has no credential of ${name}.`),
  );
  return EXIT.ok;
}
