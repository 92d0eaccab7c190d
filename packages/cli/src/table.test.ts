import { stripVTControlCharacters as withoutColours } from 'node:util';
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { table } from './table.js';
import { createView, dim, good } from './text.js';

const view = createView(40, pc.createColors(true));

describe('a table', () => {
  it('with a word longer than its column keeps every colour whole', () => {
    const drawn = table(view, [
      [dim('sub'), 'x'.repeat(100)],
      [dim('environment'), good('production')],
    ]);
    expect(withoutColours(drawn)).not.toContain('\u001b');
    expect(drawn).toContain('\u001b[2menvironment\u001b[22m');
    expect(withoutColours(drawn).split('\n')).toEqual([
      `sub          ${'x'.repeat(27)}`,
      ...[27, 27, 19].map((length) => `${' '.repeat(13)}${'x'.repeat(length)}`),
      'environment  production',
    ]);
  });

  it.each([
    ['at words', 'one two three four five six seven eight', ['one two three four', 'five six seven eight']],
    [
      'within a word that is longer',
      `see ${'y'.repeat(30)} z`,
      ['see', 'y'.repeat(20), `${'y'.repeat(10)} z`],
    ],
    ['wide letters', '漢'.repeat(15), ['漢'.repeat(10), '漢'.repeat(5)]],
    ['nothing', '', ['']],
  ])('wraps its last column: %s', (_what, text, lines) => {
    const narrow = createView(22, pc.createColors(false));
    const shown = table(narrow, [['', text]]).split('\n');
    expect(shown.map((line) => line.trim())).toEqual(lines);
  });
});
