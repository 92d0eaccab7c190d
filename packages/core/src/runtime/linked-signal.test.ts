import { describe, expect, it } from 'vitest';
import { linkedSignal } from './deadline.js';

/** Counts what stands on a signal. */
function counted() {
  const controller = new AbortController();
  const { signal } = controller;
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  Object.assign(signal, {
    addEventListener: (...given: Parameters<typeof add>) => (++listeners, add(...given)),
    removeEventListener: (...given: Parameters<typeof remove>) => (--listeners, remove(...given)),
  });
  return { controller, signal, listeners: () => listeners };
}

describe('a linked signal', () => {
  it('fires with the reason of the first, and once', () => {
    const [one, other] = [new AbortController(), new AbortController()];
    const { signal } = linkedSignal([one.signal, other.signal]);
    other.abort('enough');
    one.abort('later');
    expect(signal.reason).toBe('enough');
  });

  it('has fired where one of them had', () => {
    expect(linkedSignal([new AbortController().signal, AbortSignal.abort('before')]).signal.reason).toBe(
      'before',
    );
  });

  it('leaves nothing on a signal that lives as long as the process', () => {
    const { signal, listeners } = counted();
    for (let call = 0; call < 1_000; call += 1) {
      const { release } = linkedSignal([signal, new AbortController().signal]);
      expect(listeners()).toBe(1);
      release();
    }
    expect(listeners()).toBe(0);
  });
});
