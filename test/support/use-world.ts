/** One world for all tests of a file; each test gets a clean environment, a clean log and no faults. */

import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest';
import { clearEnvironment } from './environment.js';
import { STARTS_WORLD, startWorld } from './world.js';
import type { World } from './world.js';

/** A busy machine is slow at keys, at TLS and at loading SDKs: a bound for what hangs, not a measure. */
const BOUND_MS = 30_000;

/**
 * To be called once, at the top of a test file. The options have the world's `clock` among them.
 *
 * @example
 * const world = useWorld();
 * test('…', async () => world.inRequest(await world.mint(), () => getAwsCredentials(world.options.aws)));
 */
export function useWorld(): Omit<World, 'close'> {
  vi.setConfig({ testTimeout: BOUND_MS });
  let held: World | undefined;
  const world = (): World => {
    if (held === undefined) throw new TypeError('There is a world in tests and hooks only.');
    return held;
  };
  beforeAll(async () => {
    held = await startWorld();
  }, STARTS_WORLD);
  beforeEach(() => {
    clearEnvironment();
    world().emulator.log.clear();
  });
  afterEach(() => {
    held?.emulator.faults.clear();
    vi.unstubAllEnvs();
  });
  afterAll(() => held?.close());
  return {
    get emulator() {
      return world().emulator;
    },
    get clock() {
      return world().clock;
    },
    get options() {
      const { clock, options } = world();
      return {
        aws: { ...options.aws, clock },
        gcp: { ...options.gcp, clock },
        gcpFederated: { ...options.gcpFederated, clock },
        azure: { ...options.azure, clock },
      };
    },
    mint: (overrides) => world().mint(overrides),
    inRequest: (token, handle, more) => world().inRequest(token, handle, more),
  };
}
