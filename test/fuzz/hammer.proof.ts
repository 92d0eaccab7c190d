import { describe, expect, it } from 'vitest';
import '../model/load-failures.js';
import { quickProcess } from '../model/quick-process.js';
import { manualTime, turn } from '../model/manual-time.js';
import { seededRandom } from '../model/simulation.js';
import { createCredentialCache } from '@credex/core';
import type { ErrorClass } from '@credex/core/internal';
import { createCredentialProvider } from '@credex/core/internal';

quickProcess();

interface Key {
  readonly value: number;
  readonly expiresAt: number;
}

const LIFETIME_MS = 3_600_000;
const FAR = 4_102_444_800;

/** A provider whose source fails as told, and when it was asked. */
function source(failing: () => ErrorClass | undefined, seed = 1) {
  const time = manualTime();
  const asked: number[] = [];
  const provider = createCredentialProvider<Key>(
    {
      specificationVersion: 'v1',
      provider: 'played',
      cacheKeyFields: () => ({}),
      parseStored: (record) => record as Key,
      classify: () => failing() ?? { code: 'unknown', retry: 'never' },
      async exchange(_request, context) {
        await context.subject();
        return context.step('host', async () => {
          asked.push(time.now().mono);
          if (failing() !== undefined) throw new Error('the source fails');
          return { credential: { value: asked.length, expiresAt: time.now().wall + LIFETIME_MS } };
        });
      },
    },
    {
      cache: createCredentialCache(),
      clock: time.clock,
      random: seededRandom(seed),
      source: {
        capture: () => ({
          identityKey: 'p',
          token: async () => ({ jwt: 'token', claims: { exp: FAR }, expiresAt: FAR * 1_000 }),
        }),
      },
    },
  );
  return { time, asked, provider };
}

describe('a source is not hammered', () => {
  it.each<ErrorClass>([
    { code: 'access_denied', retry: 'never' },
    { code: 'target_not_found', retry: 'never' },
  ])(
    'by $code at 1,000 calls a second for 60 seconds: at most once a second',
    { timeout: 60_000 },
    async (meant) => {
      const { time, asked, provider } = source(() => meant);
      let refused = 0;
      for (let call = 0; call < 60_000; call++) {
        provider.getCredentials().catch(() => (refused += 1));
        if (call % 10 !== 9) continue;
        await turn();
        await time.advance(10);
      }
      await turn();
      expect(refused).toBe(60_000);
      for (let at = 1; at < asked.length; at++)
        expect((asked[at] as number) - (asked[at - 1] as number)).toBeGreaterThanOrEqual(1_000);
      expect(asked.length).toBeLessThanOrEqual(10);
      expect(asked.length).toBeGreaterThanOrEqual(3);
    },
  );

  it('by 10,000 cold callers at once: one exchange', { timeout: 20_000 }, async () => {
    const { asked, provider } = source(() => undefined);
    const all = await Promise.all(Array.from({ length: 10_000 }, () => provider.getCredentials()));
    expect(new Set(all.map(({ value }) => value))).toEqual(new Set([1]));
    expect(asked).toHaveLength(1);
  });
});

describe('a source that is down', () => {
  it('fails no call while four minutes are left', { timeout: 20_000 }, async () => {
    for (let seed = 0; seed < 20; seed++) {
      let down = false;
      const fixture = source(() => (down ? { code: 'unavailable', retry: 'now' } : undefined), seed);
      const first = await fixture.provider.getCredentials();
      down = true;
      await fixture.time.advance(LIFETIME_MS - 240_000);
      let failed = 0;
      let served = 0;
      // The last five seconds are not handed out: a credential must live until it is used.
      for (let second = 0; second < 235; second++) {
        fixture.provider.getCredentials().then(
          ({ value }) => (served += value === first.value ? 1 : 0),
          () => (failed += 1),
        );
        await turn();
        await fixture.time.advance(1_000);
      }
      await turn();
      expect([failed, served]).toEqual([0, 235]);
      expect(fixture.asked.length).toBeLessThan(40);
    }
  });
});
