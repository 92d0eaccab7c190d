/** The only module that uses the process, the system's clock and the network. */

import { basename, isAbsolute } from 'node:path';
import type { Clock } from '@credex/core';
import type { Io, Sink, Source } from './io.js';
import { terminalPrompts } from './prompts.js';
import { UsageError } from './usage-error.js';

/** The `Io` of this process. Called once, by the executable. */
export function processIo(version: string): Io {
  const written = ownStreams();
  const ended = new AbortController();
  const stop = (): void => ended.abort(new DOMException('Interrupted.', 'AbortError'));
  return {
    stdout: sink(process.stdout, written.stdout, stop),
    stderr: sink(process.stderr, written.stderr, stop),
    silenceOthers: written.silence,
    stdin: source(process.stdin),
    readKeys: process.stdin.isTTY ? (listener) => keysOf(process.stdin, listener) : undefined,
    // The questions are written to standard error.
    prompts: process.stdin.isTTY && process.stderr.isTTY ? terminalPrompts(process.stdin) : undefined,
    // Without a prototype: inherited members are not variables, and no program must receive them.
    env: Object.assign(Object.create(null) as Record<string, string>, process.env),
    get cwd() {
      return workingDirectory();
    },
    clock: systemClock,
    signal: ended.signal,
    catchSignals() {
      process.once('SIGINT', stop);
      process.once('SIGTERM', stop);
      // The terminal was closed: a command removes its files then as well.
      process.once('SIGHUP', stop);
    },
    async explain(input) {
      const { explainInThread } = await import('./explain/explain-in-thread.js');
      return explainInThread(input, systemClock, ended.signal);
    },
    program: installedProgram(process.argv[1]),
    version,
  };
}

const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout(run, ms) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** @throws UsageError `unreadable_file` if another program has removed it */
function workingDirectory(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new UsageError('unreadable_file', 'The working directory does not exist any more.', {
      hint: 'Change to a folder that exists, and run the command again.',
      cause,
    });
  }
}

/** The path that a shell found; undefined for a copy that `npx` downloaded and for a script that another program loaded. */
function installedProgram(path: string | undefined): string | undefined {
  if (path === undefined || !isAbsolute(path) || basename(path) !== 'credex') return undefined;
  return /[\\/]_npx[\\/]/.test(path) ? undefined : path;
}

type Write = (text: string, done?: () => void) => void;

interface OwnStreams {
  readonly stdout: Write;
  readonly stderr: Write;
  silence(): void;
}

let own: OwnStreams | undefined;

/**
 * Another program may parse standard output, so what a configuration, a package or Node prints with `console` goes to standard
 * error. Only this module keeps the original streams.
 */
function ownStreams(): OwnStreams {
  if (own !== undefined) return own;
  const [stdout, stderr] = [process.stdout, process.stderr].map(
    (stream) => stream.write.bind(stream) as (text: string | Uint8Array, ...more: never[]) => boolean,
  ) as [NodeJS.WriteStream['write'], NodeJS.WriteStream['write']];
  process.stdout.write = stderr;
  own = {
    stdout: (text, done) => void stdout(text, done),
    stderr: (text, done) => void stderr(text, done),
    silence() {
      const nothing = (...given: readonly unknown[]): boolean => {
        const done = given.at(-1);
        if (typeof done === 'function') (done as () => void)();
        return true;
      };
      process.stdout.write = nothing as NodeJS.WriteStream['write'];
      process.stderr.write = nothing as NodeJS.WriteStream['write'];
    },
  };
  return own;
}

/**
 * Resolves when everything that was written to a pipe has been received, with Node's code of the error if standard output could not be
 * written, such as `ENOSPC`.
 */
export async function flushed(): Promise<string | undefined> {
  const { stdout, stderr } = ownStreams();
  // The callback of a failed write runs before its event `error`.
  await new Promise<void>((resolve) => stdout('', () => stderr('', () => setTimeout(resolve, 0))));
  return lost;
}

let lost: string | undefined;

/** `credex … | head -1`: the reader closes the pipe, which is not a failure. */
const READER_LEFT = 'EPIPE';

function sink(stream: NodeJS.WriteStream, write: Write, failed: () => void): Sink {
  // A full disk and a closed terminal are errors as well: the command removes its files, and ends its program.
  stream.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
    if (stream === process.stdout && code !== READER_LEFT) lost = code;
    failed();
  });
  return {
    write: (text) => write(text),
    isTerminal: stream.isTTY === true,
    get columns() {
      // A terminal that does not know its size says 0.
      return stream.columns || undefined;
    },
  };
}

/** Raw mode. Node restores the terminal's mode at the end of the process, whatever ends it. */
function keysOf(stream: NodeJS.ReadStream, listener: (text: string) => void): () => void {
  const onData = (data: Buffer | string): void => listener(data.toString());
  stream.setRawMode(true);
  stream.on('data', onData).resume();
  return () => {
    stream.off('data', onData).pause();
    stream.setRawMode(false);
  };
}

function source(stream: NodeJS.ReadStream): Source {
  return {
    isTerminal: stream.isTTY === true,
    async read(maxBytes, signal) {
      const chunks: Buffer[] = [];
      let length = 0;
      const stop = (): void => void stream.destroy(signal.reason as Error);
      signal.addEventListener('abort', stop, { once: true });
      try {
        signal.throwIfAborted();
        for await (const chunk of stream) {
          const bytes = Buffer.from(chunk as Uint8Array);
          length += bytes.length;
          if (length > maxBytes) throw new RangeError(`More than ${maxBytes} bytes on standard input.`);
          chunks.push(bytes);
        }
      } finally {
        signal.removeEventListener('abort', stop);
      }
      return Buffer.concat(chunks).toString('utf8');
    },
  };
}
