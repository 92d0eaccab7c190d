/** 1,000 random users, hosts and session tokens of up to 4 KB for each service: the passwords of the official signers. */

import { describe, it } from 'vitest';
import { TARGETS, atNow, expectSame, randomCases } from './aws-password-targets.js';

atNow();

const CASES = 1_000;

describe.each(TARGETS)('$name', (target) => {
  it(`is the same for ${CASES} random logins, and a strict server accepts it`, async () => {
    await expectSame(target, randomCases(CASES));
  }, 120_000);
});
