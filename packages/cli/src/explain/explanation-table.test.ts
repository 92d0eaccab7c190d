import { describe, expect, it } from 'vitest';
import { createColors } from 'picocolors';
import { createView, dim } from '../text.js';
import type { Check } from '@credex/explain';
import { conditionTable, drawExplanation } from './explanation-table.js';

const check = (more: Partial<Check>): Check => ({
  at: 'Statement',
  what: 'audience',
  wanted: 'a',
  presented: 'b',
  result: 'mismatch',
  ...more,
});

describe('a condition', () => {
  it('has the value of the policy above that of the token', () => {
    expect(conditionTable(check({}))).toEqual([
      [dim('  at'), dim('Statement')],
      [dim('  policy'), 'a'],
      [dim('  token'), 'b'],
    ]);
  });

  it('tells what is not there from what is not known', () => {
    expect(conditionTable(check({ wanted: '', presented: undefined })).map((row) => row[1])).toEqual([
      dim('Statement'),
      dim('nothing'),
      dim('nothing'),
    ]);
    const [, , token] = conditionTable(check({ result: 'unknown', presented: undefined }));
    expect(token?.[1]).toEqual(dim('not known here'));
  });

  it('keeps long values short', () => {
    const [, policy] = conditionTable(check({ wanted: 'x'.repeat(100_000) }));
    expect(String(policy?.[1])).toHaveLength(401);
  });
});

const view = createView(undefined, createColors(false));
const explanation = {
  cloud: 'aws',
  verdict: 'refused',
  answer: 'AccessDenied',
  summary: 'No.',
  findings: [],
} as const;

it.each([
  ['mismatch', 'differs'],
  ['unknown', 'unknown'],
] as const)('%s is said as %s, one condition after the other', (result, word) => {
  const checks = [check({ result }), check({ result, what: 'subject' })];
  expect(drawExplanation({ ...explanation, checks }, view)).toBe(
    ['audience', 'subject'].reduce(
      (text, what) => `${text}\n\n${word}  ${what}\n  at      Statement\n  policy  a\n  token   b`,
      'No.',
    ),
  );
});

it('says the cause and its fix right under the verdict, and what matches last, a line each', () => {
  const findings = [
    {
      code: 'case_differs',
      severity: 'error',
      at: 'Statement.Condition',
      message: 'It differs.',
      fix: 'Write it so.',
    },
  ] as const;
  const checks = [
    check({ result: 'match' }),
    check({ what: 'subject' }),
    check({ result: 'match', what: 'action', wanted: 'x'.repeat(500) }),
  ];
  expect(
    drawExplanation({ ...explanation, findings, checks }, createView(80, createColors(false))).split('\n'),
  ).toEqual([
    'No.',
    '',
    'error  It differs. (case_differs)',
    '  fix  Write it so.',
    '  at   Statement.Condition',
    '',
    'differs  subject',
    '  at      Statement',
    '  policy  a',
    '  token   b',
    '',
    'matches  audience  a',
    `matches  action  ${'x'.repeat(62)}…`,
  ]);
});
