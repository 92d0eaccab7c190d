import { describe, expect, it } from 'vitest';
import { gate, testClock, unhandled } from '../provider.fixture.js';
import type { CallerDeadline } from './deadline.js';
import { invocationLeft, sleep, withCallerDeadline, withDeadline } from './deadline.js';

const callerDeadline = (rest: Partial<CallerDeadline> = {}) => {
  const clock = testClock();
  return {
    clock,
    given: { provider: 'test', clock, signal: undefined, invocation: undefined, limitMs: 1_000, ...rest },
  };
};

describe('the deadline of a caller', () => {
  it('brings what the work brought, or threw, and leaves no timer', async () => {
    const { clock, given } = callerDeadline();
    expect(await withCallerDeadline(given, async () => 5)).toBe(5);
    await expect(withCallerDeadline(given, () => Promise.reject(new Error('x')))).rejects.toThrow('x');
    await expect(
      withCallerDeadline(given, () => {
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
    const { clock, given } = callerDeadline();
    const deadline = left === undefined ? {} : { invocation: { deadline: clock.now() + left } };
    let signal: AbortSignal | undefined;
    let ended: unknown;
    withCallerDeadline(
      { ...given, ...deadline },
      (own) => ((signal = own), new Promise(() => undefined)),
    ).catch((error: unknown) => (ended = error));
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
    const { clock, given } = callerDeadline({ signal: controller.signal });
    const work = gate<void>();
    const waiting = withCallerDeadline(given, () => work.promise);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' });
    work.fail(new Error('late'));
    let begun = false;
    await expect(withCallerDeadline(given, async () => (begun = true))).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(begun).toBe(false);
    expect(clock.timers()).toBe(0);
    expect(await rejections.stop()).toEqual([]);
  });

  it('reckons what an invocation has left to wait in', () => {
    const { clock } = callerDeadline();
    expect(invocationLeft({ clock, invocation: undefined })).toBe(Infinity);
    expect(invocationLeft({ clock, invocation: {} })).toBe(Infinity);
    expect(invocationLeft({ clock, invocation: { deadline: clock.now() + 800 } })).toBe(300);
    expect(invocationLeft({ clock, invocation: { deadline: clock.now() - 800 } })).toBe(0);
  });
});

describe('withDeadline', () => {
  const limit = (rest: { signal?: AbortSignal } = {}) => {
    const clock = testClock();
    return { clock, given: { clock, ms: 500, timeout: () => new Error('too late'), ...rest } };
  };

  it('rejects at its end although the work ignores its signal, and aborts that signal with the same reason', async () => {
    const rejections = unhandled();
    const { clock, given } = limit();
    let signal: AbortSignal | undefined;
    const work = gate<void>();
    const ended = withDeadline(given, (own) => ((signal = own), work.promise)).catch(
      (error: unknown) => error,
    );
    await clock.advance(499);
    expect(signal?.aborted).toBe(false);
    await clock.advance(1);
    expect(await ended).toMatchObject({ message: 'too late' });
    expect(signal?.reason).toBe(await ended);
    work.fail(new Error('late'));
    expect(clock.timers()).toBe(0);
    expect(await rejections.stop()).toEqual([]);
  });

  it('passes the reason of its signal on, and starts no work after that', async () => {
    const controller = new AbortController();
    const { clock, given } = limit({ signal: controller.signal });
    const ended = withDeadline(given, () => new Promise<never>(() => undefined));
    controller.abort(new Error('not wanted'));
    await expect(ended).rejects.toThrow('not wanted');
    let started = false;
    await expect(withDeadline(given, async () => (started = true))).rejects.toThrow('not wanted');
    expect(started).toBe(false);
    expect(clock.timers()).toBe(0);
  });
});

describe('sleep', () => {
  it('resolves after its time, or rejects with the reason of its signal, and leaves no timer', async () => {
    const clock = testClock();
    const controller = new AbortController();
    const slept = sleep(clock, 500, controller.signal);
    const cut = sleep(clock, 501, controller.signal);
    await clock.advance(500);
    await slept;
    controller.abort(new Error('not wanted'));
    await expect(cut).rejects.toThrow('not wanted');
    expect(clock.timers()).toBe(0);
  });
});
