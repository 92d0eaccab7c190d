// Longer than 300 lines: every way a call can be answered, against one cloud that tests tell what to answer.

import { describe, expect, it } from 'vitest';
import type { DriverProvider } from './call.js';
import type { Secret, SecretRequest, Fixture } from '../provider.fixture.js';
import {
  down,
  gate,
  holding,
  HOUR,
  makeJwt,
  refusal,
  settle,
  sourceOf,
  unhandled,
  fixture,
} from '../provider.fixture.js';

const AHEAD = 0.9 * HOUR;
const LAST_MINUTE = HOUR - 30_000;

describe('a leader whose token is no good', () => {
  const twoTokens = (w: Fixture, first: string, rest: string, options = {}) => {
    let calls = 0;
    return w.provider(
      sourceOf(() => (calls++ === 0 ? first : rest), options),
      {},
    );
  };
  const good = makeJwt({ sub: 'good', project_id: 'mine' });

  it('is refused by the cloud: each that joined asks with its own, once', async () => {
    const w = fixture({
      answer: ({ sub }) => (sub === 'bad' ? Promise.reject(refusal('token_rejected')) : undefined),
    });
    const provider = twoTokens(w, makeJwt({ sub: 'bad' }), good);
    const bad = provider.getCredentials();
    const others = Array.from({ length: 100 }, () => provider.getCredentials());
    await expect(bad).rejects.toMatchObject({ code: 'token_rejected' });
    expect(new Set((await Promise.all(others)).map(({ value }) => value))).toEqual(new Set(['v2']));
    expect(w.attempts).toHaveLength(2);
  });

  it('is missing', async () => {
    const w = fixture();
    const provider = twoTokens(w, 'none', good, {
      token: (_wanted: unknown, jwt: string) => {
        if (jwt === 'none') throw new Error('no token here');
        return jwt;
      },
    });
    const bad = provider.getCredentials();
    const other = provider.getCredentials();
    await expect(bad).rejects.toMatchObject({ code: 'no_subject_token', provider: 'token-source' });
    expect((await other).value).toBe('v1');
  });

  it('is of another identity: it gets its credential, and the others that of the identity key', async () => {
    const w = fixture({ answer: ({ sub, n }) => ({ ...w.good(`${String(sub)}${n}`) }) });
    const provider = twoTokens(w, makeJwt({ sub: 'another', project_id: 'other' }), good, {
      matchesIdentity: (claims: { project_id?: unknown }) => claims.project_id === 'mine',
    });
    const another = provider.getCredentials();
    const others = Array.from({ length: 100 }, () => provider.getCredentials());
    expect((await another).value).toMatch(/^vanother/);
    expect(new Set((await Promise.all(others)).map(({ value }) => value)).size).toBe(1);
    expect((await others[0])?.value).toMatch(/^vgood/);
    expect(w.attempts).toHaveLength(2);
    expect(w.types()).toContain('identity-mismatch');
    expect((await provider.getCredentials()).value).toMatch(/^vgood/);
  });

  it('does not get the cached credential in its last minute either', async () => {
    const w = fixture({ answer: ({ sub, n }) => ({ ...w.good(`${String(sub)}${n}`) }) });
    let token = good;
    const provider = w.provider(
      sourceOf(() => token, { matchesIdentity: (claims) => claims.project_id === 'mine' }),
    );
    await provider.getCredentials();
    await w.clock.advance(LAST_MINUTE);
    token = makeJwt({ sub: 'another', project_id: 'other' });
    expect((await provider.getCredentials()).value).toMatch(/^vanother/);
  });

  it('hangs: the others ask with their own when its time is over', async () => {
    const w = fixture();
    const provider = twoTokens(w, 'hangs', good, {
      token: (_wanted: unknown, jwt: string) => (jwt === 'hangs' ? new Promise(() => undefined) : jwt),
    });
    const bad = expect(provider.getCredentials()).rejects.toMatchObject({ code: 'timeout' });
    const other = provider.getCredentials();
    await w.clock.advance(8_000);
    await bad;
    expect((await other).value).toBe('v1');
    expect(w.clock.timers()).toBe(0);
  });

  it('two hundred forged ones harm no other: their errors are cached for those tokens alone', async () => {
    const w = fixture({
      answer: ({ sub }) => (sub === 'good' ? undefined : Promise.reject(refusal('access_denied'))),
    });
    let token = '';
    const provider = w.provider(sourceOf(() => token));
    for (let n = 0; n < 200; n++) {
      token = makeJwt({ sub: `forged${n}` });
      await expect(provider.getCredentials()).rejects.toMatchObject({ code: 'access_denied' });
    }
    token = good;
    expect((await provider.getCredentials()).value).toBe('v201');
    expect([...w.cache.state.entries.values()].every(({ backoffs }) => backoffs.size <= 16)).toBe(true);
  });

  it('holds nothing back where nothing was asked of the cloud', async () => {
    const w = fixture();
    let reads = 0;
    const provider = w.provider(
      sourceOf(() => good, {
        token: (_wanted, jwt) => {
          reads += 1;
          if (reads <= 2) throw new Error('not yet');
          return jwt;
        },
      }),
    );
    for (let call = 0; call < 2; call++)
      await expect(provider.getCredentials()).rejects.toMatchObject({ code: 'no_subject_token' });
    expect(provider.status().backoff).toBeUndefined();
    expect(reads).toBe(2);
    expect((await provider.getCredentials()).value).toBe('v1');
  });

  it('holds nothing back where `expect` kept the token from the cloud', async () => {
    for (const identityKey of ['p', undefined]) {
      const w = fixture();
      const provider = w.provider(
        sourceOf(() => good, { identityKey }),
        { expect: { projectId: 'prj_other' } },
      );
      await expect(provider.getCredentials()).rejects.toMatchObject({ code: 'subject_mismatch' });
      expect(provider.status()).toMatchObject({ lastError: 'subject_mismatch', backoff: undefined });
      expect(w.attempts).toHaveLength(0);
    }
  });

  it('blames no token where it can not be read again', async () => {
    const w = fixture({ answer: () => Promise.reject(refusal('access_denied')) });
    let readable = true;
    const provider = w.provider(
      sourceOf(() => good, {
        token: (_wanted, jwt) => {
          if (!readable) throw new Error('gone');
          readable = false;
          return jwt;
        },
      }),
    );
    await expect(provider.getCredentials()).rejects.toMatchObject({ code: 'access_denied' });
    expect(provider.status().backoff).toBeUndefined();
  });

  it('is delayed by its own refusal although another audience was requested with it', async () => {
    const w = fixture({ answer: () => Promise.reject(refusal('access_denied')) });
    let minted = 0;
    const source = sourceOf(() => makeJwt({ sub: 'captured' }), {
      token: ({ audience }, jwt) => (audience === undefined ? jwt : makeJwt({ aud: audience, n: minted++ })),
    });
    const provider = w.provider(source, { audience: 'https://cloud.test' });
    for (let call = 0; call < 20; call++)
      await expect(provider.getCredentials()).rejects.toMatchObject({ code: 'access_denied' });
    expect(w.attempts).toHaveLength(1);
  });
});

