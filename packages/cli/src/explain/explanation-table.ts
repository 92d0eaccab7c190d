/** An explanation as rows: what stands where, what is asked for, what the token has. */

import type { Piece } from '../text.js';
import { bad, dim, good, strong, warning } from '../text.js';
import type { Check, Explanation, Finding } from './explanation.js';
import type { Severity } from './findings.js';

type Row = readonly Piece[];

const RESULTS: Readonly<Record<Check['result'], Piece>> = {
  match: good('matches'),
  mismatch: bad('differs'),
  unknown: warning('unknown'),
};

/** One row for each check, under a head; the last column is the widest. */
export function checkRows({ checks }: Explanation): readonly Row[] {
  if (checks.length === 0) return [];
  return [
    [dim(''), dim('what'), dim('where'), dim('policy · token')],
    ...checks.flatMap(({ at, what, wanted, presented, result }): readonly Row[] => [
      [RESULTS[result], strong(what), dim(at), wanted === '' ? dim('nothing') : wanted],
      ['', '', '', presented === undefined ? dim('(the token has none)') : presented],
    ]),
  ];
}

const TONES: Readonly<Record<Severity, (text: string) => Piece>> = { error: bad, warning, note: dim };

/** Two rows for each finding: what is so, and what to do. */
export const findingRows = ({ findings }: Explanation): readonly Row[] =>
  findings.flatMap(({ severity, code, at, message, fix }: Finding): readonly Row[] => [
    [TONES[severity](severity), code, message],
    ['', dim(at), dim(fix)],
  ]);
