import { describe, expect, it } from 'vitest';
import { bad, dim, good, strong, warning } from '../text.js';
import type { Check, Explanation } from './explanation.js';
import { explanationTable } from './explanation-table.js';

const check = (more: Partial<Check>): Explanation => ({
  cloud: 'aws',
  verdict: 'refused',
  answer: 'AccessDenied',
  summary: '',
  checks: [{ at: 'Statement', what: 'audience', wanted: 'a', presented: 'b', result: 'mismatch', ...more }],
  findings: [],
});

describe('the table of an explanation', () => {
  it('has the value of the policy above that of the token', () => {
    expect(explanationTable(check({}))).toEqual([
      [bad('differs'), strong('audience'), dim('policy'), 'a'],
      ['', dim('Statement'), dim('token'), 'b'],
    ]);
    expect(explanationTable(check({ result: 'match', presented: 'a' }))[0]?.[0]).toEqual(good('matches'));
  });

  it('tells what is not there from what is not known', () => {
    expect(explanationTable(check({ wanted: '', presented: undefined })).map((row) => row[3])).toEqual([
      dim('nothing'),
      dim('nothing'),
    ]);
    const [unknown, below] = explanationTable(check({ result: 'unknown', presented: undefined }));
    expect([unknown?.[0], below?.[3]]).toEqual([warning('unknown'), dim('not known here')]);
  });

  it('keeps long values short', () => {
    const [row] = explanationTable(check({ wanted: 'x'.repeat(100_000) }));
    expect(String(row?.[3])).toHaveLength(401);
  });
});
