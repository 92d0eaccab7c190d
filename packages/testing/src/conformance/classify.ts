/** What `classify` makes of errors that no server of ours sent. */

import assert from 'node:assert/strict';
import type { PresentedToken } from '@credex/core';
import type { Check } from './harness.js';
import { assertErrorClass, classified } from './error-class.js';
import { GARBAGE } from './garbage.js';
import { settlesWithin, stopwatch } from './machine.js';

const PRESENTED: readonly (PresentedToken | undefined)[] = [
  undefined,
  {},
  { iss: '', aud: [], sub: '', expiresAt: Number.NaN },
  {
    iss: 'https://issuer.example',
    aud: ['one', 'two'],
    sub: '\'; quoted " \u0000 $& {}',
    environment: 'preview',
  },
];

const withCode = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code });

/** As sockets, resolvers and fetch throw them. */
const NETWORK: readonly Error[] = [
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH'].flatMap(
    (code) => [withCode(code), new TypeError('fetch failed', { cause: withCode(code) })],
  ),
  new TypeError('fetch failed', { cause: withCode('UND_ERR_SOCKET') }),
];

const TIMEOUTS: readonly Error[] = [
  new DOMException('The operation was aborted due to timeout', 'TimeoutError'),
  new TypeError('fetch failed', { cause: withCode('UND_ERR_CONNECT_TIMEOUT') }),
  withCode('ETIMEDOUT'),
];

const told = (error: Error): string =>
  `${error.name} ${String((error as { code?: unknown }).code)} ${(error.cause as { code?: string } | undefined)?.code ?? ''}`;

/** On a busy machine. What takes longer is a pattern that a hostile answer makes slow. */
const SOON_MS = 1_000;
/** The first answer may load what explains failures. */
const LOADED_MS = 3_000;

export const CLASSIFY_CHECKS: readonly Check[] = [
  {
    name: 'classify: has an answer to whatever is thrown, soon, and never throws',
    async run({ exchanger }) {
      const first = classified(exchanger, new Error('The first one.'), undefined, 'an error');
      assert.ok(await settlesWithin(LOADED_MS, first), 'classify has no answer.');
      for (const [what, make] of Object.entries(GARBAGE)) {
        const garbage = make();
        for (const presented of PRESENTED) {
          const begun = stopwatch();
          const answer = classified(exchanger, garbage, presented, what);
          assert.ok(await settlesWithin(SOON_MS, answer), `classify has no answer for ${what}.`);
          assert.ok(begun() < SOON_MS, `classify took ${begun()} ms for ${what}.`);
          assertErrorClass(await answer);
        }
      }
    },
  },
  {
    name: 'classify: a network that fails is worth another try',
    async run({ exchanger }) {
      for (const error of NETWORK) {
        const { code, retry } = await classified(exchanger, error, undefined, told(error));
        assert.deepEqual({ code, retry }, { code: 'network', retry: 'now' }, told(error));
      }
    },
  },
  {
    name: 'classify: so is one that takes too long',
    async run({ exchanger }) {
      for (const error of TIMEOUTS) {
        const { code, retry } = await classified(exchanger, error, undefined, told(error));
        assert.ok(code === 'timeout' || code === 'network', `${told(error)}: ${code}`);
        assert.equal(retry, 'now', told(error));
      }
    },
  },
  {
    name: 'classify: an abort is no refusal by the server',
    async run({ exchanger }) {
      const abort = new DOMException('This operation was aborted', 'AbortError');
      const { code } = await classified(exchanger, abort, undefined, 'an abort');
      assert.ok(['aborted', 'timeout', 'network'].includes(code), `The code is '${code}'.`);
    },
  },
];