describe('a fresh subject token, once', () => {
  const tooOld = () => refusal('subject_token_expired', { retry: 'fresh-subject', hint: 'Do something.' });

  it('is asked for after the cloud called the first too old', async () => {
    const w = fixture({ answer: ({ sub }) => (sub === 'old' ? Promise.reject(tooOld()) : undefined) });
    const provider = w.provider(
      sourceOf(() => '', { token: ({ fresh }) => makeJwt({ sub: fresh ? 'new' : 'old' }) }),
    );
    expect((await provider.getCredentials()).value).toBe('v2');
    expect(w.attempts.map(({ sub }) => sub)).toEqual(['old', 'new']);
  });

  it.each([
    ['the source says there is none', undefined],
    ['the source gives the same again', makeJwt({ sub: 'old' })],
  ])('ends as never with the first error where %s', async (_case, again) => {
    const w = fixture({ answer: () => Promise.reject(tooOld()) });
    const provider = w.provider(
      sourceOf(() => makeJwt({ sub: 'old' }), {
        token: async ({ fresh }, jwt) => {
          if (!fresh) return jwt;
          if (again !== undefined) return again;
          const { FederationError } = await import('../federation-error.js');
          throw new FederationError({ code: 'no_fresher_token', provider: 'vercel', message: 'None.' });
        },
      }),
    );
    await expect(provider.getCredentials()).rejects.toMatchObject({
      code: 'subject_token_expired',
      retryable: false,
      hint: 'Do something.',
    });
    await expect(provider.getCredentials()).rejects.toMatchObject({ code: 'subject_token_expired' });
    expect(w.attempts).toHaveLength(1);
  });

  it('is asked for once: a second refusal is final', async () => {
    const w = fixture({ answer: () => Promise.reject(tooOld()) });
    let n = 0;
    const provider = w.provider(sourceOf(() => '', { token: () => makeJwt({ n: n++ }) }));
    await expect(provider.getCredentials()).rejects.toMatchObject({ code: 'subject_token_expired' });
    expect(w.attempts).toHaveLength(2);
  });
});

