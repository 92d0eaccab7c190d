/** What a test controls: the clock and the random ids. */

import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash, randomBytes } from 'node:crypto';
import type { EmulatorClock } from './service.js';

/** Epoch milliseconds as .NET's round-trip format prints them: seven decimals of a second. */
export function ticks(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '0000Z');
}

/** The real clock and an offset: time passes by itself, and a test may push it. */
export interface AdjustableClock extends EmulatorClock {
  /** Epoch milliseconds. */
  now(): number;
  /** Moves the clock by `ms` milliseconds, back where it is negative. */
  advance(ms: number): void;
  /** Puts the clock to `ms` epoch milliseconds; it goes on from there. */
  set(ms: number): void;
}

export function createAdjustableClock(): AdjustableClock {
  let offset = 0;
  return {
    now: () => realNow() + offset,
    advance: (ms) => {
      offset += finite(ms);
    },
    set: (ms) => {
      offset = finite(ms) - realNow();
    },
  };
}

/** The machine's own time: what certificates must be judged by, since no TLS client takes another clock. */
export const realNow = (): number => Date.now();

/** The value of a Date header (RFC 9110, section 5.6.7). */
export const httpDate = (ms: number): string => new Date(ms).toUTCString();

const HTTP_DATE =
  /^(?:\w{3}, \d\d \w{3} \d{4}|\w{6,9}, \d\d-\w{3}-\d\d|\w{3} \w{3} [ \d]\d) \d\d:\d\d:\d\d(?: GMT| \d{4})$/;

/** Epoch milliseconds of a date in one of the three forms of RFC 9110, section 5.6.7; undefined for anything else. */
export function parseHttpDate(text = ''): number | undefined {
  // The oldest form names no zone: it is GMT.
  const time = HTTP_DATE.test(text) ? Date.parse(text.endsWith('GMT') ? text : `${text} GMT`) : NaN;
  return Number.isNaN(time) ? undefined : time;
}

/** `2026-01-31T12:00:00Z`: an instant of RFC 3339, without a fraction. */
export const isoSeconds = (ms: number): string => new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');

/**
 * A clock that one request may see wrong. The offset travels with the request's own asynchronous calls, so
 * that a service needs no second clock and its neighbours notice nothing.
 */
export interface SkewableClock extends EmulatorClock {
  skewedBy<T>(ms: number, run: () => T): T;
}

export function createSkewableClock(clock: EmulatorClock): SkewableClock {
  const offsets = new AsyncLocalStorage<number>();
  return {
    now: () => clock.now() + (offsets.getStore() ?? 0),
    skewedBy: (ms, run) => offsets.run(ms, run),
  };
}

function finite(ms: number): number {
  if (!Number.isFinite(ms)) throw new TypeError('A clock takes a finite number of milliseconds.');
  return ms;
}

/**
 * `bytes` bytes as lower-case hexadecimal. With a seed the same calls in the same order bring the same ids:
 * what a snapshot of a log needs. Keys and signatures are never made of it.
 */
export function createRandomHex(seed: string | number | undefined): (bytes: number) => string {
  if (seed === undefined) return (bytes) => randomBytes(bytes).toString('hex');
  let block = 0;
  let pool = '';
  return (bytes) => {
    while (pool.length < bytes * 2) {
      pool += createHash('sha256').update(`${seed}:${block}`).digest('hex');
      block += 1;
    }
    const taken = pool.slice(0, bytes * 2);
    pool = pool.slice(bytes * 2);
    return taken;
  };
}
