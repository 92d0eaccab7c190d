/** The keyboard while a program runs: some keys are credex's, the others go to the program. */

import type { Io } from '../io.js';
import type { Output } from '../output.js';
import { dim, warning } from '../text.js';
import type { ChildGroup } from './child-group.js';
import type { TokenFile } from './token-file.js';

export interface KeyActions {
  preview(): Promise<void>;
}

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';

/** Call the returned function to give the keyboard back. */
export function watchKeys(
  { readKeys }: Pick<Io, 'readKeys'>,
  child: Pick<ChildGroup, 'type' | 'end'>,
  { preview }: KeyActions,
): () => void {
  if (readKeys === undefined) return () => {};
  // One after the other, so that the file has what the last key asked for.
  let last: Promise<void> = Promise.resolve();
  return readKeys((text) => {
    // A pasted text arrives at once.
    for (const key of text) {
      if (key === 'p') last = last.then(preview, preview);
      else if (key === 'q' || key === CTRL_C) child.end('SIGINT');
      else if (key !== CTRL_D) child.type(key === '\r' ? '\n' : key);
    }
  });
}

/** The key p: an identity of another environment than `usual`, and back. The program goes on if the token cannot be written. */
export function previewKey(
  output: Pick<Output, 'note'>,
  token: TokenFile,
  usual: string,
): () => Promise<void> {
  const other = usual === 'preview' ? 'development' : 'preview';
  return async () => {
    const next = token.subject.endsWith(`:${usual}`) ? other : usual;
    try {
      await token.present(next);
    } catch (error) {
      output.note(warning('the token was not changed: '), (error as Error).message);
      return;
    }
    const isUsual = next === usual;
    output.note(
      warning(isUsual ? 'back to ' : 'now '),
      token.subject,
      dim(isUsual ? '' : ': the clouds do not trust it. Load a page to see the refusal; p goes back.'),
    );
  };
}
