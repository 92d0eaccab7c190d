import { describe, expect, it } from 'vitest';
import type { Patience } from './patience.js';
import { invocationLeft, patiently, settledWithin } from './patience.js';
import { gate, testClock, unhandled } from './world.fixture.js';

const patience = (rest: Partial<Patience> = {}) => {
  const clock = testClock();
  return {
    clock,
    given: { provider: 'test', clock, signal: undefined, invocation: undefined, limitMs: 1_000, ...rest },
  };
};

describe('patience', () => {
  it('brings what the work brought, or threw, and leaves no timer', async () => {
    const { clock, given } = patience();
    expect(await patiently(given, async () => 5)).toBe(5);
    await expect(patiently(given, () => Promise.reject(new Error('x')))).rejects.toThrow('x');
    await expect(
      patiently(given, () => {
        throw new Error('sync');
      }),
    ).rejects.toThrow('sync');
    expect(clock.timers()).toBe(0);
  });

  it.each([
    ['at its limit', {}, 1_000, /within 1000 ms/],
    ['half a second before the invocation ends', { left: 1_200 }, 700, /before the invocation had to answer/],
    ['at once where the invocation is all but over', { left: 300 }, 0, /before the invocation/],
    ['at its limit although the invocation is long', { left: 100_000 }, 1_000, /within 1000 ms/],
  ])('ends %s', async (_case, { left }: { left?: number }, ms, message) => {
    const { clock, given } = patience();
    const deadline = left === undefined ? {} : { invocation: { deadline: clock.now() + left } };
    let signal: AbortSignal | undefined;
    let ended: unknown;
    patiently({ ...given, ...deadline }, (own) => ((signal = own), new Promise(() => undefined))).catch(
      (error: unknown) => (ended = error),
    );
    if (ms > 0) {
      await clock.advance(ms - 1);
      expect(ended).toBeUndefined();
      expect(signal?.aborted).toBe(false);
    }
    await clock.advance(1);
    expect(ended).toMatchObject({
      code: 'timeout',
      retryable: true,
      message: expect.stringMatching(message) as string,
    });
    expect(signal?.aborted).toBe(true);
    expect(clock.timers()).toBe(0);
  });

  it('ends with the signal, before it begins and in the middle, and hears no more of the work', async () => {
    const rejections = unhandled();
    const controller = new AbortController();
    const { clock, given } = patience({ signal: controller.signal });
    const work = gate<void>();
    const waiting = patiently(given, () => work.promise);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' });
    work.fail(new Error('late'));
    let begun = false;
    await expect(patiently(given, async () => (begun = true))).rejects.toMatchObject({ code: 'aborted' });
    expect(begun).toBe(false);
    expect(clock.timers()).toBe(0);
    expect(await rejections.stop()).toEqual([]);
  });

  it('waits for a settling without caring for its outcome', async () => {
    const { clock, given } = patience();
    await settledWithin(given, Promise.reject(new Error('x')), 500);
    const never = settledWithin(given, new Promise(() => undefined), 500);
    await clock.advance(500);
    await never;
    expect(clock.timers()).toBe(0);
  });

  it('reckons what an invocation has left to wait in', () => {
    const { clock } = patience();
    expect(invocationLeft({ clock, invocation: undefined })).toBe(Infinity);
    expect(invocationLeft({ clock, invocation: {} })).toBe(Infinity);
    expect(invocationLeft({ clock, invocation: { deadline: clock.now() + 800 } })).toBe(300);
    expect(invocationLeft({ clock, invocation: { deadline: clock.now() - 800 } })).toBe(0);
  });
});
