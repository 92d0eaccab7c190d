/** Values in the commands that doctor prints. */

import type { SubjectClaims } from '@credex/core';
import { shellWord } from '../setup/quote.js';

/** A word of a POSIX shell. Whoever made the token chose its claims: a value that cannot be quoted is not printed. */
export function printable(text: string): string {
  try {
    return shellWord(text);
  } catch {
    return 'VALUE';
  }
}

export const audienceOf = ({ aud = '' }: SubjectClaims): string => [aud].flat()[0] ?? '';
