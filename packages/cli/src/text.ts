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
    lines: visibleLines,
  };
}
