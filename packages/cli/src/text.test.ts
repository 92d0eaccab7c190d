import pc from 'picocolors';
import { expect, test } from 'vitest';
import { createView, dim, strong } from './text.js';

const view = (columns?: number) => createView(columns, pc.createColors(false));

test.each([
  [20, ['error:', ' one two three four five'], 'error: one two three\nfour five'],
  [12, ['  a hint of several words'], '  a hint of\n  several\n  words'],
  [10, ['at /a/path/that/is/long now'], 'at\n/a/path/that/is/long\nnow'],
  [8, [strong('bold'), dim('er'), ' text'], 'bolder\ntext'],
  [9, ['日本語 日本語'], '日本語\n日本語'],
  [80, [''], ''],
])('in %i columns, %j', (columns, pieces, text) => expect(view(columns).paragraph(...pieces)).toBe(text));

test('without a terminal nothing is wrapped, and spaces stay', () =>
  expect(view().paragraph('one  two ', dim('three'))).toBe('one  two three'));

test('each part of a wrapped line keeps its color', () => {
  const colors = pc.createColors(true);
  expect(createView(6, colors).paragraph(strong('one two'))).toBe(
    `${colors.bold('one')}\n${colors.bold('two')}`,
  );
});
