/** Runs a development server as the leader of a process group, and ends the whole group with it. */

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Child } from '../exec/run-child.js';
import { notRun } from '../exec/run-child.js';
import type { Io } from '../io.js';
import { pause } from '../pause.js';

export interface ChildGroup {
  /** Sends text to the program's standard input. */
  type(text: string): void;
  /** Asks the group to end; a second call kills it. */
  end(signal: NodeJS.Signals): void;
  /**
   * The exit code of the program, or 128 plus the number of the signal that ended it, when the whole group has ended.
   * @throws UsageError if there is no such program (exit code 127), or it cannot be run (126)
   */
  readonly ended: Promise<number>;
}

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
/** How long the rest of the group may take after its leader has ended. */
const LEAVE_MS = 2_000;
const LOOK_MS = 50;

/** Signals that came while no program runs. */
export interface HeldSignals {
  /** Aborted by the first one. */
  readonly signal: AbortSignal;
  /** 128 plus the number of the first one, as in shells; undefined if none came. */
  exitCode(): number | undefined;
  release(): void;
}

/** From now on a signal does not end credex, so that it can end what it started. Call `release` last. */
export function holdSignals(): HeldSignals {
  const came = new AbortController();
  let first: NodeJS.Signals | undefined;
  const keep = (signal: NodeJS.Signals): void => {
    first ??= signal;
    came.abort();
  };
  for (const signal of FORWARDED) process.on(signal, keep);
  return {
    signal: came.signal,
    exitCode: () => (first === undefined ? undefined : 128 + constants.signals[first]),
    release() {
      for (const signal of FORWARDED) process.removeListener(signal, keep);
    },
  };
}

/**
 * The group is separate from credex's, so that Ctrl-C reaches it only through credex. With `isTerminal` credex reads the
 * keyboard, and the program gets what `type` is given; otherwise it has the standard input of credex.
 */
export function startGroup(io: Pick<Io, 'clock' | 'signal'>, child: Child): ChildGroup {
  const { file, args, env, cwd, isTerminal } = child;
  const stdin = isTerminal ? 'pipe' : 'inherit';
  const program = spawn(file, args, { cwd, env, stdio: [stdin, 'inherit', 'inherit'], detached: true });
  // The program may have closed its end.
  program.stdin?.on('error', () => undefined);
  let asked = false;
  const end = (signal: NodeJS.Signals): void => {
    signalGroup(program.pid, asked ? 'SIGKILL' : signal);
    asked = true;
  };
  // The reader of the output has left.
  const leave = (): void => end('SIGTERM');
  for (const signal of FORWARDED) process.on(signal, end);
  io.signal.addEventListener('abort', leave);
  if (io.signal.aborted) leave();
  const ended = new Promise<number>((resolve, reject) => {
    program.once('error', (cause: NodeJS.ErrnoException) => reject(notRun(file, cause)));
    program.once('exit', (code, signal) =>
      resolve(signal === null ? (code ?? 0) : 128 + constants.signals[signal]),
    );
  });
  const whole = async (): Promise<number> => {
    try {
      return await ended;
    } finally {
      await leaveNothing(io, program.pid);
      for (const signal of FORWARDED) process.removeListener(signal, end);
      io.signal.removeEventListener('abort', leave);
    }
  };
  return { type: (text) => void program.stdin?.write(text), end, ended: whole() };
}

/** What the program started may go on after it has ended. */
async function leaveNothing({ clock }: Pick<Io, 'clock'>, pid: number | undefined): Promise<void> {
  if (!signalGroup(pid, 'SIGTERM')) return;
  const never = new AbortController().signal;
  for (let waited = 0; waited < LEAVE_MS; waited += LOOK_MS) {
    if (!signalGroup(pid, 0)) return;
    await pause({ clock, signal: never }, LOOK_MS);
  }
  signalGroup(pid, 'SIGKILL');
}

/** Whether there was anything to signal. Windows has no groups: there, the program alone is ended. */
function signalGroup(pid: number | undefined, signal: NodeJS.Signals | 0): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch {
    return false;
  }
}
