/** Colored text. Strings are untrusted and escaped by `visible`; only the painter adds escape sequences. */

import type { Colors } from 'picocolors/types.js';
import { visible, visibleLines } from './visible.js';

export type Tone = 'plain' | 'strong' | 'dim' | 'good' | 'bad' | 'warning';

/** A piece of a line; a bare string is plain. */
export type Piece = string | { readonly text: string; readonly tone: Tone };

export const toned =
  (tone: Tone) =>
  (text: string): Piece => ({ text, tone });
export const strong: (text: string) => Piece = toned('strong');
export const dim: (text: string) => Piece = toned('dim');
export const good: (text: string) => Piece = toned('good');
export const bad: (text: string) => Piece = toned('bad');
export const warning: (text: string) => Piece = toned('warning');

/** Draws the text of a command. `columns`: where to wrap; undefined without a terminal. */
export interface View {
  readonly columns: number | undefined;
  /** One line. */
  line(...pieces: readonly Piece[]): string;
  /** As `line`, wrapped at words to the terminal; later lines are indented as the first one is. */
  paragraph(...pieces: readonly Piece[]): string;
  /** Several lines of credex's own text, such as a policy. */
  lines(text: string): string;
}

type Painters = Pick<Colors, 'bold' | 'dim' | 'green' | 'red' | 'yellow'>;

export function createView(columns: number | undefined, colors: Painters): View {
  const paint: Readonly<Record<Tone, (text: string) => string>> = {
    plain: (text) => text,
    strong: colors.bold,
    dim: colors.dim,
    good: colors.green,
    bad: colors.red,
    warning: colors.yellow,
  };
  const painted = (piece: Piece): string =>
    typeof piece === 'string' ? visible(piece) : paint[piece.tone](visible(piece.text));
  return {
    columns,
    line: (...pieces) => pieces.map(painted).join(''),
    paragraph: (...pieces) =>
      columns === undefined
        ? pieces.map(painted).join('')
        : wrappedWords(pieces, columns)
            .map((line) => line.map(painted).join(''))
            .join('\n'),
    lines: visibleLines,
  };
}

/** The lines, as pieces. A word that is longer than a line is not cut: the terminal wraps it, and a path can be copied. */
function wrappedWords(pieces: readonly Piece[], columns: number): readonly (readonly Piece[])[] {
  const indent = /^ */.exec(textOf(pieces[0] ?? ''))?.[0] ?? '';
  const lines: Piece[][] = [[]];
  let length = 0;
  for (const { gap, word } of wordsOf(pieces)) {
    const width = word.reduce((sum, piece) => sum + widthOf(textOf(piece)), 0);
    const isFirst = length === 0;
    if (!isFirst && length + gap.length + width > columns) {
      lines.push([indent, ...word]);
      length = indent.length + width;
    } else {
      lines.at(-1)?.push(gap, ...word);
      length += gap.length + width;
    }
  }
  return lines;
}

/** Words with the space before them. A word may begin in one piece and end in the next. */
function wordsOf(pieces: readonly Piece[]): { readonly gap: string; readonly word: Piece[] }[] {
  const words: { gap: string; word: Piece[] }[] = [];
  let pending = '';
  for (const piece of pieces) {
    const text = visible(textOf(piece));
    for (const [, gap = '', part = ''] of text.matchAll(/( *)([^ ]*)/g)) {
      if (part === '') {
        pending += gap;
        continue;
      }
      const own = typeof piece === 'string' ? part : { ...piece, text: part };
      const before = pending + gap;
      pending = '';
      const last = words.at(-1);
      if (before === '' && last !== undefined) last.word.push(own);
      else words.push({ gap: before, word: [own] });
    }
  }
  return words;
}

const textOf = (piece: Piece): string => (typeof piece === 'string' ? piece : piece.text);

/** The most columns that a text may need: characters other than ASCII count as two. */
export function widthOf(text: string): number {
  let sum = 0;
  for (const character of text) sum += character < '\u007f' ? 1 : 2;
  return sum;
}
