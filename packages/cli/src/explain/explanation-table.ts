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

/** What the policy asks for above what the token has, so that the eye goes down the letters. */
export const conditionTable = ({ at, wanted, presented, result }: Check): readonly (readonly Piece[])[] => {
  const none = dim(result === 'unknown' ? 'not known here' : 'nothing');
  return [
    [dim('  at'), dim(at)],
    [dim('  policy'), wanted === '' ? dim('nothing') : clipped(wanted)],
    [dim('  token'), presented === undefined || presented === '' ? none : clipped(presented)],
  ];
};

export function drawExplanation(explanation: Explanation, view: View): string {
  const { verdict, summary, checks, findings } = explanation;
  const sections = [
    view.line(toned(VERDICTS[verdict])(summary)),
    ...checks.map((check) =>
      [
        view.line(RESULTS[check.result], '  ', strong(clipped(check.what))),
        table(view, conditionTable(check)),
      ].join('\n'),
    ),
  ];
  if (findings.length > 0) {
    const rows = findings.map(({ severity, code, at, message, fix }): Piece[] => [
      toned(TONES[severity])(severity),
      `${clipped(at)}: ${clipped(message)} ${fix} (${code})`,
    ]);
    sections.push([view.line(strong('findings')), table(view, rows)].join('\n'));
  }
  return sections.join('\n\n');
}
