/** An explanation for people: the verdict, each condition beside the value presented, and what is wrong in words. */

import { table } from '../table.js';
import type { Piece, Tone, View } from '../text.js';
import { bad, dim, good, strong, toned, warning } from '../text.js';
import type { Check, Explanation, Severity, Verdict } from './explanation.js';

const VERDICTS: Readonly<Record<Verdict, Tone>> = {
  allowed: 'good',
  refused: 'bad',
  undecided: 'warning',
  invalid: 'bad',
};

const RESULTS: Readonly<Record<Check['result'], Piece>> = {
  match: good('matches'),
  mismatch: bad('differs'),
  unknown: warning('unknown'),
};

const TONES: Readonly<Record<Severity, Tone>> = { error: 'bad', warning: 'warning', note: 'dim' };

/** A policy of megabytes must not bury the verdict; `--json` has it all. */
const LONGEST = 400;
const clipped = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

/** Two rows for each check: what the policy asks for, and what the token has. */
export const explanationTable = ({ checks }: Explanation): readonly (readonly Piece[])[] =>
  checks.flatMap(({ at, what, wanted, presented, result }): readonly (readonly Piece[])[] => {
    const none = dim(result === 'unknown' ? 'not known here' : 'nothing');
    return [
      [
        RESULTS[result],
        strong(clipped(what)),
        dim('policy'),
        wanted === '' ? dim('nothing') : clipped(wanted),
      ],
      ['', dim(at), dim('token'), presented === undefined || presented === '' ? none : clipped(presented)],
    ];
  });

export function drawExplanation(explanation: Explanation, view: View): string {
  const { verdict, summary, findings } = explanation;
  const sections = [view.line(toned(VERDICTS[verdict])(summary))];
  if (explanation.checks.length > 0)
    sections.push(view.line(strong('conditions')), table(view, explanationTable(explanation)));
  if (findings.length > 0) {
    const rows = findings.map(({ severity, code, at, message, fix }): Piece[] => [
      toned(TONES[severity])(severity),
      `${clipped(at)}: ${clipped(message)} ${fix} (${code})`,
    ]);
    sections.push(view.line(strong('findings')), table(view, rows));
  }
  return sections.join('\n');
}
