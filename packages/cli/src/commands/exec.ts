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
      .argument('<name>', 'the name of an entry')
      .argument('<command...>', 'the program and its arguments; run without a shell')
      .option('--quiet', 'do not print when the credentials expire')
      .passThroughOptions()
      .addHelpText('after', '\nThe credentials are not renewed while the program runs.')
      .action(act(run)),
};

/** The exit code is the program's own, or 128 plus the number of the signal that ended it. */
async function run({ io, output, options, operands }: Context<ExecOptions>): Promise<number> {
  // Commander keeps `--` if options are passed through.
  const [name, ...rest] = operands;
  const [file, ...args] = rest[0] === '--' ? rest.slice(1) : rest;
  if (file === undefined || file === '')
    throw new UsageError('missing_argument', 'The program is missing: pass it after the name.');
  if (file.startsWith('-') && rest[0] !== '--')
    throw new UsageError('invalid_argument', `${shown(file)} must come before the name.`, {
      hint: 'Options of credex come before the name of the entry. The words after the name are the program.',
    });
  const onEvent = (event: { readonly type: string; readonly message?: string }): void => {
    if (event.type === 'warning') output.note(dim('warning: '), event.message ?? '');
  };
  const opened = await openEntry(io, name, options, { onEvent });
  io.catchSignals?.();
  const { conflicts, prepare } = opened.cloud.environment;
  const done = output.progress('getting the credentials');
  const prepared = await prepare(opened, io).finally(done);
  try {
    if (options.quiet !== true) {
      const left = duration(prepared.expiresAt - io.clock.now());
      output.note(
        dim(`${prepared.what}: valid until ${new Date(prepared.expiresAt).toISOString()} (${left})`),
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
