/** A diagnosis as text: a line for each step, then the fault and the command to type. */

import { table } from '../table.js';
import type { Piece, View } from '../text.js';
import { bad, dim, good, strong, warning } from '../text.js';
import type { Diagnosis, StepReport } from './diagnose.js';

const MARKS: Readonly<Record<StepReport['status'], Piece>> = {
  passed: good('✓'),
  failed: bad('✗'),
  skipped: dim('·'),
  'not-reached': dim('·'),
};

export function drawDiagnosis({ steps, fault, isWell, name }: Diagnosis, view: View): string {
  const lines = steps.flatMap(({ status, title, ms, says, warnings = [] }) => [
    view.line(
      MARKS[status],
      ' ',
      status === 'not-reached' ? dim(title) : title,
      ms === undefined ? '' : dim(` (${ms} ms)`),
    ),
    ...(says === undefined || status === 'failed' ? [] : [table(view, [['  ', dim(says)]])]),
    ...warnings.map((text) => table(view, [['  ', warning('warning:'), text]])),
  ]);
  if (isWell) return [...lines, '', view.line(good('well: '), `${name ?? ''} works from here`)].join('\n');
  if (fault === undefined) throw new TypeError('A diagnosis that is not well has a fault.');
  const why: Piece[][] = [[bad('fault:'), `${oneLine(fault.message)} (${fault.code})`]];
  if (fault.hint !== undefined) why.push(['', oneLine(fault.hint)]);
  // The command is not wrapped, so that it can be copied.
  return [...lines, '', table(view, why), '', view.line(strong('type:'), `  ${fault.command}`)].join('\n');
}

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ');
