import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import * as node from './node.js';
import * as web from './web.js';

describe.each([
  ['Node', node],
  ['the web', web],
])('%s', (_runtime, { sha256, monotonic }) => {
  it('digests as FIPS 180-4 says', async () => {
    expect(await sha256('abc')).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0');
    for (const text of ['', '\u00fc\ud83d\ude00', 'half \ud800', 'x'.repeat(20_000)])
      expect(await sha256(text)).toBe(createHash('sha256').update(text).digest('base64url'));
  });

  it('has a clock of milliseconds that goes on', () => {
    const begun = performance.now();
    const first = monotonic();
    while (performance.now() - begun < 3);
    const passed = monotonic() - first;
    expect(passed).toBeGreaterThan(2);
    expect(passed).toBeLessThanOrEqual(performance.now() - begun);
  });
});

it('counts from the same moment on both, since copies of both may share one cache', () => {
  expect(Math.abs(node.monotonic() - web.monotonic())).toBeLessThan(100);
});
