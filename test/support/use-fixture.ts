/** One fixture for all tests of a file; each test gets a clean environment, a clean log, no faults and no earlier token. */

import { processWideCache } from '@credex/core/internal';
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest';
import { clearEnvironment } from './environment.js';
import { FIXTURE_START_MS, startFixture } from './fixture.js';
import type { Fixture } from './fixture.js';

/** Ends a test that hangs. A busy machine is slow at keys, at TLS and at loading SDKs. */
const BOUND_MS = 30_000;

/** As a new process: a token that an earlier request brought would serve a request without one. */
export function forgetEarlierTokens(): void {
  Object.assign(processWideCache().state, { earlierTokens: [], latestToken: undefined });
}

/**
 * Call it once, at the top of a test file. The options have the fixture's `clock` among them.
 *
 * @example
 * const fixture = useFixture();
 * test('…', async () => fixture.inRequest(await fixture.mint(), () => getAwsCredentials(fixture.options.aws)));
 */
export function useFixture(): Omit<Fixture, 'close'> {
  vi.setConfig({ testTimeout: BOUND_MS });
  let started: Fixture | undefined;
  const fixture = (): Fixture => {
    if (started === undefined) throw new TypeError('The fixture exists only in tests and hooks.');
    return started;
  };
  beforeAll(async () => {
    started = await startFixture();
  }, FIXTURE_START_MS);
  beforeEach(() => {
    clearEnvironment();
    forgetEarlierTokens();
    fixture().emulator.log.clear();
  });
  afterEach(() => {
    started?.emulator.faults.clear();
    vi.unstubAllEnvs();
  });
  afterAll(() => started?.close());
  return {
    get emulator() {
      return fixture().emulator;
    },
    get clock() {
      return fixture().clock;
    },
    get options() {
      const { clock, options } = fixture();
      return {
        aws: { ...options.aws, clock },
        gcp: { ...options.gcp, clock },
        gcpFederated: { ...options.gcpFederated, clock },
        azure: { ...options.azure, clock },
      };
    },
    mint: (overrides) => fixture().mint(overrides),
    inRequest: (token, handle, more) => fixture().inRequest(token, handle, more),
  };
}
