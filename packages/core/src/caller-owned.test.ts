import { describe, expect, it } from 'vitest';
import { callerError, FederationError } from './federation-error.js';
import { OptionError } from './errors.js';
import { createCredentialProvider } from './provider.js';
import type { Secret } from './provider.fixture.js';
import { gate, HOUR, makeJwt, refusal, settle, sourceOf, fixture } from './provider.fixture.js';

type Writable = Record<string, unknown>;
const writable = (object: object): Writable => object as Writable;

describe('a credential belongs to the caller that received it', () => {
  it('is a separate, plain, unfrozen object for every caller: what one writes on it, no other sees', async () => {
    const { promise, open } = gate();
    const w = fixture();
    w.answer = () => promise.then(() => undefined);
    const provider = w.provider();
    const waiting = [provider.getCredentials(), provider.getCredentials(), w.provider().getCredentials()];
    await settle();
    open();
    const received: Secret[] = await Promise.all(waiting);
    received.push(await provider.getCredentials(), await provider.ask(), await w.provider().getCredentials());
    for (const credential of received) {
      expect(credential).toEqual({ value: 'v1', expiresAt: expect.any(Number) as number });
      expect(Object.getPrototypeOf(credential)).toBe(Object.prototype);
      Object.assign(writable(credential), { value: 'overwritten', expiresAt: 0, $source: {} });
    }
    expect(new Set(received).size).toBe(6);
    expect((await provider.getCredentials()).value).toBe('v1');
    expect(provider.status().state).toBe('fresh');
    expect(w.attempts).toHaveLength(1);
  });

  it('shares no nested object, on a miss and on a hit', async () => {
    const w = fixture();
    const issued = { value: 'v', expiresAt: w.clock.now() + HOUR, headers: { names: ['a'] } };
    w.answer = () => ({ credential: issued });
    const provider = w.provider();
    for (let call = 0; call < 3; call += 1) {
      const { headers } = (await provider.getCredentials()) as typeof issued;
      expect(headers).toEqual({ names: ['a'] });
      headers.names.push('b');
      Object.assign(headers, { more: true });
    }
  });

  it('is no object of the driver, which may go on writing on its own', async () => {
    const w = fixture();
    const issued = { value: 'v', expiresAt: w.clock.now() + HOUR };
    w.answer = () => ({ credential: issued });
    const provider = w.provider();
    await provider.getCredentials();
    issued.value = 'later';
    expect((await provider.getCredentials()).value).toBe('v');
    const [entry] = w.cache.state.entries.values();
    expect(Object.isFrozen(entry?.cached?.credential)).toBe(true);
  });

  it('is found by invalidate though a client wrote on it, and a rule receives a copy', async () => {
    const w = fixture();
    const provider = w.provider();
    const first = await provider.getCredentials();
    await w.clock.advance(20_000);
    provider.invalidate((held) => {
      writable(held)['value'] = 'overwritten';
      return false;
    });
    expect((await provider.getCredentials()).value).toBe('v1');
    writable(first)['$source'] = { CREDENTIALS_CODE: 'e' };
    provider.invalidate(first);
    expect((await provider.getCredentials()).value).toBe('v2');
  });

  it("is made by the driver's own copy where there is one", async () => {
    const w = fixture();
    const provider = createCredentialProvider(
      w.exchanger,
      { source: sourceOf(() => makeJwt()), cache: w.cache, clock: w.clock },
      (record: Secret) => ({ ...record, expiration: new Date(record.expiresAt) }),
    );
    for (let call = 0; call < 3; call += 1) {
      const { expiration, expiresAt } = await provider.getCredentials();
      expect(expiration.getTime()).toBe(expiresAt);
      expiration.setTime(0);
    }
  });
});

/** Named, so that a stack shows them. */
async function checkout(ask: () => Promise<unknown>): Promise<Error> {
  try {
    await ask();
  } catch (error) {
    return error as Error;
  }
  throw new Error('there was no error');
}

