import type { CommandModule, Context } from '../command.js';
import type { EntryOptions } from '../entry/entry-options.js';
import { withEntryOptions } from '../entry/entry-options.js';
import { openEntry } from '../entry/open-entry.js';
import { runChild } from '../exec/run-child.js';
import { UsageError } from '../usage-error.js';
import { dim } from '../text.js';
import { duration } from '../whoami/durations.js';
import { shown } from '../visible.js';

interface ExecOptions extends EntryOptions {
  readonly quiet?: boolean;
}

export const command: CommandModule = {
  configure: (exec, act) =>
    withEntryOptions(exec)
      .argument('<name>', "an entry's name")
      .argument('<command...>', 'the program and its arguments; no shell reads them')
      .option('--quiet', "don't say when the credentials end")
      .passThroughOptions()
      .addHelpText('after', '\nThe credentials are had once: nothing renews them while the program runs.')
      .action(act(answer)),
};

/** The exit code is the program's own; 128 and the signal's number where one ended it. */
async function answer({ io, output, options, operands }: Context<ExecOptions>): Promise<number> {
  // Commander leaves `--` in where options are passed through.
  const [name, ...rest] = operands;
  const [file, ...args] = rest[0] === '--' ? rest.slice(1) : rest;
  if (file === undefined || file === '')
    throw new UsageError('missing_argument', 'There is no program to run.');
  if (file.startsWith('-') && rest[0] !== '--')
    throw new UsageError('invalid_argument', `${shown(file)} stands after the name.`, {
      hint: "Options of credex's go before the name of the entry: what follows it is the program.",
    });
  const onEvent = (event: { readonly type: string; readonly message?: string }): void => {
    if (event.type === 'warning') output.note(dim('warning: '), event.message ?? '');
  };
  const opened = await openEntry(io, name, options, { onEvent });
  io.catchSignals?.();
  const { conflicts, prepare } = opened.cloud.environment;
  const prepared = await prepare(opened, io);
  try {
    if (options.quiet !== true) {
      const left = duration(prepared.expiresAt - io.clock.now());
      output.note(
        dim(`${prepared.what}: good until ${new Date(prepared.expiresAt).toISOString()} (${left})`),
      );
    }
    io.signal.throwIfAborted();
    const kept = Object.entries(io.env).filter(([variable]) => !conflicts.includes(variable));
    const env = { ...Object.fromEntries(kept), ...prepared.env };
    return await runChild({ file, args, env, cwd: io.cwd, isTerminal: io.stdin.isTerminal });
  } finally {
    await prepared.remove?.();
  }
}
