/** Where a command's words go: the answer to stdout, once, as text or as JSON; the rest to stderr. */

import pc from 'picocolors';
import type { Io, Sink } from './io.js';
import type { Piece, View } from './text.js';
import { createView } from './text.js';
import { visibleJson } from './visible.js';

const DEFAULT_COLUMNS = 80;

export interface Output {
  readonly isJson: boolean;
  /**
   * The answer. With `--json` the document, else what `draw` makes of it. Plain JSON: no Date, no undefined in lists.
   */
  print(document: object, draw: (view: View) => string): void;
  /** For a protocol of others on stdout (credential_process, Google's executable): as it is, `--json` or not. */
  raw(text: string): void;
  /** A line to stderr. */
  note(...pieces: readonly Piece[]): void;
  /**
   * What is being waited for, on stderr, and only where a person sees it; the function returned takes it away.
   */
  progress(what: string): () => void;
}

/** `isJson` is asked each time: what `--json` says is certain only when the options have been parsed. */
export function createOutput(io: Io, isJson: () => boolean): Output {
  const view = viewOf(io.stdout, io.env);
  const aside = viewOf(io.stderr, io.env);
  return {
    get isJson() {
      return isJson();
    },
    print(document, draw) {
      io.stdout.write(ended(isJson() ? visibleJson(document) : draw(view)));
    },
    raw: (text) => io.stdout.write(text),
    note: (...pieces) => io.stderr.write(ended(aside.line(...pieces))),
    progress(what) {
      if (!io.stderr.isTerminal || isJson() || isDumb(io.env)) return () => {};
      io.stderr.write(`${aside.line({ text: `${what}…`, tone: 'dim' })}`);
      // Back to the first column, and the line is cleared.
      return () => io.stderr.write('\r\u001b[2K');
    },
  };
}

function viewOf(sink: Sink, env: Io['env']): View {
  const columns = sink.isTerminal ? (sink.columns ?? DEFAULT_COLUMNS) : undefined;
  return createView(columns, pc.createColors(isColoured(sink, env)));
}

/** https://no-color.org comes first, then FORCE_COLOR (0 or false: none), then whether a person's terminal is there. */
function isColoured(sink: Sink, env: Io['env']): boolean {
  if (isSet(env['NO_COLOR'])) return false;
  const forced = env['FORCE_COLOR'];
  if (isSet(forced)) return forced !== '0' && forced !== 'false';
  return sink.isTerminal && !isDumb(env);
}

const isSet = (value: string | undefined): value is string => value !== undefined && value !== '';
const isDumb = (env: Io['env']): boolean => env['TERM'] === 'dumb';
const ended = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);
