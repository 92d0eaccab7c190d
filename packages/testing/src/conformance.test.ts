import { describe, expect, it } from 'vitest';
import type { Ability } from './conformance.js';
import { exchangerConformance } from './conformance.js';
import type { Harness } from './conformance/breaches.fixture.js';
import { broken, later, sampleWith } from './conformance/breaches.fixture.js';
import { sampleHarness } from './conformance/sample.fixture.js';

exchangerConformance({ describe, it }, sampleHarness, { name: 'an exchanger that keeps every rule' });
exchangerConformance({ describe, it }, () => sampleWith(later(() => ({}))), {
  name: 'one that says by a promise what a failure means',
});

describe('what a harness can not do', () => {
  const SERVER: readonly Ability[] = [
    'hang',
    'refuse',
    'unavailable',
    'throttle',
    'reset',
    'truncate',
    'garbage',
    'incomplete',
    'redirect',
  ];

  it('is not asked of it', async () => {
    const obedient = (): Harness => ({
      ...sampleHarness(),
      behave(how) {
        throw new Error(`This server can't ${how}.`);
      },
    });
    expect(await broken(obedient, '', SERVER)).toEqual([]);
    expect(await broken(obedient, 'classify', SERVER.slice(1))).toEqual([]);
    expect(await broken(obedient, '', SERVER.slice(1))).toHaveLength(2);
  });

  it('nor are tokens that it lacks', async () => {
    const single = (): Harness => {
      const sample = sampleHarness();
      return { ...sample, tokens: { good: sample.tokens.good } };
    };
    expect(await broken(single, 'token', ['expired-token', 'other-identity-token'])).toEqual([]);
    expect(await broken(single, 'the expired token', ['other-identity-token'])).toHaveLength(1);
  });

  it('its server is closed after each test, whatever became of it', async () => {
    let open = 0;
    const counted = (): Harness => {
      open += 1;
      return {
        ...sampleHarness(),
        received() {
          throw new Error('This server does not count.');
        },
        close: () => void (open -= 1),
      };
    };
    expect(await broken(counted, 'takes a step')).toHaveLength(1);
    expect(open).toBe(0);
  });
});
