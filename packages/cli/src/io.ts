/** What commands use of the process, the clock and the network. Passed in, so that a test needs no process. */

import type { Clock, Fetch } from '@credex/core';
import type { ExplainInput, Explanation } from '@credex/explain';
import type { Prompts } from './prompts.js';

/** A stream of text to a terminal, a pipe or a file. */
export interface Sink {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Width of the terminal in characters; undefined if it is unknown or there is none. */
  readonly columns?: number | undefined;
}

export interface Source {
  readonly isTerminal: boolean;
  /** Everything up to the end, as UTF-8; rejects with a RangeError beyond `maxBytes`. */
  read(maxBytes: number, signal: AbortSignal): Promise<string>;
}

export interface Io {
  /** The result, and nothing else. */
  readonly stdout: Sink;
  /** Everything but the result: errors, warnings, progress. */
  readonly stderr: Sink;
  readonly stdin: Source;
  /**
   * Reads the keyboard: each key when it is pressed, without echo; Ctrl-C is a key too. Call the returned function to give the
   * keyboard back. Default: standard input is not a terminal.
   */
  readKeys?: ((listener: (text: string) => void) => () => void) | undefined;
  /** Asks a person. Default: no one is there to answer. */
  readonly prompts?: Prompts | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working directory, absolute. */
  readonly cwd: string;
  readonly clock: Clock;
  /** For tests. Default: our own requests, which check the certificate whatever NODE_TLS_REJECT_UNAUTHORIZED says. */
  readonly fetch?: Fetch | undefined;
  /** Aborted if stdout or stderr cannot be written and, after `catchSignals`, by Ctrl-C, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal;
  /**
   * Called by a command that must clean up (a file, a program, a server). Until then a signal ends the process immediately: a
   * handler in JavaScript would wait for the running code.
   */
  catchSignals?(): void;
  /** For a protocol that reads standard error as well: from now on, output of other code is dropped. */
  silenceOthers?(): void;
  /** Explains in a separate thread, where the runtime has threads. Default: in this one. */
  explain?(input: ExplainInput): Promise<Explanation>;
  /** The path of the program that was started; undefined for a temporary one. */
  readonly program?: string | undefined;
  /** What `--version` prints. */
  readonly version: string;
}
