import { describe, expect, it } from 'vitest';
import { createCredentialCache } from './cache/cache.js';
import type { Clock, Credential, Exchanger, SubjectTokenSource } from './contract.js';
import { FederationError } from './federation-error.js';
import type { CredentialEvent } from './events.js';
import { createCredentialProvider } from './provider.js';
import { readSubjectToken } from './token/source-error.js';

const jwt = (claims: object): string =>
  ['{"alg":"RS256"}', JSON.stringify({ exp: 9_999_999_999, ...claims }), 'sig']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');

interface Secret extends Credential {
  readonly value: string;
}

/** A clock that is moved by hand; timers of the system, which no test here waits for. */
const manual = (): Clock & { ms: number } => {
  const clock = { ms: 1_000_000_000, now: () => clock.ms, monotonic: () => clock.ms };
  return clock;
};

const source = (identityKey: string | undefined, token: () => string): SubjectTokenSource => ({
  capture: () => {
    const captured = token();
    return { identityKey, token: async () => readSubjectToken(captured) };
  },
});

function fixture(
  options: { exchange?: (n: number) => Promise<Secret> | Secret; clock?: Clock & { ms: number } } = {},
) {
  const clock = options.clock ?? manual();
  const seen = { exchanges: 0, events: [] as CredentialEvent[] };
  const exchanger: Exchanger<Secret, { scope?: string }> = {
    specificationVersion: 'v1',
    provider: 'test',
    cacheKeyFields: ({ scope }) => ({ scope: scope ?? '' }),
    async exchange(_request, context) {
      await context.subject();
      return context.step('host', async () => {
        seen.exchanges += 1;
        const n = seen.exchanges;
        const credential = (await options.exchange?.(n)) ?? {
          value: `v${n}`,
          expiresAt: clock.now() + 3_600_000,
        };
        return { credential };
      });
    },
    parseStored: (record) => record as Secret,
    classify: (error) => (error as { as?: never }).as ?? { code: 'unavailable', retry: 'now' },
  };
  const cache = createCredentialCache();
  const provider = (from: SubjectTokenSource) =>
    createCredentialProvider(exchanger, {
      source: from,
      cache,
      clock,
      random: () => 0.5,
      onEvent: (event) => seen.events.push(event),
    });
  return { clock, seen, provider, cache };
}

describe('the provider', () => {
  it('makes one exchange for a thousand cold callers, and none for the next', async () => {
    const { seen, provider } = fixture();
    const held = provider(source('p', () => jwt({ sub: 'a' })));
    const all = await Promise.all(Array.from({ length: 1_000 }, () => held.getCredentials()));
    expect(new Set(all.map(({ value }) => value))).toEqual(new Set(['v1']));
    expect((await held.getCredentials()).value).toBe('v1');
    expect(seen.exchanges).toBe(1);
  });

  it('hands out what it holds without a promise, and a promise for what it does not', async () => {
    const { provider, seen } = fixture();
    const shared = provider(source('shop', () => jwt({ sub: 'a' })));
    const asked = shared.ask();
    expect(asked).toBeInstanceOf(Promise);
    const credential = await asked;
    expect(shared.ask()).toEqual(credential);
    expect(shared.ask({ forceRefresh: true })).toBeInstanceOf(Promise);
    expect(seen.exchanges).toBeLessThanOrEqual(2);
  });

  it('keeps identity keys apart, and tokens where no identity key is named', async () => {
    const { seen, provider } = fixture();
    await provider(source('p', () => jwt({}))).getCredentials();
    await provider(source('q', () => jwt({}))).getCredentials();
    await provider(source(undefined, () => jwt({ sub: 'a' }))).getCredentials();
    await provider(source(undefined, () => jwt({ sub: 'b' }))).getCredentials();
    await provider(source(undefined, () => jwt({ sub: 'b' }))).getCredentials();
    expect(seen.exchanges).toBe(4);
  });

  it('refreshes ahead in the background, and serves the cached credential while the source is down', async () => {
    let down = false;
    const { clock, seen, provider } = fixture({
      exchange: (n) => {
        if (down) throw new Error('down');
        return { value: `v${n}`, expiresAt: clock.now() + 3_600_000 };
      },
    });
    const held = provider(source('p', () => jwt({})));
    await held.getCredentials();
    down = true;
    clock.ms += 3_600_000 - 240_000;
    for (let call = 0; call < 230; call++) {
      expect((await held.getCredentials()).value).toBe('v1');
      await new Promise(setImmediate);
      clock.ms += 1_000;
    }
    expect(held.status().state).toBe('must-refresh');
    down = false;
    clock.ms += 5_000;
    expect((await held.getCredentials()).value).toMatch(/v[^1]/);
    expect(seen.exchanges).toBeLessThan(40);
  });

  it('holds the error of a hopeless exchange', async () => {
    const { clock, seen, provider } = fixture({
      exchange: () => {
        throw Object.assign(new Error('no'), { as: { code: 'access_denied', retry: 'never' } });
      },
    });
    const held = provider(source('p', () => jwt({})));
    for (let call = 0; call < 1_000; call++) {
      await expect(held.getCredentials()).rejects.toSatisfy(
        (error: unknown) => FederationError.isInstance(error) && error.code === 'access_denied',
      );
      clock.ms += 1;
    }
    expect(seen.exchanges).toBe(1);
  });

  it("does not let one token's failure hold back another's", async () => {
    const { provider } = fixture({
      exchange: (n) => {
        if (n === 1) throw Object.assign(new Error('no'), { as: { code: 'token_rejected', retry: 'never' } });
        return { value: `v${n}`, expiresAt: 1_000_000_000 + 3_600_000 };
      },
    });
    let token = jwt({ sub: 'forged' });
    const held = provider(source('p', () => token));
    const bad = held.getCredentials();
    token = jwt({ sub: 'good' });
    const good = held.getCredentials();
    await expect(bad).rejects.toMatchObject({ code: 'token_rejected' });
    expect((await good).value).toBe('v2');
  });

  it('does not hand out what a service refused', async () => {
    const { clock, provider } = fixture();
    const held = provider(source('p', () => jwt({})));
    const first = await held.getCredentials();
    held.invalidate(first);
    expect(await held.getCredentials()).toEqual(first);
    clock.ms += 11_000;
    held.invalidate(first);
    expect(held.status().state).toBe('invalidated');
    expect((await held.getCredentials()).value).toBe('v2');
  });

  it('detaches one caller by its signal', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { clock, provider } = fixture({
      exchange: async () => (await gate, { value: 'v', expiresAt: clock.now() + 3_600_000 }),
    });
    const held = provider(source('p', () => jwt({})));
    const controller = new AbortController();
    const leaving = held.getCredentials({ signal: controller.signal });
    const staying = held.getCredentials();
    controller.abort();
    await expect(leaving).rejects.toMatchObject({ code: 'aborted' });
    release();
    expect((await staying).value).toBe('v');
  });
});
