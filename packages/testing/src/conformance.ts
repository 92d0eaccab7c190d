import type { Credential } from '@credex/core';
import type { Check, ConformanceOptions, HarnessFactory, TestRunner } from './conformance/harness.js';
import { CLASSIFY_CHECKS } from './conformance/classify.js';
import { CREDENTIAL_CHECKS } from './conformance/credential.js';
import { EXCHANGE_CHECKS } from './conformance/exchange.js';
import { FAILURE_CHECKS } from './conformance/failures.js';
import { SECRET_CHECKS } from './conformance/secrets.js';
import { TARGET_CHECKS } from './conformance/target.js';

export type {
  Ability,
  Asked,
  Behaviour,
  ConformanceOptions,
  ExchangerHarness,
  HarnessFactory,
  TestRunner,
} from './conformance/harness.js';

export type { StoreConformanceOptions, StoreHarness } from './conformance/store.js';
export { storeConformance } from './conformance/store.js';

const CHECKS: readonly Check[] = [
  ...TARGET_CHECKS,
  ...EXCHANGE_CHECKS,
  ...CREDENTIAL_CHECKS,
  ...FAILURE_CHECKS,
  ...CLASSIFY_CHECKS,
  ...SECRET_CHECKS,
];

/**
 * Says of an exchanger whether it keeps the contract: one test for each rule, by a server that the harness commands.
 * Ours run it; one of your own should.
 *
 * @param test `describe` and `it` of the runner at hand; assertions are node:assert's
 * @param factory makes the exchanger and its server, once for each test
 *
 * @example
 * import { describe, it } from 'node:test';
 *
 * exchangerConformance({ describe, it }, startMyServer, { name: 'my exchanger', without: ['throttle'] });
 */
export function exchangerConformance<C extends Credential, R>(
  test: TestRunner,
  factory: HarnessFactory<C, R>,
  options: ConformanceOptions,
): void {
  const without = new Set(options.without);
  test.describe(options.name, () => {
    for (const check of CHECKS) {
      if (check.needs?.some((ability) => without.has(ability)) === true) continue;
      test.it(check.name, async () => {
        const harness = await factory();
        try {
          await check.run(harness, options);
        } finally {
          await harness.close?.();
        }
      });
    }
  });
}
