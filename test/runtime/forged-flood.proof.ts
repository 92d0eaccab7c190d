/** 100,000 forged tokens on Node and in an edge isolate: none of them harms a good identity, and nothing grows. */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

interface Figures {
  readonly sent: number;
  readonly seconds: number;
  /** Of forged tokens. */
  readonly exchanges: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly newcomers: number;
  readonly stillWaiting: number;
  readonly longestWaitMs: number;
  /** The most that any one good identity took, in its whole life. */
  readonly goodExchanges: number;
  readonly goodIdentities: number;
  /** The most that all maps and sets of the cache held together. */
  readonly largest: number;
  readonly timers: number;
  /** Bytes of the heap after 20,000 tokens, after 100,000, and at the end. */
  readonly before: number;
  readonly after: number;
  readonly rest: number;
}

const MAIN = fileURLToPath(new URL('forged-flood-main.mjs', import.meta.url));
const LIMIT_MS = 300_000;
const MIB = 2 ** 20;

async function flood(runtime: string, kind: string): Promise<Figures> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', MAIN, runtime, kind], {
    timeout: LIMIT_MS,
  });
  console.log(`${runtime}, ${kind}: ${stdout.trim()}`);
  return JSON.parse(stdout) as Figures;
}

describe.each(['node', 'edge'])('on %s, 100,000 forged tokens in 50 seconds', (runtime) => {
  it.each(['refused', 'hanging'])(
    'whose exchanges are %s evict no credential, and the memory stays flat',
    { timeout: LIMIT_MS },
    async (kind) => {
      const figures = await flood(runtime, kind);
      expect(figures.sent).toBe(100_000);
      // Each of them came to an end, and none with a credential.
      expect(figures.outcomes['served']).toBeUndefined();
      expect(Object.values(figures.outcomes).reduce((sum, n) => sum + n)).toBe(100_000);

      // 20 from before the flood and 13 first seen in it: one exchange each, so none was evicted.
      expect(figures.newcomers).toBe(13);
      expect(figures.stillWaiting).toBe(0);
      expect(figures.longestWaitMs).toBeLessThanOrEqual(10_000);
      expect(figures.goodIdentities).toBe(33);
      expect(figures.goodExchanges).toBe(1);

      // 1,000 at once and 500 in each second; the last 1,000 that hang have the time to be tried again.
      expect(figures.exchanges).toBeLessThanOrEqual(1_000 + 500 * figures.seconds + 1_000);
      expect(figures.largest).toBeLessThan(8_000);
      expect(figures.after - figures.before).toBeLessThan(2 * MIB);
      expect(figures.rest).toBeLessThan(16 * MIB);
      expect(figures.timers).toBe(0);
    },
  );
});
