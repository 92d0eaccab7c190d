/** The output of a command: the result to stdout, once, as text or JSON; everything else to stderr. */

import pc from 'picocolors';
import type { Io, Sink } from './io.js';
import type { Piece, View } from './text.js';
import { createView } from './text.js';
import { visibleJson } from './visible.js';

const DEFAULT_COLUMNS = 80;

export interface Output {
  readonly isJson: boolean;
  /**
   * The result: with `--json` the document, else the text that `draw` returns. Plain JSON: no Date, no undefined in lists.
   */
  print(document: object, draw: (view: View) => string): void;
  /** For a protocol on stdout (credential_process, Google's executable): unchanged, with or without `--json`. */
  raw(text: string): void;
  /** A line to stderr, wrapped at words on a terminal. */
  note(...pieces: readonly Piece[]): void;
  /**
   * Shows what the command is waiting for, on the terminal's stderr only. Call the returned function to remove it.
   */
  progress(what: string): () => void;
}

/** `isJson` is called each time, because `--json` is known only after the options were parsed. */
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
    note: (...pieces) => io.stderr.write(ended(aside.paragraph(...pieces))),
    progress(what) {
      if (!io.stderr.isTerminal || isJson() || isDumb(io.env)) return () => {};
      io.stderr.write(`${aside.line({ text: `${what}…`, tone: 'dim' })}`);
      // Returns to the first column and clears the line.
      return () => io.stderr.write('\r\u001b[2K');
    },
  };
}

function viewOf(sink: Sink, env: Io['env']): View {
  const columns = sink.isTerminal ? (sink.columns ?? DEFAULT_COLUMNS) : undefined;
  return createView(columns, pc.createColors(isColoured(sink, env)));
}

/** By NO_COLOR (https://no-color.org), then FORCE_COLOR (0 or false: no colors), then by whether this is a terminal. */
function isColoured(sink: Sink, env: Io['env']): boolean {
  if (isSet(env['NO_COLOR'])) return false;
  const forced = env['FORCE_COLOR'];
  if (isSet(forced)) return forced !== '0' && forced !== 'false';
  return sink.isTerminal && !isDumb(env);
}

const isSet = (value: string | undefined): value is string => value !== undefined && value !== '';
const isDumb = (env: Io['env']): boolean => env['TERM'] === 'dumb';
const ended = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);
