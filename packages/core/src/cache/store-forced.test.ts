import { describe, expect, it } from 'vitest';
import { gate, settle } from '../provider.fixture.js';
import { fleet, outcomes } from './store.fixture.js';

describe('a forced refresh', () => {
  it('neither reads nor locks, and its result is written', async () => {
    const { instance, engine, exchanges } = fleet();
    await instance().provider().getCredentials();
    engine.operations.length = 0;
    const forced = await instance().provider().getCredentials({ forceRefresh: true });
    expect(engine.operations).toEqual(['set']);
    expect(exchanges()).toBe(2);
    expect(await instance().provider().getCredentials()).toEqual(forced);
  });

  it('that joins a refresh in its store stage gets an exchange, and so does the other caller', async () => {
    const { instance, engine, exchanges } = fleet();
    await instance().provider().getCredentials();
    const reading = gate();
    engine.before = () => reading.promise;
    const w = instance();
    const provider = w.provider();
    const plain = provider.getCredentials();
    await settle();
    const forced = provider.getCredentials({ forceRefresh: true });
    await settle();
    reading.open();
    expect(await forced).toEqual(await plain);
    expect(exchanges()).toBe(2);
    expect(w.attempts.length).toBe(1);
    expect(outcomes(w)).toEqual(['written']);
  });

  it('never gets an adopted credential, at whatever moment it is called', async () => {
    for (let turns = 0; turns < 40; turns++) {
      const { instance } = fleet();
      await instance().provider().getCredentials();
      const w = instance();
      const provider = w.provider();
      const plain = provider.getCredentials();
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      const forced = await provider.getCredentials({ forceRefresh: true });
      await plain;
      expect(forced.value).toMatch(/^v1-/);
      expect(w.attempts.length).toBe(1);
    }
  });

  it('of a claims challenge is exchanged as well', async () => {
    const { instance, exchanges } = fleet();
    await instance().provider().getCredentials();
    await instance()
      .provider()
      .getCredentials({ skipCached: true, request: { claims: 'x' } });
    expect(exchanges()).toBe(2);
  });
});
