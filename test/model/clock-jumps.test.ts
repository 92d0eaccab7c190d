import { createCredentialCache } from '@credex/core';
import { createCredentialProvider } from '@credex/core/internal';
import { afterAll, expect, it } from 'vitest';
import { quickProcess } from './quick-process.js';
import { manualTime, turn } from './manual-time.js';
import { seededRandom } from './simulation.js';

afterAll(quickProcess());

const MINUTE = 60_000;
const LIFETIME_MS = 60 * MINUTE;

interface Key {
  /** By the server's clock, which does not jump. */
  readonly endsAt: number;
  readonly expiresAt: number;
}

/** How a server tells how long its credential lives by a clock that isn't ours. */
const ANSWERS = {
  'a Date in the answer': (serverNow: number) => ({ serverDate: serverNow }),
  'the duration that was asked for': () => ({ maxLifetimeMs: LIFETIME_MS }),
  both: (serverNow: number) => ({ serverDate: serverNow, maxLifetimeMs: LIFETIME_MS }),
};

it.each(Object.entries(ANSWERS))(
  'a wall clock that jumps five minutes either way: nothing expired is served, one refresh a minute at most (%s)',
  { timeout: 60_000 },
  async (_name, told) => {
    for (let seed = 0; seed < 12; seed++) {
      const random = seededRandom(seed);
      const time = manualTime();
      const start = time.now().wall;
      const serverNow = (): number => start + time.now().mono;
      const refreshes: number[] = [];
      const provider = createCredentialProvider<Key>(
        {
          specificationVersion: 'v1',
          provider: 'played',
          cacheKeyFields: () => ({}),
          parseStored: (record) => record as Key,
          classify: () => ({ code: 'unavailable', retry: 'now' }),
          exchange: (_request, context) =>
            context.step('host', async () => {
              refreshes.push(time.now().mono);
              const endsAt = serverNow() + LIFETIME_MS;
              return { credential: { endsAt, expiresAt: endsAt }, ...told(serverNow()) };
            }),
        },
        {
          cache: createCredentialCache(),
          clock: time.clock,
          random,
          source: {
            capture: () => ({ identityKey: 'p', token: () => Promise.reject(new Error('not asked for')) }),
          },
        },
      );
      // Its own offset from the server's clock, too, from the first moment on.
      let off = 0;
      for (let second = 0; second < 3 * 3_600; second += 10) {
        if (random() < 1 / 30) {
          const by = (random() < 0.5 ? -1 : 1) * 5 * MINUTE;
          // It is set wrong and set right: never further off than five minutes.
          if (Math.abs(off + by) <= 5 * MINUTE) {
            off += by;
            time.jumpWall(by);
          }
        }
        const { endsAt } = await provider.getCredentials();
        expect(endsAt - serverNow(), `seed ${seed}, second ${second}: life left`).toBeGreaterThan(0);
        await turn();
        await time.advance(10_000);
      }
      const closest = Math.min(...refreshes.slice(1).map((at, index) => at - (refreshes[index] as number)));
      expect(closest, `seed ${seed}: milliseconds between two refreshes`).toBeGreaterThanOrEqual(MINUTE);
      // It would be a poor cache that refreshed no more than needed by never asking, or all the time.
      expect(refreshes.length).toBeGreaterThanOrEqual(3);
      expect(refreshes.length).toBeLessThanOrEqual(8);
    }
  },
);
