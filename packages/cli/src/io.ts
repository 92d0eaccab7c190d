/** The outside world as commands see it. All of it comes in, so that a test runs a command without a process. */

import type { Clock, Fetch } from '@credex/core';
import type { ExplainInput, Explanation } from '@credex/explain';

/** A stream of text to a terminal, a pipe or a file. */
export interface Sink {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Width of the terminal in characters; undefined where there is none, or it doesn't say. */
  readonly columns?: number | undefined;
}

export interface Source {
  readonly isTerminal: boolean;
  /** Everything up to the end, as UTF-8; rejects with a RangeError beyond `maxBytes`. */
  read(maxBytes: number, signal: AbortSignal): Promise<string>;
}

export interface Io {
  /** The answer, and nothing else. */
  readonly stdout: Sink;
  /** Everything but the result: errors, warnings, progress. */
  readonly stderr: Sink;
  readonly stdin: Source;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working directory, absolute. */
  readonly cwd: string;
  readonly clock: Clock;
  readonly fetch: Fetch;
  /** Aborted where the reader of stdout went away and, once `catchSignals` was called, by Ctrl-C, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal;
  /**
   * Called by a command that leaves something behind which it must clear away (a file, a program, a server). Until then
   * the first signal ends the process at once, whatever it does, as the system has it: a handler in JavaScript would
   * wait for the code that runs.
   */
  catchSignals?(): void;
  /** For a protocol that reads standard error too: what code of others prints is dropped from now on. */
  silenceOthers?(): void;
  /** Explains in a separate thread, where the runtime has threads. Default: in this one. */
  explain?(input: ExplainInput): Promise<Explanation>;
  /** The path of the program that was started; undefined where it is not one that stays. */
  readonly program?: string | undefined;
  /** What `--version` prints. */
  readonly version: string;
}
