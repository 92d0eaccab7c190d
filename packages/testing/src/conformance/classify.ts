/** What `classify` makes of errors that no server of ours sent. */

import assert from 'node:assert/strict';
import type { PresentedToken } from '@credex/core';
import type { ErrorClass } from '@credex/core/driver';
import type { Check } from './check.js';
import { assertErrorClass } from './error-class.js';
import { GARBAGE } from './garbage.js';
import { stopwatch } from './machine.js';

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

export const CLASSIFY_CHECKS: readonly Check[] = [
  {
    name: 'classify: has an answer to whatever is thrown, soon, and never throws',
    async run({ exchanger }) {
      for (const [what, make] of Object.entries(GARBAGE)) {
        const garbage = make();
        for (const presented of PRESENTED) {
          let found: ErrorClass;
          const begun = stopwatch();
          try {
            found = exchanger.classify(garbage, presented);
          } catch {
            assert.fail(`classify threw for ${what}.`);
          }
          assert.ok(begun() < SOON_MS, `classify took ${begun()} ms for ${what}.`);
          assertErrorClass(found);
        }
      }
    },
  },
  {
    name: 'classify: a network that fails is worth another try',
    async run({ exchanger }) {
      for (const error of NETWORK) {
        const { code, retry } = exchanger.classify(error, undefined);
        assert.deepEqual({ code, retry }, { code: 'network', retry: 'now' }, told(error));
      }
    },
  },
  {
    name: 'classify: so is one that takes too long',
    async run({ exchanger }) {
      for (const error of TIMEOUTS) {
        const { code, retry } = exchanger.classify(error, undefined);
        assert.ok(code === 'timeout' || code === 'network', `${told(error)}: ${code}`);
        assert.equal(retry, 'now', told(error));
      }
    },
  },
  {
    name: 'classify: an abort is no refusal by the server',
    async run({ exchanger }) {
      const { code } = exchanger.classify(
        new DOMException('This operation was aborted', 'AbortError'),
        undefined,
      );
      assert.ok(['aborted', 'timeout', 'network'].includes(code), `The code is '${code}'.`);
    },
  },
];