async function billing(ask: () => Promise<unknown>): Promise<Error> {
  try {
    await ask();
  } catch (error) {
    return error as Error;
  }
  throw new Error('there was no error');
}

describe('an error belongs to the caller that received it', () => {
  it('is one for each of those who wait for the same exchange, with the stack of that call', async () => {
    const { promise, open } = gate();
    const w = fixture({ classify: () => ({ code: 'access_denied', retry: 'never', serverCode: 'Denied' }) });
    w.answer = async () => {
      await promise;
      throw Object.assign(new Error('refused', { cause: new Error('below') }), { code: 'E1' });
    };
    const provider = w.provider();
    const calls = Promise.all([
      checkout(() => provider.getCredentials()),
      billing(() => provider.getCredentials()),
    ]);
    await settle();
    open();
    const [first, second] = (await calls) as [FederationError, FederationError];
    const third = (await checkout(() => provider.getCredentials())) as FederationError;
    expect(w.attempts).toHaveLength(1);
    expect(first).not.toBe(second);
    for (const error of [first, second, third]) {
      expect(error).toBeInstanceOf(FederationError);
      expect(FederationError.isInstance(error)).toBe(true);
      expect(error).toMatchObject({ code: 'access_denied', serverCode: 'Denied', retryable: false });
      expect(error.cause).toMatchObject({ message: 'refused', code: 'E1', cause: { message: 'below' } });
      expect(Object.entries(error)).toEqual(Object.entries(first));
    }
    expect(first.stack).toContain('checkout');
    expect(first.stack).not.toContain('billing');
    expect(first.stack).toContain(`FederationError: ${first.message}`);
    expect(second.stack).toContain('billing');
    expect(third.stack).toContain('checkout');
  });

  it('may be written on, as mysql2 and loggers do: no other caller sees it', async () => {
    const w = fixture();
    w.answer = () => Promise.reject(refusal('access_denied'));
    const provider = w.provider();
    const first = await checkout(() => provider.getCredentials());
    Object.assign(writable(first), { code: 'ER_ACCESS_DENIED', traceId: 't' });
    Object.assign(writable(first.cause as Error), { code: 'overwritten' });
    const second = await checkout(() => provider.getCredentials());
    expect(second).toMatchObject({ code: 'access_denied' });
    expect(second).not.toHaveProperty('traceId');
    expect(second.cause).not.toHaveProperty('code', 'overwritten');
    expect(w.attempts).toHaveLength(1);
  });

  it.each<readonly [string, number, () => AbortSignal | undefined, string]>([
    ['its own signal', 0, () => AbortSignal.abort(), 'aborted'],
    ['the time limit of the exchange', 30_000, () => undefined, 'timeout'],
  ])('has the stack of its call where %s ended the wait', async (_what, ms, signal, code) => {
    const w = fixture();
    w.answer = () => new Promise(() => undefined);
    const provider = w.provider();
    const failed = checkout(async () => provider.getCredentials({ signal: signal() }));
    await w.clock.advance(ms);
    const error = await failed;
    expect(error).toMatchObject({ code });
    expect(error.stack).toContain('checkout');
  });

  it('is a separate OptionError where an option was at fault', async () => {
    const w = fixture();
    const missing = new OptionError('missing_package', 'exchanger', undefined, 'Install it.');
    w.answer = () => Promise.reject(missing);
    const provider = w.provider();
    const [first, second] = await Promise.all([
      checkout(() => provider.getCredentials()),
      billing(() => provider.getCredentials()),
    ]);
    expect(new Set([first, second, missing]).size).toBe(3);
    for (const error of [first, second]) {
      expect(error).toBeInstanceOf(OptionError);
      expect(error).toMatchObject({ code: 'missing_package', option: 'exchanger', name: 'OptionError' });
    }
    expect(second.stack).toContain('billing');
  });

  it('leaves the errors of others alone', () => {
    const error = new TypeError('of a listener');
    expect(callerError(error)).toBe(error);
    expect(callerError(undefined)).toBeUndefined();
  });
});