describe('what a driver asks for late', () => {
  it('delays no caller that can be served, and its failure fails none of them', async () => {
    for (const at of [AHEAD, LAST_MINUTE]) {
      for (const lateRequest of [
        () => new Promise<SecretRequest>(() => undefined),
        () => Promise.reject(new Error('no region')),
        () => {
          throw new Error('no region');
        },
      ]) {
        const { w, provider, first } = await holding(at);
        const rejections = unhandled();
        const call = (provider as DriverProvider<Secret, SecretRequest>).getCredentials({ lateRequest });
        if (at === LAST_MINUTE) await w.clock.advance(3_000);
        expect(await call).toEqual(first);
        expect(await rejections.stop()).toEqual([]);
        expect(w.clock.timers()).toBe(0);
      }
    }
  });

  it('is waited for where no credential is cached, within the time limit of the call', async () => {
    const w = fixture();
    const provider = w.provider();
    const controller = new AbortController();
    const hanging = { lateRequest: () => new Promise<SecretRequest>(() => undefined) };
    const leaving = provider.getCredentials({ ...hanging, signal: controller.signal });
    const staying = expect(provider.getCredentials(hanging)).rejects.toMatchObject({ code: 'timeout' });
    controller.abort();
    await expect(leaving).rejects.toMatchObject({ code: 'aborted' });
    await w.clock.advance(16_000);
    await staying;
    await expect(
      provider.getCredentials({ lateRequest: () => Promise.reject(new TypeError('misuse')) }),
    ).rejects.toThrow('misuse');
    expect(w.attempts).toHaveLength(0);
    expect(w.clock.timers()).toBe(0);
  });

  it('names the refresh: two regions make two exchanges, one region one', async () => {
    const answer = gate<void>();
    const w = fixture({ answer: () => answer.promise });
    const provider = w.provider();
    const from = (claims: string) => provider.getCredentials({ lateRequest: async () => ({ claims }) });
    const all = [from('a'), from('a'), from('b'), from('b')];
    await settle();
    answer.open();
    await Promise.all(all);
    expect(w.attempts.map(({ request }) => request.claims).sort()).toEqual(['a', 'b']);
  });
});

