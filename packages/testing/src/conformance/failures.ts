/** What the server may do, and how core has to hear of it. */

import assert from 'node:assert/strict';
import type { Credential, FederationErrorCode } from '@credex/core';
import type { ErrorClass, RetryAdvice } from '@credex/core/driver';
import { assertErrorClass, TRANSIENT } from './error-class.js';
import {
  MARK,
  wordsWith,
  type Check,
  type Ability,
  type Behaviour,
  type ConformanceOptions,
  type ExchangerHarness,
} from './harness.js';
import { classOf, thrownBy } from './trial.js';

interface Failure {
  readonly behaviour: Exclude<Behaviour, 'succeed' | 'hang'>;
  readonly retry: RetryAdvice;
  /** One of these. Default: a code that lasts. */
  readonly codes?: readonly FederationErrorCode[];
}

export const FAILURES: readonly Failure[] = [
  { behaviour: 'refuse', retry: 'never' },
  { behaviour: 'redirect', retry: 'never', codes: ['redirect_refused'] },
  { behaviour: 'unavailable', retry: 'now', codes: ['unavailable'] },
  { behaviour: 'throttle', retry: 'now', codes: ['throttled'] },
  { behaviour: 'reset', retry: 'now', codes: ['network'] },
  { behaviour: 'truncate', retry: 'now', codes: ['network', 'invalid_response'] },
  { behaviour: 'garbage', retry: 'now', codes: ['invalid_response'] },
  { behaviour: 'incomplete', retry: 'now', codes: ['invalid_response'] },
];

/** What core hears of the exchange of this token. */
async function heard<C extends Credential, R>(
  harness: ExchangerHarness<C, R>,
  jwt: string,
  { fetch }: ConformanceOptions,
): Promise<ErrorClass> {
  const found = await classOf(harness.exchanger, await thrownBy(harness, { jwt, fetch }), jwt);
  assertErrorClass(found);
  assert.ok(found.hint?.includes(MARK) !== true, 'The hint is made of what the server said.');
  return found;
}

function assertCode({ code }: ErrorClass, codes: readonly FederationErrorCode[] | undefined): void {
  if (codes === undefined) assert.ok(!TRANSIENT.has(code) && code !== 'unknown', `The code is '${code}'.`);
  else assert.ok(codes.includes(code), `The code is '${code}', not ${codes.join(' or ')}.`);
}

const failureCheck = ({ behaviour, retry, codes }: Failure): Check => ({
  name: `classify: '${behaviour}' of the server is met with ${retry}`,
  needs: [behaviour],
  async run(harness, options) {
    const { good } = harness.tokens;
    harness.behave(behaviour, wordsWith(good));
    const found = await heard(harness, good, options);
    assertCode(found, codes);
    assert.equal(found.retry, retry);
    if (behaviour === 'throttle') assert.equal(found.throttled, true, '`throttled` is not set.');
  },
});

const TOKEN_NAMES = { expired: 'the expired token', otherIdentity: 'the token of another identity' } as const;

const tokenCheck = (
  needed: Ability,
  which: 'expired' | 'otherIdentity',
  retry: RetryAdvice,
  codes?: readonly FederationErrorCode[],
): Check => ({
  name: `classify: ${TOKEN_NAMES[which]} is answered with ${retry}`,
  needs: ['subject', needed],
  async run(harness, options) {
    const jwt = harness.tokens[which];
    assert.ok(jwt !== undefined, `tokens.${which} of the harness is missing.`);
    const found = await heard(harness, jwt, options);
    assertCode(found, codes);
    assert.equal(found.retry, retry);
  },
});

export const FAILURE_CHECKS: readonly Check[] = [
  ...FAILURES.map(failureCheck),
  tokenCheck('expired-token', 'expired', 'fresh-subject', ['subject_token_expired']),
  tokenCheck('other-identity-token', 'otherIdentity', 'never'),
];
