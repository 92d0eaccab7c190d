/** A program run in credex's place: its standard streams are ours, its signals and its end too. */

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { UsageError } from '../usage-error.js';
import { shown } from '../visible.js';

export interface Child {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Whether Ctrl-C reaches the child by itself, since the terminal tells the whole foreground group. */
  readonly isTerminal: boolean;
}

const ALWAYS = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;
const FROM_KEYBOARD = ['SIGINT', 'SIGQUIT'] as const;

/**
 * No shell reads the arguments. While it runs, signals end the child and not us: what it left behind is cleared away
 * after it.
 *
 * @returns its exit code, or 128 and the number of the signal that ended it, as shells say it
 * @throws UsageError where there is no such program (exit code 127), or it can't be run (126)
 */
export async function runChild({ file, args, env, cwd, isTerminal }: Child): Promise<number> {
  const child = spawn(file, args, { cwd, env, stdio: 'inherit', shell: false });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  const hear = (): void => {};
  for (const signal of ALWAYS) process.on(signal, forward);
  for (const signal of FROM_KEYBOARD) process.on(signal, isTerminal ? hear : forward);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', (cause: NodeJS.ErrnoException) => reject(notRun(file, cause)));
      child.once('exit', (code, signal) =>
        resolve(signal === null ? (code ?? 0) : 128 + constants.signals[signal]),
      );
    });
  } finally {
    for (const signal of ALWAYS) process.removeListener(signal, forward);
    for (const signal of FROM_KEYBOARD) process.removeListener(signal, isTerminal ? hear : forward);
  }
}

function notRun(file: string, cause: NodeJS.ErrnoException): UsageError {
  const isAbsent = cause.code === 'ENOENT';
  // As `env` and shells end, so that a script can tell it from what its program says.
  const exit = isAbsent ? 127 : 126;
  return new UsageError(
    isAbsent ? 'unknown_command' : 'unreadable_file',
    isAbsent
      ? `There is no program ${shown(file)}.`
      : `The program ${shown(file)} can not be run (${cause.code ?? ''}).`,
    {
      hint: isAbsent
        ? 'Name it as you would in a shell, after `--`. No shell reads it: for an alias or a pipe run `sh -c`.'
        : 'Check that it may be executed.',
      cause,
      exit,
    },
  );
}
