/** An explanation as text: the verdict, each condition with the value of the token, and what is wrong. */

import { table } from '../table.js';
import type { Piece, Tone, View } from '../text.js';
import { bad, dim, good, strong, toned, warning } from '../text.js';
import type { Check, Explanation, Finding, Severity, Verdict } from '@credex/explain';

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
    // A role of a chain is compared with the request of the session before it.
    [
      dim(at.startsWith('assumeRole[') ? '  request' : '  token'),
      presented === undefined || presented === '' ? none : clipped(presented),
    ],
  ];
};

const findingRows = ({ severity, code, at, message, fix }: Finding): readonly (readonly Piece[])[] => [
  [toned(TONES[severity])(severity), `${clipped(message)} (${code})`],
  [dim('  fix'), fix],
  [dim('  at'), dim(clipped(at))],
];

const cut = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text;

/** In a terminal, the value is cut to the line. */
function matchLine({ what, wanted, result }: Check, view: View): string {
  const name = view.columns === undefined ? clipped(what) : cut(what, Math.floor(view.columns / 2));
  const room = view.columns === undefined ? LONGEST : view.columns - 'matches    '.length - name.length;
  return view.line(RESULTS[result], '  ', strong(name), '  ', dim(cut(wanted, Math.max(room, 8))));
}

export function drawExplanation(explanation: Explanation, view: View): string {
  const { verdict, summary, checks, findings } = explanation;
  const isOpen = (check: Check): boolean => check.result !== 'match';
  return [
    view.line(toned(VERDICTS[verdict])(summary)),
    // The cause and its fix first: the conditions below are where they come from.
    ...(findings.length === 0 ? [] : [table(view, findings.flatMap(findingRows))]),
    ...checks
      .filter(isOpen)
      .map((check) =>
        [
          view.line(RESULTS[check.result], '  ', strong(clipped(check.what))),
          table(view, conditionTable(check)),
        ].join('\n'),
      ),
    // What matches is one line each.
    ...(checks.every(isOpen)
      ? []
      : [
          checks
            .filter((check) => !isOpen(check))
            .map((check) => matchLine(check, view))
            .join('\n'),
        ]),
  ].join('\n\n');
}
