import { describe, expect, it, vi } from 'vitest';
import { TENANT, failure, polyfilledSignal, setUp } from './azure.fixture.js';
import { callerSignal } from './request.js';
import type { AzureTokenOptions } from './types.js';

const VAULT = 'https://vault.azure.net/.default';
const STORAGE = 'https://storage.azure.com/.default';

describe('azureRequest', () => {
  it.each<[string, string | string[], AzureTokenOptions, RegExp]>([
    ['two resources', [VAULT, STORAGE], {}, /2 resources/],
    ['no scope', [], {}, /list of strings/],
    ['a scope with a space', `${VAULT} openid`, {}, /\/\.default/],
    ['another tenant', VAULT, { tenantId: 'contoso.com' }, /additionallyAllowedTenants/],
    ['an invalid tenant', VAULT, { tenantId: 'evil.com/#' }, /tenant/],
    ['invalid claims', VAULT, { claims: 'nonsense' }, /JSON text/],
    ['proof of possession', VAULT, { proofOfPossessionOptions: {} }, /bearer/],
  ])('refuses %s as an invalid request, and sends nothing', async (_, scopes, options, words) => {
    const { provider, sent } = setUp();
    const error = await failure(provider.getToken(scopes, options));
    expect(error).toMatchObject({ code: 'invalid_request', provider: 'azure', retryable: false });
    expect(error.message).toMatch(words);
    expect(sent).toHaveLength(0);
  });

  it('validates arguments that only resemble a known request', async () => {
    const { provider, sent } = setUp();
    await provider.getToken([VAULT, VAULT]);
    await provider.getToken(VAULT);
    for (const scopes of [[`${VAULT} ${VAULT}`], [[VAULT]], [VAULT, 7], { length: 1, 0: VAULT }]) {
      expect((await failure(provider.getToken(scopes as string[]))).code).toBe('invalid_request');
    }
    const odd = { tenantId: `${TENANT}\nfalse`, enableCae: false };
    expect((await failure(provider.getToken(VAULT, odd))).code).toBe('invalid_request');
    expect(sent).toHaveLength(1);
  });
});

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
