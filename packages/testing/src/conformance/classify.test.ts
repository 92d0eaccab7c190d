import type { Breach } from './breaches.fixture.js';
import { describeBreaches } from './breaches.fixture.js';
import { AnswerError } from './sample.fixture.js';

const BREACHES: readonly Breach[] = [
  [
    'every failure for good',
    "'unavailable' of the server",
    (own) => ({
      classify: (...error) => ({ ...own.classify(...error), retry: 'never' }),
    }),
  ],
  [
    'every failure for now',
    "'refuse' of the server",
    (own) => ({
      classify: (...error) => ({ ...own.classify(...error), retry: 'now' }),
    }),
  ],
  [
    'throttling like any other',
    "'throttle' of the server",
    (own) => ({
      classify: (...error) => ({ ...own.classify(...error), throttled: undefined }),
    }),
  ],
  [
    'an expired token for good',
    'the expired token',
    (own) => ({
      classify: (...error) => ({ ...own.classify(...error), retry: 'never' }),
    }),
  ],
  [
    'an unknown code',
    'the foreign token',
    (own) => ({
      classify: (...error) => ({ ...own.classify(...error), code: 'unknown' }),
    }),
  ],
  [
    "a hint of the server's words",
    "'refuse' of the server",
    (own) => ({
      classify: (error, presented) => ({
        ...own.classify(error, presented),
        hint: error instanceof AnswerError ? error.answer.body : undefined,
      }),
    }),
  ],
  [
    'no guard in classify',
    'never throws',
    () => ({
      classify: (error) => ({ code: 'unknown', retry: 'never', serverCode: (error as Error).name }),
    }),
  ],
  [
    'a pattern that a hostile answer makes slow',
    'never throws',
    (own) => ({
      classify(error, presented) {
        /<Error>([\s\S]*?)<\/Error>/.exec(String((error as Partial<Error> | undefined)?.message ?? ''));
        return own.classify(error, presented);
      },
    }),
  ],
  [
    'a code of its own',
    'never throws',
    (own) => ({
      classify: (...error) => ({ ...own.classify(...error), code: 'EWHATEVER' as 'unknown' }),
    }),
  ],
  [
    'a wait of no number',
    'never throws',
    (own) => ({
      classify: (...error) => ({ ...own.classify(...error), retryAfterMs: Number.NaN }),
    }),
  ],
  [
    'a network that is never tried again',
    'a network that fails',
    (own) => ({
      classify: (...error) => ({ ...own.classify(...error), retry: 'never' }),
    }),
  ],
  [
    'a timeout that is a refusal',
    'takes too long',
    () => ({ classify: () => ({ code: 'access_denied', retry: 'now' }) }),
  ],
  [
    'an abort that is a refusal',
    'an abort',
    () => ({ classify: () => ({ code: 'access_denied', retry: 'now' }) }),
  ],
];

describeBreaches(BREACHES);