describe('the last minute', () => {
  it('waits three seconds for an attempt, then serves the cached credential; the attempt goes on', async () => {
    // Two requests of two seconds each: a single one would end at its own limit first.
    const answer = gate<void>();
    const w = fixture({
      exchange: async (_request, context) => {
        await context.subject();
        if (w.events.filter(({ type }) => type === 'exchange-started').length === 1) return w.good(1);
        await context.step(
          'a',
          () => new Promise<void>((resolve) => void w.clock.setTimeout(resolve, 2_000)),
        );
        await context.step('b', () => answer.promise);
        return w.good(2);
      },
    });
    const provider = w.provider();
    const first = await provider.getCredentials();
    await w.clock.advance(LAST_MINUTE);
    const call = provider.getCredentials();
    let served = false;
    void call.then(() => (served = true));
    await w.clock.advance(2_999);
    expect(served).toBe(false);
    await w.clock.advance(1);
    expect(await call).toEqual(first);
    answer.open();
    await settle();
    expect((await provider.getCredentials()).value).toBe('v2');
    expect(w.clock.timers()).toBe(0);
  });

  it('tries again five seconds after the last attempt at the latest', async () => {
    const w = fixture({ random: () => 0.999 });
    const provider = w.provider();
    await provider.getCredentials();
    w.answer = () => Promise.reject(down());
    await w.clock.advance(HOUR - 400_000);
    while (provider.status().state !== 'must-refresh') {
      await provider.getCredentials();
      await w.clock.advance(1_000);
    }
    const before = w.attempts.length;
    for (let second = 0; second < 50; second++) {
      await provider.getCredentials();
      await w.clock.advance(1_000);
    }
    expect(w.attempts.length - before).toBeGreaterThanOrEqual(9);
    expect(w.attempts.length - before).toBeLessThanOrEqual(11);
  });

  it('serves the cached credential though the caller, whose token is needed now, can not read it', async () => {
    const w = fixture({
      answer: ({ n }) => (n === 1 ? undefined : Promise.reject(refusal('access_denied'))),
    });
    let broken = false;
    const source = sourceOf(() => makeJwt(), {
      token: (_wanted, jwt) => {
        if (broken) throw new Error('the file is gone');
        return jwt;
      },
    });
    const provider = w.provider(source);
    const first = await provider.getCredentials();
    await w.clock.advance(LAST_MINUTE);
    expect(await provider.getCredentials()).toEqual(first);
    broken = true;
    expect(await provider.getCredentials()).toEqual(first);
    expect(w.types()).toContain('warning');
  });
});

describe('while nothing but a refresh fails', () => {
  it('serves to the last usable moment after a hopeless refresh, then refuses', async () => {
    const { w, provider, first } = await holding(AHEAD);
    w.answer = () => Promise.reject(refusal('target_not_found'));
    for (let second = 0; second < 354; second++) {
      expect(await provider.getCredentials()).toEqual(first);
      await w.clock.advance(1_000);
    }
    await w.clock.advance(2_000);
    await expect(provider.getCredentials()).rejects.toMatchObject({ code: 'target_not_found' });
    expect(w.attempts.length).toBeLessThan(20);
  });

  it('keeps a slow loop from a source that asked to be left alone, yet tries in time', async () => {
    const { w, provider } = await holding(AHEAD);
    w.answer = () =>
      Promise.reject(refusal('throttled', { retry: 'now', throttled: true, retryAfterMs: 100_000 }));
    await provider.getCredentials();
    await settle();
    expect(provider.status().backoff).toMatchObject({ kind: 'backoff', until: w.clock.now() + 100_000 });
    await w.clock.advance(99_000);
    await provider.getCredentials();
    expect(w.attempts).toHaveLength(2);
    await w.clock.advance(LAST_MINUTE - AHEAD - 99_000);
    await provider.getCredentials();
    expect(provider.status().backoff?.until).toBeLessThanOrEqual(w.clock.now() + 5_000);
  });

  it('does not keep an invalidated credential from recovering for longer than a minute', async () => {
    const { w, provider } = await holding(0.8 * HOUR);
    w.answer = () =>
      Promise.reject(refusal('throttled', { retry: 'now', throttled: true, retryAfterMs: 300_000 }));
    await provider.getCredentials();
    await settle();
    provider.invalidate();
    await expect(provider.getCredentials()).rejects.toMatchObject({ code: 'throttled' });
    w.answer = () => undefined;
    await w.clock.advance(60_001);
    expect((await provider.getCredentials()).value).toBe('v3');
  });
});
