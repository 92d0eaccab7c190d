import { afterEach, describe, expect, it, vi } from 'vitest';
import { environmentVariable } from '../runtime/environment.js';
import { rememberProviders } from './remember-providers.js';

afterEach(() => vi.unstubAllEnvs());

type Options = Readonly<Record<string, unknown>>;

const KEPT = (): string => 'x';

/** A factory whose providers are counted, and which reads one variable. */
function counted() {
  const made: { options: Options; region: string | undefined }[] = [];
  const providerFor = rememberProviders((options: Options) => {
    const provider = { options, region: environmentVariable('CREDEX_TEST_REGION') };
    made.push(provider);
    return provider;
  });
  return { made, providerFor };
}

describe('the provider of recent options', () => {
  it('is returned for equal options written inline', () => {
    const { made, providerFor } = counted();
    const options = () => ({
      roleArn: 'a',
      durationSeconds: 900,
      flag: true,
      policyArns: ['x', 'y'],
      none: undefined,
    });
    expect(providerFor(options())).toBe(providerFor(options()));
    expect(made).toHaveLength(1);
    expect({ ...made[0]?.options }).toEqual(options());
  });

  it.each<[string, Options, Options]>([
    ['a value', { a: 'x' }, { a: 'y' }],
    ['a type', { a: 1 }, { a: '1' }],
    ['undefined and its name', { a: undefined }, { a: 'undefined' }],
    ['a list and its text', { a: ['x', 'y'] }, { a: ['xy'] }],
    ['a list and a string', { a: ['x'] }, { a: 'x' }],
    ['where a value ends', { a: 'x1:bs1:y' }, { a: 'x', b: 'y' }],
    ['a name', { a: 'x' }, { b: 'x' }],
    ['an own __proto__', { a: 'x' }, JSON.parse('{ "a": "x", "__proto__": "y" }') as Options],
  ])('is another one where they differ in %s', (_what, one, other) => {
    const { made, providerFor } = counted();
    expect(providerFor(one)).not.toBe(providerFor(other));
    expect(providerFor(one)).toBe(made[0]);
    expect(providerFor(other)).toBe(made[1]);
  });

  it('is made again where a variable that its factory read has changed', () => {
    const { made, providerFor } = counted();
    providerFor({ a: 'x' });
    vi.stubEnv('CREDEX_TEST_REGION', 'eu-west-1');
    expect(providerFor({ a: 'x' }).region).toBe('eu-west-1');
    vi.unstubAllEnvs();
    expect(providerFor({ a: 'x' }).region).toBeUndefined();
    expect(made).toHaveLength(3);
  });

  it.each<[string, () => Options]>([
    ['a function', () => ({ a: KEPT })],
    ['an object', () => ({ a: { b: 1 } })],
    ['null', () => ({ a: null })],
    ['a list of other things than strings', () => ({ a: [1] })],
    [
      'a class',
      () =>
        new (class {
          a = 'x';
        })() as unknown as Options,
    ],
  ])('is never remembered for options with %s', (_what, options) => {
    const { made, providerFor } = counted();
    const [first, second] = [options(), options()];
    providerFor(first);
    providerFor(second);
    expect(made.map((provider) => provider.options)).toEqual([first, second]);
    expect(made[1]?.options).toBe(second);
  });

  it('is of what was compared: each option is read once, and a list that changes later has no effect', () => {
    const { made, providerFor } = counted();
    let reads = 0;
    const list = ['x'];
    providerFor({
      get a() {
        reads += 1;
        return reads === 1 ? 'first' : 'later';
      },
      list,
    });
    list.push('y');
    expect(reads).toBe(1);
    expect({ ...made[0]?.options }).toEqual({ a: 'first', list: ['x'] });
    expect(providerFor({ a: 'first', list: ['x'] })).toBe(made[0]);
  });

  it('is forgotten after 64 others, and never remembered where the factory throws', () => {
    const { made, providerFor } = counted();
    for (let at = 0; at <= 64; at += 1) providerFor({ at });
    providerFor({ at: 64 });
    expect(made).toHaveLength(65);
    providerFor({ at: 0 });
    expect(made).toHaveLength(66);
    let calls = 0;
    const failing = rememberProviders(() => {
      calls += 1;
      throw new Error('invalid');
    });
    for (let at = 0; at < 2; at += 1) expect(() => failing({ a: 'x' })).toThrow('invalid');
    expect(calls).toBe(2);
  });
});
