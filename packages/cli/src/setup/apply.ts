/** `credex setup --apply`: runs the commands of a plan, in order, up to the first that fails. */

import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { notRun } from '../exec/run-child.js';
import { EXIT } from '../exit-codes.js';
import type { Io } from '../io.js';
import type { Output } from '../output.js';
import { strong } from '../text.js';
import { UsageError } from '../usage-error.js';
import type { Plan } from './plan.js';

/**
 * @returns 0 if all commands succeeded, 1 if one failed
 * @throws UsageError if there are no commands, or no person to ask
 */
export async function apply(
  { io, output }: { readonly io: Io; readonly output: Output },
  { commands }: Plan,
  isAgreed: boolean,
): Promise<number> {
  if (commands.length === 0)
    throw new UsageError('conflicting_arguments', '--apply runs the commands of the format cli.', {
      option: '--format',
      hint: 'Remove --format, or pass --format cli.',
    });
  for (const command of commands) output.note(command.includes('\n') ? `${command}\n` : command);
  if (!isAgreed) await askToRun(io, commands.length);
  const { code, started } = await runScript(io, commands);
  const failed = code === 0 ? undefined : started;
  output.print(
    { commands, ...(failed === undefined ? { applied: true } : { applied: false, failed, exitCode: code }) },
    (view) =>
      view.line(
        strong(failed === undefined ? 'All commands succeeded.' : lineOf(failed, commands.length, code)),
      ),
  );
  return failed === undefined ? EXIT.ok : EXIT.no;
}

const lineOf = (failed: number, count: number, code: number): string =>
  `Command ${failed} of ${count} failed with exit code ${code}. ${failed === 1 ? 'Nothing was changed by an earlier one.' : 'The ones before it succeeded, and their effect remains.'} If it says that something exists already, continue with the commands after it.`;

async function askToRun({ prompts }: Io, count: number): Promise<void> {
  if (prompts === undefined)
    throw new UsageError(
      'missing_argument',
      '--apply asks before it runs anything, and there is no terminal.',
      {
        option: '--yes',
        hint: 'Read the commands, then add --yes.',
      },
    );
  if (await prompts.confirm(`Run ${count === 1 ? 'this command' : `these ${count} commands`}?`)) return;
  throw new UsageError('cancelled', 'Nothing was changed.', { exit: EXIT.no });
}

/** One shell, because a command may use a variable that an earlier one set. It tells on descriptor 3 which command it starts. */
async function runScript(
  { env, cwd }: Io,
  commands: readonly string[],
): Promise<{ readonly code: number; readonly started: number }> {
  const steps = commands.map((command, at) => `echo ${at + 1} >&3\n${command}`);
  const script = ['set -eu', ...steps].join('\n');
  const shell = spawn('sh', ['-c', script], { cwd, env, stdio: ['inherit', 2, 'inherit', 'pipe'] });
  let told = '';
  (shell.stdio[3] as Readable).on('data', (text: Buffer) => (told += text.toString()));
  const code = await new Promise<number>((resolve, reject) => {
    shell.once('error', (cause: NodeJS.ErrnoException) => reject(notRun('sh', cause)));
    shell.once('close', (status) => resolve(status ?? EXIT.internal));
  });
  return { code, started: Number(told.trim().split('\n').at(-1) ?? 0) };
}
