import { channel } from 'node:diagnostics_channel';
import { describe, expect, it } from 'vitest';
import { createCredentialCache } from './cache/cache.js';
import { FederationError } from './federation-error.js';
import type { CredentialEvent } from './events.js';
import { fleet } from './cache/store.fixture.js';
import { createEmitter, DIAGNOSTICS_CHANNEL } from './events.js';
import { down, HOUR, makeJwt, refusal, settle, sourceOf, unhandled, fixture } from './provider.fixture.js';

it('a warning shows no password of a URL', () => {
  const told: CredentialEvent[] = [];
  createEmitter((event) => void told.push(event)).emit({
    type: 'warning',
    provider: 'aws',
    message: 'through http://user:hunter2@proxy.example',
  });
  expect(told).toEqual([{ type: 'warning', provider: 'aws', message: 'through http://[cut]@proxy.example' }]);
});

describe('events', () => {
  it('tell the life of a credential in order', async () => {
    const w = fixture();
    const provider = w.provider();
    await provider.getCredentials();
    await provider.getCredentials();
    await w.clock.advance(0.9 * HOUR);
    w.answer = () => Promise.reject(down());
    await provider.getCredentials();
    await settle();
    provider.invalidate();
    await expect(provider.getCredentials()).rejects.toThrow(FederationError);
    expect(w.types()).toEqual([
      'exchange-started',
      'exchange-succeeded',
      'served',
      'served',
      'exchange-started',
      'refresh-ahead',
      'served',
      'exchange-failed',
      'invalidated',
      'refused',
    ]);
    expect(w.events[1]).toEqual({
      type: 'exchange-succeeded',
      provider: 'test',
      exchangeId: expect.any(Number) as number,
      durationMs: 0,
      expiresAt: expect.any(Number) as number,
    });
  });

  it('cover each type there is', async () => {
    const seen = new Set<CredentialEvent['type']>();
    const note = (w: ReturnType<typeof fixture>): void => w.events.forEach(({ type }) => seen.add(type));
    const w = fixture({ cache: createCredentialCache({ maxEntries: 1, refreshAheadMs: HOUR }) });
    const provider = w.provider();
    w.answer = ({ n }) => (n === 1 ? Promise.reject(down()) : undefined);
    const call = provider.getCredentials();
    await w.clock.advance(1_000);
    await call;
    await w.clock.advance(0.9 * HOUR);
    await provider.getCredentials();
    await settle();
    await w.clock.advance(20_000);
    provider.invalidate();
    w.answer = () => Promise.reject(refusal('invalid_request'));
    await expect(provider.getCredentials()).rejects.toThrow(FederationError);
    await expect(provider.getCredentials()).rejects.toThrow(FederationError);
    await expect(provider.getCredentials({ request: { scope: 'other' } })).rejects.toThrow(FederationError);
    w.answer = () => undefined;
    await provider.getCredentials({ request: { scope: 'third' } });
    await w.clock.advance(0.6 * HOUR);
    w.answer = () => Promise.reject(refusal('access_denied'));
    await provider.getCredentials({ request: { scope: 'third' }, minValidityMs: HOUR });
    w.answer = () => undefined;
    note(w);
    const frozen = fixture({ answer: ({ n }) => (n === 1 ? new Promise(() => undefined) : undefined) });
    const stuck = frozen.provider(
      sourceOf(() => makeJwt({ project_id: 'a' }), { matchesIdentity: () => true }),
    );
    void stuck.getCredentials();
    await settle();
    frozen.clock.jumpWall(60_000);
    await stuck.getCredentials();
    await frozen
      .provider(sourceOf(() => makeJwt(), { identityKey: 'q', matchesIdentity: () => false }))
      .getCredentials();
    note(frozen);
    const shared = fleet().instance();
    await shared.provider().getCredentials();
    note(shared);
    const all: Record<CredentialEvent['type'], true> = {
      'exchange-started': true,
      'exchange-succeeded': true,
      'exchange-failed': true,
      retrying: true,
      served: true,
      store: true,
      'min-validity-missed': true,
      'refresh-ahead': true,
      abandoned: true,
      invalidated: true,
      evicted: true,
      refused: true,
      'identity-mismatch': true,
      warning: true,
    };
    expect([...seen].sort()).toEqual(Object.keys(all).sort());
  });

  it('cost no credential: what a listener throws or rejects is dropped', async () => {
    const rejections = unhandled();
    for (const onEvent of [
      () => {
        throw new Error('listener');
      },
      () => Promise.reject(new Error('listener')),
      async () => {
        throw new Error('listener');
      },
    ]) {
      const w = fixture();
      const provider = w.provider(undefined, { onEvent: onEvent as () => void });
      await provider.getCredentials();
      await w.clock.advance(0.9 * HOUR);
      w.answer = () => Promise.reject(refusal('invalid_request'));
      await provider.getCredentials();
      await settle();
    }
    expect(await rejections.stop()).toEqual([]);
  });

  it('go to the diagnostics channel as well, for as long as somebody listens there', () => {
    const seen: unknown[] = [];
    const emitter = createEmitter(undefined);
    expect(emitter.listening).toBe(false);
    const listener = (message: unknown): void => void seen.push(message);
    const own = channel(DIAGNOSTICS_CHANNEL);
    own.subscribe(listener);
    expect(emitter.listening).toBe(true);
    emitter.emit({ type: 'evicted', provider: 'test' });
    own.unsubscribe(listener);
    emitter.emit({ type: 'evicted', provider: 'test' });
    expect(seen).toEqual([{ type: 'evicted', provider: 'test' }]);
    expect(emitter.listening).toBe(false);
  });
});
