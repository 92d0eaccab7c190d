import { describe, expect, it, vi } from 'vitest';
import { callerSignal } from './caller-signal.js';
import { polyfilledSignal } from './azure.fixture.js';

describe('callerSignal', () => {
  it('returns a platform signal unchanged', () => {
    const { signal } = new AbortController();
    expect(callerSignal(signal, undefined).signal).toBe(signal);
    expect(callerSignal(undefined, undefined).signal).toBeUndefined();
  });

  it('follows a polyfilled signal of the SDK, and removes its listener on release', () => {
    const sdkSignal = polyfilledSignal();
    const { signal, release } = callerSignal(sdkSignal, undefined);
    expect(signal?.aborted).toBe(false);
    sdkSignal.abort();
    expect(signal?.aborted).toBe(true);
    release();
    expect(sdkSignal.listeners.size).toBe(0);
    expect(callerSignal({ ...polyfilledSignal(), aborted: true }, undefined).signal?.aborted).toBe(true);
  });

  it('applies a timeout that a timer supports, and ignores 0', () => {
    const limited = callerSignal(undefined, 60_000);
    expect(limited.signal?.aborted).toBe(false);
    limited.release();
    for (const none of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])
      expect(callerSignal(undefined, none).signal).toBeUndefined();
    const controller = new AbortController();
    const { signal, release } = callerSignal(controller.signal, 60_000);
    controller.abort();
    expect(signal?.aborted).toBe(true);
    release();
  });

  it('leaves no listener on a long-lived signal and no timer, however many calls have a timeout', () => {
    const { signal } = new AbortController();
    const any = vi.spyOn(AbortSignal, 'any');
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const cleared = vi.spyOn(globalThis, 'clearTimeout');
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    for (let call = 0; call < 1_000; call += 1) callerSignal(signal, 60_000).release();
    expect(any).not.toHaveBeenCalled();
    expect([added.mock.calls.length, removed.mock.calls.length]).toEqual([1_000, 1_000]);
    expect([timers.mock.calls.length, cleared.mock.calls.length]).toEqual([1_000, 1_000]);
    vi.restoreAllMocks();
  });
});
