import { describe, expect, it } from 'vitest';
import { down, gate, refusal, settle, fixture } from '../provider.fixture.js';

describe('an instance that was frozen in the middle of an exchange', () => {
  it('a connection that died in a freeze is no failure of the source and delays no caller', async () => {
    const connection = gate<void>();
    const w = fixture();
    w.answer = async ({ n }) => {
      if (n > 1) return undefined;
      await connection.promise;
      throw down();
    };
    const provider = w.provider();
    const frozen = provider.getCredentials();
    await settle();
    w.clock.jumpWall(600_000);
    connection.open();
    expect((await frozen).value).toBe('v2');
    expect((await provider.getCredentials()).value).toBe('v2');
    expect(w.attempts).toHaveLength(2);
    expect(provider.status().counts.failures).toBe(0);
  });

  it('still believes a refusal that came before the freeze', async () => {
    const connection = gate<void>();
    const w = fixture();
    w.answer = async () => {
      await connection.promise;
      throw refusal('target_not_found');
    };
    const frozen = w.provider().getCredentials();
    const seen = expect(frozen).rejects.toMatchObject({ code: 'target_not_found' });
    await settle();
    w.clock.jumpWall(600_000);
    connection.open();
    await seen;
    expect(w.attempts).toHaveLength(1);
  });
});
