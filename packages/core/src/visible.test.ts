import { describe, expect, it } from 'vitest';
import { FederationError } from './federation-error.js';
import { OptionError } from './errors.js';
import { optionalString, ownOptions } from './options/assert.js';
import { oneLine, visible } from './visible.js';
import { withoutUnseen } from './redact.js';

/** What no terminal and no log may get: controls, turns of direction, what has no width, line breaks. */
const UNSEEN = [
  0x00, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1b, 0x7f, 0x85, 0x9b, 0x9f, 0xa0, 0xad, 0x061c, 0x115f,
  0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2060,
  0x2064, 0x2066, 0x2067, 0x2068, 0x2069, 0x2800, 0x3000, 0x3164, 0xd800, 0xdfff, 0xfeff, 0xffa0, 0xfff9,
  0xe0001,
].map((code) => String.fromCodePoint(code));
const HOSTILE = `a${UNSEEN.join('x')}b`;
const RAW = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

describe('text that others chose', () => {
  it('shows each character that cannot be seen as an escape', () => {
    for (const character of UNSEEN) {
      expect(visible(`a${character}b`)).toMatch(/^a\\(?:x[0-9a-f]{2}|u\{[0-9a-f]{3,5}\})b$/);
      expect(withoutUnseen(`a${character}b`)).toMatch(/^a ?b$/);
    }
    expect(visible('plain äöü 漢字 😀')).toBe('plain äöü 漢字 😀');
  });

  it('is cut at the given length, and not within an escape or a pair', () => {
    expect(oneLine('abc', 3)).toBe('abc');
    expect(oneLine('abcd', 3)).toBe('abc…');
    expect(oneLine('ab\u202e', 8)).toBe('ab…');
    expect(oneLine('a\nb\u202ec'.repeat(100), 12)).toBe('a\\x0ab…');
    expect(oneLine('a😀', 2)).toBe('a…');
    for (let keep = 1; keep < 60; keep++) {
      const line = oneLine(HOSTILE, keep);
      expect(line.length).toBeLessThanOrEqual(keep + 1);
      expect(line).not.toMatch(RAW);
    }
  });
});

describe('every error of ours', () => {
  const long = `${HOSTILE}${'y'.repeat(200_000)}`;

  it('has no raw character of its message, hint and option name', () => {
    const federation = new FederationError({
      code: 'unknown',
      provider: 'aws',
      message: long,
      hint: long,
      serverMessage: long,
      serverCode: long,
      cause: new Error(long),
    });
    const option = new OptionError('invalid_option', long, undefined, long);
    for (const text of [
      federation.message,
      federation.hint,
      federation.serverMessage,
      federation.serverCode,
      (federation.cause as Error).message,
      option.message,
      option.option,
    ]) {
      expect(text).not.toMatch(RAW);
      expect(text?.length).toBeLessThanOrEqual(2 * 2_049 + 400);
    }
  });

  it('keeps the lines of a list apart, and nothing else', () => {
    const { message } = new OptionError('invalid_option', 'x', undefined, ['one\ntwo', 'three']);
    expect(message).toBe('one\\x0atwo\nthree');
  });

  it('quotes a value or an unknown name escaped', () => {
    const named = (): unknown => ownOptions('f', { 'a\u009b\u202eb': 1 }, ['region']);
    expect(named).toThrow('f knows no option `a\\x9b\\u{202e}b`. It knows region.');
    const value = (): unknown =>
      optionalString({ option: 'region' }, 'a\u009b\u202e\n', { pattern: /^[a-z]+$/, says: 'a region' });
    expect(value).toThrow('`region` must be a region; it is "a\\x9b\\u{202e}\\n".');
  });
});
