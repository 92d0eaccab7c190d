import { afterEach, describe, expect, it, vi } from 'vitest';
import { OptionError } from '../errors.js';
import { makeJwt } from '../provider.fixture.js';
import {
  invalidOption,
  optionalBoolean,
  optionalFunction,
  optionalInteger,
  optionalString,
  optionalStringList,
  ownOptions,
  requiredString,
} from './assert.js';
import { HOST_LABEL } from './endpoint.js';

const ONE = { option: 'ownOption', environmentVariable: 'CREDEX_TEST_OPTION' };
const TWO = { option: 'ownOption', environmentVariable: ['CREDEX_TEST_OPTION', 'CREDEX_TEST_OTHER'] };
const BARE = { option: 'ownOption' };
const LOWER = { pattern: /^[a-z]+$/, says: 'lower-case letters' };

afterEach(() => vi.unstubAllEnvs());

const thrown = (run: () => unknown): OptionError => {
  try {
    run();
  } catch (error) {
    if (OptionError.isInstance(error)) return error;
  }
  throw new Error('No OptionError was thrown.');
};

describe('strings', () => {
  it('come from the option, else from the first variable that is set', () => {
    expect(optionalString(TWO, undefined)).toBeUndefined();
    vi.stubEnv('CREDEX_TEST_OTHER', 'other');
    expect(optionalString(TWO, undefined)).toBe('other');
    vi.stubEnv('CREDEX_TEST_OPTION', '');
    expect(optionalString(TWO, undefined)).toBe('other');
    vi.stubEnv('CREDEX_TEST_OPTION', 'first');
    expect(optionalString(TWO, undefined)).toBe('first');
    expect(optionalString(TWO, 'given')).toBe('given');
    expect(requiredString(TWO, undefined)).toBe('first');
    expect(optionalString(BARE, undefined)).toBeUndefined();
  });

  it('are requested with their names, their variables and what they must be', () => {
    expect(thrown(() => requiredString(TWO, undefined, LOWER))).toMatchObject({
      code: 'missing_option',
      option: 'ownOption',
      environmentVariable: 'CREDEX_TEST_OPTION',
      message:
        '`ownOption` is missing: pass it, or set the environment variable CREDEX_TEST_OPTION or CREDEX_TEST_OTHER. It must be lower-case letters.',
    });
    expect(thrown(() => requiredString(BARE, undefined)).message).toBe('`ownOption` is missing: pass it.');
  });

  it.each([
    ['', 'empty'],
    ['UPPER', '"UPPER"'],
    ['with\n', '"with\\n"'],
    [null, 'null'],
    [5, '5'],
    [true, 'true'],
    [['a'], 'a list'],
    [{ a: 1 }, 'a value of type object'],
    [() => 'a', 'a value of type function'],
    [Symbol('a'), 'a value of type symbol'],
    [5n, 'a value of type bigint'],
  ])('that break their grammar are refused: %o', (value, shown) => {
    const error = thrown(() => optionalString(ONE, value, LOWER));
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({
      code: 'invalid_option',
      option: 'ownOption',
      environmentVariable: 'CREDEX_TEST_OPTION',
      message: `\`ownOption\` (CREDEX_TEST_OPTION) must be lower-case letters; it is ${shown}.`,
    });
  });

  it('of the environment must follow the grammar as well', () => {
    vi.stubEnv('CREDEX_TEST_OPTION', 'Nope');
    expect(thrown(() => optionalString(ONE, undefined, LOWER)).message).toContain('it is "Nope"');
  });
});

