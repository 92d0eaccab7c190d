import { describe, expect, it } from 'vitest';
import type { Invocation } from '../runtime/deadline.js';
import { gate, holding, HOUR, refusal, settle, unhandled, fixture } from '../provider.fixture.js';

const AHEAD = 0.9 * HOUR;
const LAST_MINUTE = HOUR - 30_000;

describe('signals, deadlines and frozen instances', () => {
  it('removes its listeners from the signal of every call, however the call ended', async () => {
    const w = fixture();
    const provider = w.provider();
    const listeners = { added: 0, removed: 0 };
    const controller = new AbortController();
    const { signal } = controller;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    Object.assign(signal, {
      addEventListener: (...args: Parameters<typeof add>) => (listeners.added++, add(...args)),
      removeEventListener: (...args: Parameters<typeof remove>) => (listeners.removed++, remove(...args)),
    });
    await provider.getCredentials({ signal });
    await provider.getCredentials({ signal, forceRefresh: true });
    w.answer = () => Promise.reject(refusal('invalid_request'));
    await expect(provider.getCredentials({ signal, forceRefresh: true })).rejects.toMatchObject({
      name: 'FederationError',
    });
    expect(listeners.added).toBeGreaterThan(0);
    expect(listeners.removed).toBe(listeners.added);
  });

  it('an aborted caller leaves; the refresh continues without callers, and its result is cached', async () => {
    const rejections = unhandled();
    const answer = gate<void>();
    const w = fixture({ answer: () => answer.promise });
    const provider = w.provider();
    const calls = Array.from({ length: 10 }, () => {
      const controller = new AbortController();
      return { controller, call: provider.getCredentials({ signal: controller.signal }) };
    });
    await settle();
    for (const { controller, call } of calls) {
      controller.abort();
      await expect(call).rejects.toMatchObject({ code: 'aborted' });
    }
    answer.open();
    await settle();
    expect((await provider.getCredentials()).value).toBe('v1');
    const gone = AbortSignal.abort();
    await expect(provider.getCredentials({ signal: gone })).rejects.toMatchObject({ code: 'aborted' });
    expect(w.clock.timers()).toBe(0);
    expect(await rejections.stop()).toEqual([]);
  });

  it('a caller that aborts is told so in the last minute too, although a credential is cached', async () => {
    const w = fixture();
    const provider = w.provider();
    await provider.getCredentials();
    await w.clock.advance(LAST_MINUTE);
    const answer = gate<void>();
    w.answer = () => answer.promise;
    const controller = new AbortController();
    const call = provider.getCredentials({ signal: controller.signal });
    const other = provider.getCredentials();
    await settle();
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: 'aborted' });
    answer.open();
    expect((await other).value).toBe('v2');
  });

  it('a caller times out half a second before its invocation ends; the others keep waiting', async () => {
    const answer = gate<void>();
    const w = fixture({ answer: () => answer.promise });
    const hurried = w.provider(undefined, { invocation: () => ({ deadline: w.clock.now() + 2_900 }) });
    const patient = w.provider();
    const late = expect(hurried.getCredentials()).rejects.toMatchObject({ code: 'timeout' });
    const other = patient.getCredentials();
    await w.clock.advance(2_399);
    expect(w.clock.timers()).toBeGreaterThan(0);
    await w.clock.advance(1);
    await late;
    answer.open();
    expect((await other).value).toBe('v1');
    expect(hurried.status().backoff).toBeUndefined();
    expect(w.clock.timers()).toBe(0);
  });

  const invocations: readonly (readonly [string, Partial<Invocation> & { left?: number }, number, number])[] =
    [
      ['outside of any invocation', {}, AHEAD, 0],
      ['with waitUntil', { freezes: true, waitUntil: () => undefined }, AHEAD, 0],
      [
        'with a waitUntil that throws',
        {
          waitUntil: () => {
            throw new Error('outside');
          },
        },
        AHEAD,
        0,
      ],
      ['frozen, without waitUntil', { freezes: true }, AHEAD, 1_000],
      ['frozen, with two seconds left', { freezes: true, left: 2_000 }, AHEAD, 1_000],
      ['frozen, just before the last minute', { freezes: true }, HOUR - 60_300, 300],
      ['in the last minute, with 2.5 s left', { left: 2_500 }, LAST_MINUTE, 2_000],
    ];
  it.each(invocations)('waits for a refresh %s: at most so long', async (_case, invocation, at, atMost) => {
    const { left, ...rest } = invocation;
    const kept: Promise<unknown>[] = [];
    const { w, provider, first } = await holding(at, (now) => ({
      ...rest,
      ...(left === undefined ? {} : { deadline: now + left }),
      ...(rest.waitUntil === undefined
        ? {}
        : { waitUntil: (work) => (kept.push(work), rest.waitUntil?.(work)) }),
    }));
    const answer = gate<void>();
    w.answer = () => answer.promise;
    let ended = false;
    const call = provider.getCredentials().finally(() => (ended = true));
    await w.clock.advance(Math.max(0, atMost - 1));
    expect(ended).toBe(atMost === 0);
    await w.clock.advance(atMost === 0 ? 0 : 1);
    expect(await call).toEqual(first);
    expect(kept).toHaveLength(rest.waitUntil === undefined ? 0 : 1);
    // The second caller starts no refresh, and does not wait while the credential is valid.
    if (at === AHEAD) expect(await provider.getCredentials()).toEqual(first);
    expect(w.attempts).toHaveLength(2);
    answer.open();
    await Promise.all(kept);
    await settle();
    expect((await provider.getCredentials()).value).toBe('v2');
    expect(w.clock.timers()).toBe(0);
  });

  it.each([AHEAD, LAST_MINUTE])('starts no refresh with under two seconds left (at %d)', async (at) => {
    const { w, provider, first } = await holding(at, (now) => ({ deadline: now + 1_999 }));
    expect(await provider.getCredentials()).toEqual(first);
    await settle();
    expect(w.attempts).toHaveLength(1);
  });

  it('is not misled by clocks that jump: forward it refreshes, backward it goes on counting', async () => {
    const w = fixture();
    const provider = w.provider();
    await provider.getCredentials();
    w.clock.jumpWall(-300_000);
    expect(provider.status().state).toBe('fresh');
    await w.clock.advance(HOUR);
    expect(provider.status().state).toBe('expired');
    expect((await provider.getCredentials()).value).toBe('v2');
    w.clock.jumpWall(HOUR);
    expect((await provider.getCredentials()).value).toBe('v3');
  });
});
