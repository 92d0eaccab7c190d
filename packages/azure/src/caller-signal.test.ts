import { describe, expect, it } from 'vitest';
import { callerSignal } from './caller-signal.js';
import { foreignSignal } from './entra.fixture.js';

describe('callerSignal', () => {
  it('passes the platform’s own signal as it is', () => {
    const { signal } = new AbortController();
    expect(callerSignal(signal, undefined).signal).toBe(signal);
    expect(callerSignal(undefined, undefined).signal).toBeUndefined();
  });

  it('follows a signal of the SDK’s own kind, and leaves it when told', () => {
    const foreign = foreignSignal();
    const { signal, release } = callerSignal(foreign, undefined);
    expect(signal?.aborted).toBe(false);
    foreign.abort();
    expect(signal?.aborted).toBe(true);
    release();
    expect(foreign.listeners.size).toBe(0);
    expect(callerSignal({ ...foreignSignal(), aborted: true }, undefined).signal?.aborted).toBe(true);
  });

  it('takes a time limit that a timer can hold, and ignores “none”', () => {
    expect(callerSignal(undefined, 60_000).signal?.aborted).toBe(false);
    for (const none of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])
      expect(callerSignal(undefined, none).signal).toBeUndefined();
    const controller = new AbortController();
    const { signal } = callerSignal(controller.signal, 60_000);
    controller.abort();
    expect(signal?.aborted).toBe(true);
  });
});