describe('a secret in the wrong option', () => {
  it.each([
    makeJwt(),
    'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    'AKIAIOSFODNN7EXAMPLE',
    'ya29.a0AfH6SNx',
    'Xy78Q~aBcDeFgHiJkLmNoPqRsTuVwXyZ0123-_.a',
    'abc8Q~d.e-f_g.h-i_j.k-l_m.n',
    'https://user:hunter2hunter2@host',
    'client_secret=hunter2hunter2',
    'x'.repeat(65),
    'a1'.repeat(16),
  ])('is not printed back: %s', (secret) => {
    const errors = [
      thrown(() => optionalString(ONE, secret, HOST_LABEL.pattern.test(secret) ? LOWER : HOST_LABEL)),
      thrown(() => optionalInteger(ONE, secret, 1, 2)),
      thrown(() => optionalBoolean(ONE, secret)),
      thrown(() => optionalFunction(ONE, secret as never)),
      thrown(() => optionalStringList(ONE, [secret], { pattern: /^$/, says: 'nothing' })),
      thrown(() => ownOptions('f', { [secret]: 1 }, ['a'])),
      invalidOption(ONE, 'x', secret),
    ];
    for (const { message } of errors) expect(message).not.toContain(secret.slice(0, 12));
  });
});

describe('others', () => {
  it('integers are whole and within their bounds', () => {
    expect(optionalInteger(ONE, undefined, 1, 9)).toBeUndefined();
    for (const value of [1, 5, 9]) expect(optionalInteger(ONE, value, 1, 9)).toBe(value);
    for (const value of [0, 10, 1.5, Number.NaN, Infinity, '5', null, 5n, true])
      expect(thrown(() => optionalInteger(ONE, value, 1, 9)).message).toContain('a whole number from 1 to 9');
  });

  it('booleans and functions are what they are called', () => {
    expect([
      optionalBoolean(ONE, true),
      optionalBoolean(ONE, false),
      optionalBoolean(ONE, undefined),
    ]).toEqual([true, false, undefined]);
    for (const value of ['true', 1, null])
      expect(thrown(() => optionalBoolean(ONE, value)).code).toBe('invalid_option');
    expect(optionalFunction(ONE, undefined)).toBeUndefined();
    expect(optionalFunction(ONE, thrown)).toBe(thrown);
    for (const value of ['f', {}, null])
      expect(thrown(() => optionalFunction(ONE, value as never)).code).toBe('invalid_option');
  });

  it('lists are lists, or a string that is split as scopes are', () => {
    expect(optionalStringList(ONE, undefined)).toBeUndefined();
    expect(optionalStringList(ONE, '  a\tb\n c ')).toEqual(['a', 'b', 'c']);
    expect(optionalStringList(ONE, ['a', 'b'])).toEqual(['a', 'b']);
    for (const value of [[], '', '  ', [''], ['a', 5], {}, 5, null])
      expect(thrown(() => optionalStringList(ONE, value)).code).toBe('invalid_option');
    expect(thrown(() => optionalStringList(ONE, ['a', 'B'], LOWER)).message).toContain('"B"');
  });

  it('unknown options are named, with those that are known', () => {
    expect(() => ownOptions('f', { a: 1 }, ['a', 'b'])).not.toThrow();
    expect(thrown(() => ownOptions('f', { c: 1 }, ['a', 'b']))).toMatchObject({
      code: 'invalid_option',
      option: 'c',
      message: 'f knows no option `c`. It knows a, b.',
    });
    expect(thrown(() => ownOptions('f', { timeOut: 1 }, ['region', 'timeoutMs'])).message).toBe(
      'f knows no option `timeOut`. Did you mean `timeoutMs`? It knows region, timeoutMs.',
    );
    for (const options of [undefined, null, 'x', 5])
      expect(thrown(() => ownOptions('f', options as never, ['a'])).option).toBe('options');
  });

  it('names of other libraries are answered with what to write here', () => {
    const replacements = { clientConfig: 'Set `region`.' };
    const message = (option: string): string =>
      thrown(() => ownOptions('f', { [option]: 1 }, ['region'], replacements)).message;
    expect(message('clientConfig')).toBe('f knows no option `clientConfig`. Set `region`. It knows region.');
    expect(message('toString')).toBe('f knows no option `toString`. It knows region.');
  });
});
