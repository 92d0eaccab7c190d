/** Runs a program with credex's standard streams, signals and exit code. */

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { UsageError } from '../usage-error.js';
import { shown } from '../visible.js';

export interface Child {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Whether Ctrl-C reaches the child directly, because the terminal signals the whole foreground group. */
  readonly isTerminal: boolean;
}

const ALWAYS = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;
const FROM_KEYBOARD = ['SIGINT', 'SIGQUIT'] as const;

/**
 * Without a shell. While the program runs, signals are forwarded to it, so that credex can clean up afterwards.
 *
 * @returns the program's exit code, or 128 plus the number of the signal that ended it, as in shells
 * @throws UsageError if there is no such program (exit code 127), or it cannot be run (126)
 */
export async function runChild({ file, args, env, cwd, isTerminal }: Child): Promise<number> {
  const child = spawn(file, args, { cwd, env, stdio: 'inherit', shell: false });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  const ignore = (): void => {};
  for (const signal of ALWAYS) process.on(signal, forward);
  for (const signal of FROM_KEYBOARD) process.on(signal, isTerminal ? ignore : forward);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', (cause: NodeJS.ErrnoException) => reject(notRun(file, cause)));
      child.once('exit', (code, signal) =>
        resolve(signal === null ? (code ?? 0) : 128 + constants.signals[signal]),
      );
    });
  } finally {
    for (const signal of ALWAYS) process.removeListener(signal, forward);
    for (const signal of FROM_KEYBOARD) process.removeListener(signal, isTerminal ? ignore : forward);
  }
}

/** The error of a program that was not started. */
export function notRun(file: string, cause: NodeJS.ErrnoException): UsageError {
  const isAbsent = cause.code === 'ENOENT';
  // The exit codes of `env` and shells, so that a script can distinguish them from the program's.
  const exit = isAbsent ? 127 : 126;
  return new UsageError(
    isAbsent ? 'unknown_command' : 'unreadable_file',
    isAbsent
      ? `The program ${shown(file)} was not found.`
      : `The program ${shown(file)} cannot be run (${cause.code ?? ''}).`,
    {
      hint: isAbsent
        ? 'Pass the program after `--`, as in a shell. No shell runs it: for an alias or a pipe use `sh -c`.'
        : 'Check that the file is executable.',
      cause,
      exit,
    },
  );
}
