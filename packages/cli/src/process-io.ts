/** The one module of the command line that names the process, the system's clock and the network. */

import type { Clock } from '@credex/core';
import type { Io, Sink, Source } from './io.js';

/** The world of a real process. Called once, by the executable. */
export function processIo(version: string): Io {
  const ended = new AbortController();
  const stop = (): void => ended.abort(new DOMException('Interrupted.', 'AbortError'));
  return {
    stdout: sink(process.stdout, stop),
    stderr: sink(process.stderr, stop),
    stdin: source(process.stdin),
    // Own members alone: what all objects inherit is no variable, and no program that is started gets it.
    env: Object.assign(Object.create(null) as Record<string, string>, process.env),
    cwd: process.cwd(),
    clock: systemClock,
    fetch: (url, init) => globalThis.fetch(url, init),
    signal: ended.signal,
    catchSignals() {
      process.once('SIGINT', stop);
      process.once('SIGTERM', stop);
      // A terminal that is closed: what a command left on disk goes then too.
      process.once('SIGHUP', stop);
    },
    async explain(input) {
      const { explainApart } = await import('./explain/explain-apart.js');
      return explainApart(input, systemClock, ended.signal);
    },
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

function sink(stream: NodeJS.WriteStream, readerLeft: () => void): Sink {
  // `credex … | head -1`: who has read enough goes, and that is no failure.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    readerLeft();
  });
  return {
    write: (text) => void stream.write(text),
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.columns;
    },
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
