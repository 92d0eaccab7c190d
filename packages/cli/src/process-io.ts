/** The only module that uses the process, the system's clock and the network. */

import { basename, isAbsolute } from 'node:path';
import type { Clock } from '@credex/core';
import type { Io, Sink, Source } from './io.js';
import { terminalPrompts } from './prompts.js';

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
    prompts: process.stdin.isTTY && process.stderr.isTTY ? terminalPrompts : undefined,
    // Without a prototype: inherited members are not variables, and no program must receive them.
    env: Object.assign(Object.create(null) as Record<string, string>, process.env),
    cwd: process.cwd(),
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

/** Resolves when everything that was written to a pipe has been received. */
export function flushed(): Promise<void> {
  const { stdout, stderr } = ownStreams();
  return new Promise((resolve) => stdout('', () => stderr('', resolve)));
}

function sink(stream: NodeJS.WriteStream, write: Write, readerLeft: () => void): Sink {
  // `credex … | head -1`: the reader closes the pipe, which is not a failure.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    readerLeft();
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
