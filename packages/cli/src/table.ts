/** Columns without lines, so that a piped table is easy to parse. Wrapped to the terminal, if there is one. */

import Table from 'cli-table3';
import { widthOf, type Piece, type View } from './text.js';
import { visible } from './visible.js';

const GAP = 2;
const NO_LINES = Object.fromEntries(
  `top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid middle`
    .split(' ')
    .map((name) => [name, '']),
);
/** A narrower last column is less readable than a line that the terminal wraps. */
const NARROWEST = 20;

/**
 * All rows have the same number of cells. The last column uses the rest of the line and wraps at words; only longer words are
 * cut. Text is wrapped before it is colored, so that no escape sequence is cut.
 */
export function table(view: View, rows: readonly (readonly Piece[])[]): string {
  const count = rows[0]?.length ?? 0;
  if (count === 0) return '';
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(...rows.map((row) => width(row[column] ?? ''))),
  );
  const before = widths.slice(0, -1).reduce((sum, each) => sum + each + GAP, 0);
  const left = view.columns === undefined ? Infinity : Math.max(view.columns - before, NARROWEST);
  widths[count - 1] = Math.min(widths[count - 1] as number, left);
  const drawn = new Table({
    chars: NO_LINES,
    colWidths: widths.map((each, column) => Math.max(1, each) + (column < count - 1 ? GAP : 0)),
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  for (const row of rows)
    drawn.push(
      row.map((piece, column) => (column < count - 1 ? view.line(piece) : painted(view, piece, left))),
    );
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

const shownText = (piece: Piece): string => visible(typeof piece === 'string' ? piece : piece.text);

/** The most columns that the text may need: characters other than ASCII count as two. */
const width = (piece: Piece): number => widthOf(shownText(piece));

function painted(view: View, piece: Piece, most: number): string {
  return wrapped(shownText(piece), most)
    .map((line) => view.line(typeof piece === 'string' ? line : { ...piece, text: line }))
    .join('\n');
}

function wrapped(text: string, most: number): readonly string[] {
  const lines: string[] = [];
  let line: string | undefined;
  for (const [, gap = '', word = ''] of text.matchAll(/( *)([^ ]+)/g)) {
    const longer = line === undefined ? gap + word : line + gap + word;
    if (widthOf(longer) <= most) {
      line = longer;
      continue;
    }
    if (line !== undefined) lines.push(line);
    const [last = '', ...before] = cut(word, most).reverse();
    lines.push(...before.reverse());
    line = last;
  }
  return line === undefined ? lines : [...lines, line];
}

function cut(word: string, most: number): string[] {
  const parts = [''];
  let length = 0;
  for (const character of word) {
    const more = widthOf(character);
    if (length > 0 && length + more > most) {
      parts.push('');
      length = 0;
    }
    parts[parts.length - 1] += character;
    length += more;
  }
  return parts;
}
