/** `provider.bind(request)`: a provider whose calls have this request. */

import { describe, expect, it } from 'vitest';
import { fixture, makeJwt, sourceOf } from './provider.fixture.js';

describe('bind', () => {
  it('fixes the request of each call, and shares cached credentials with calls that name it', async () => {
    const at = fixture();
    const provider = at.provider();
    const mail = provider.bind({ scope: 'mail' });
    expect((await mail.getCredentials()).value).toBe('v1');
    expect((await provider.getCredentials({ request: { scope: 'mail' } })).value).toBe('v1');
    expect((await provider.getCredentials()).value).toBe('v2');
    expect(at.attempts.map(({ request }) => ({ ...request }))).toEqual([{ scope: 'mail' }, {}]);
  });

  it('returns a cached credential without a promise, as a call without a request does', async () => {
    const at = fixture();
    const mail = at.provider().bind({ scope: 'mail' });
    await mail.ask();
    expect(mail.ask()).toMatchObject({ value: 'v1' });
  });

  it("adds the members of a call's request, which replace its own", async () => {
    const at = fixture();
    const mail = at.provider().bind({ scope: 'mail' });
    await mail.getCredentials();
    const challenged = { request: { claims: '{"a":1}' }, skipCached: true };
    expect((await mail.getCredentials(challenged)).value).toBe('v2');
    expect({ ...at.attempts[1]?.request }).toEqual({ scope: 'mail', claims: '{"a":1}' });
    expect((await mail.getCredentials({ request: { scope: 'files' } })).value).toBe('v3');
    // The key has no claims: the new credential replaces the one that was challenged.
    expect((await mail.getCredentials()).value).toBe('v2');
  });

  it('can be bound again', async () => {
    const at = fixture();
    const bound = at.provider().bind({ scope: 'mail', claims: 'x' }).bind({ scope: 'files' });
    await bound.getCredentials();
    expect({ ...at.attempts[0]?.request }).toEqual({ scope: 'files', claims: 'x' });
  });

  it('copies the request, and inherits nothing from it', async () => {
    const at = fixture();
    const request = Object.assign(Object.create({ claims: 'planted' }) as object, { scope: 'mail' });
    const mail = at.provider().bind(request);
    request.scope = 'files';
    await mail.getCredentials();
    expect({ ...at.attempts[0]?.request }).toEqual({ scope: 'mail' });
  });

  it('reports the status of the bound request', async () => {
    const at = fixture();
    const provider = at.provider();
    const mail = provider.bind({ scope: 'mail' });
    await mail.getCredentials();
    expect([mail.status().state, provider.status().state]).toEqual(['fresh', 'empty']);
    expect(provider.status({ request: { scope: 'mail' } }).state).toBe('fresh');
  });

  it('knows the identity of the last call of any of them, where no platform names one', async () => {
    const at = fixture();
    const provider = at.provider(sourceOf(() => makeJwt({ sub: 'a' }), { identityKey: undefined }));
    await provider.bind({ scope: 'mail' }).getCredentials();
    expect(provider.status({ request: { scope: 'mail' } }).state).toBe('fresh');
  });

  it('invalidates the credentials of all bound providers of the family, and of no other', async () => {
    const at = fixture();
    const [provider, other] = [at.provider(), at.provider()];
    const mail = provider.bind({ scope: 'mail' });
    await mail.getCredentials();
    await other.bind({ scope: 'files' }).getCredentials();
    await at.clock.advance(60_000);
    provider.invalidate(() => true);
    expect((await mail.getCredentials()).value).toBe('v3');
    expect((await other.bind({ scope: 'files' }).getCredentials()).value).toBe('v2');
  });

  it('invalidates what is in use, however many requests there were', async () => {
    const at = fixture();
    const provider = at.provider();
    const mail = provider.bind({ scope: 'mail' });
    await mail.getCredentials();
    for (let n = 0; n < 1_100; n += 1) {
      await provider.bind({ scope: `other-${n}` }).getCredentials();
      // Used all the time, so that the cache keeps it.
      if (n % 100 === 0) await mail.getCredentials();
    }
    const before = await mail.getCredentials();
    await at.clock.advance(60_000);
    provider.invalidate(() => true);
    expect((await mail.getCredentials()).value).not.toBe(before.value);
  });
});
