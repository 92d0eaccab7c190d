import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Breach } from './breaches.fixture.js';
import {
  answerWith,
  broken,
  classifyWith,
  describeBreaches,
  later,
  quoting,
  sampleWith,
} from './breaches.fixture.js';
import { classified } from './error-class.js';
import { classifySample } from './sample.fixture.js';

const BREACHES: readonly Breach[] = [
  [
    'every failure for good',
    "'unavailable' of the server",
    answerWith((found) => ({ ...found, retry: 'never' })),
  ],
  ['every failure for now', "'refuse' of the server", answerWith((found) => ({ ...found, retry: 'now' }))],
  [
    'throttling like any other',
    "'throttle' of the server",
    answerWith((found) => ({ ...found, throttled: undefined })),
  ],
  ['an expired token for good', 'the expired token', answerWith((found) => ({ ...found, retry: 'never' }))],
  [
    'an unknown code',
    'the token of another identity',
    answerWith((found) => ({ ...found, code: 'unknown' })),
  ],
  ["a hint of the server's words", "'refuse' of the server", answerWith(quoting)],
  [
    'no guard in classify',
    'never throws',
    classifyWith((error) => ({ code: 'unknown', retry: 'never', serverCode: (error as Error).name })),
  ],
  [
    'a pattern that a hostile answer makes slow',
    'never throws',
    classifyWith((error) => {
      /<Error>([\s\S]*?)<\/Error>/.exec(String((error as Partial<Error> | undefined)?.message ?? ''));
      return classifySample(error);
    }),
  ],
  ['an unknown code', 'never throws', answerWith((found) => ({ ...found, code: 'EWHATEVER' as 'unknown' }))],
  ['a wait of no number', 'never throws', answerWith((found) => ({ ...found, retryAfterMs: Number.NaN }))],
  [
    'a network that is never tried again',
    'a network that fails',
    answerWith((found) => ({ ...found, retry: 'never' })),
  ],
  [
    'a timeout that is a refusal',
    'takes too long',
    classifyWith(() => ({ code: 'access_denied', retry: 'now' })),
  ],
  ['an abort that is a refusal', 'an abort', classifyWith(() => ({ code: 'access_denied', retry: 'now' }))],
];

const LATER = BREACHES.map(([what, rule, change]): Breach => [`${what}, by a promise`, rule, later(change)]);

const REJECTED: Breach = [
  'what explains failures can not be loaded',
  'never throws',
  classifyWith(() => Promise.reject(new Error('There is no such module.'))),
];

describeBreaches([...BREACHES, ...LATER, REJECTED]);

describe('an answer that never comes', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    ['to the first error', () => true],
    ['to a later one', (error: unknown) => error === undefined],
  ])('%s is not waited for', async (_when, stuck) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const change = classifyWith((error) =>
      stuck(error) ? new Promise<never>(() => undefined) : classifySample(error),
    );
    const found = broken(() => sampleWith(change), 'never throws');
    await vi.advanceTimersByTimeAsync(4_000);
    expect(await found).toHaveLength(1);
  });
});

function throwing(): never {
  throw new Error('a secret');
}

it.each([
  ['throws', throwing],
  ['rejects', async () => throwing()],
])('a classify that %s is told as one that threw, without its words', async (_how, classify) => {
  const found = classified({ classify }, new Error('first'), undefined, 'an error');
  await expect(found).rejects.toThrow(/^classify threw for an error\.$/);
});
