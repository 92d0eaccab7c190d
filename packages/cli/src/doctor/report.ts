/** A diagnosis for people: a line a step, then the fault and what to type. */

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
    ...(says === undefined || status === 'failed' ? [] : [view.line(dim(`    ${says}`))]),
    ...warnings.map((text) => view.line(warning('    warning: '), text)),
  ]);
  if (isWell) return [...lines, '', view.line(good('well: '), `${name ?? ''} works from here`)].join('\n');
  if (fault === undefined) throw new TypeError('A diagnosis that is not well has a fault.');
  return [
    ...lines,
    '',
    view.line(bad('fault: '), `${oneLine(fault.message)} `, dim(`(${fault.code})`)),
    ...(fault.hint === undefined ? [] : [view.line(`  ${fault.hint}`)]),
    view.line(strong('type:  '), fault.command),
  ].join('\n');
}

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ');
