/** Keys that were not confirmed for long, and requests for them that were lost with the call that sent them. */

import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { manualClock } from '@credex/testing/clock';
import type { ManualClock } from '@credex/testing/clock';
import { beforeEach, describe, expect, test } from 'vitest';
import { goodClaims, publicJwk, rs256, signed } from './hostile-emulator.fixture.js';
import { TokenVerificationError, createTokenVerifier } from './index.js';
import type { TokenVerifierOptions, VercelTokenVerifier } from './index.js';

const MINUTE = 60_000;
const [OLD, NEW] = [0, 1].map(() => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey) as [
  KeyObject,
  KeyObject,
];
const jwkOf = (key: KeyObject): object => ({ ...publicJwk(key), kid: key === OLD ? 'old' : 'new' });

let clock: ManualClock;
let published: readonly KeyObject[];
let fetches: number;
beforeEach(() => {
  clock = manualClock();
  published = [OLD];
  fetches = 0;
});

const answer = async (): Promise<Response> => {
  fetches += 1;
  return Response.json({ keys: published.map(jwkOf) });
};
const verifierWith = (more: Partial<TokenVerifierOptions> = {}): VercelTokenVerifier =>
  createTokenVerifier({
    team: 'acme',
    audience: 'https://vercel.com/acme',
    allow: [{ projectId: 'prj_shop', environment: 'production' }],
    timeoutMs: 1_000,
    fetch: answer,
    clock,
    ...more,
  });
const tokenOf = (key: KeyObject, lasting = 12 * 3600): string => {
  const now = Math.floor(clock.now() / 1000);
  const header = { alg: 'RS256', kid: key === OLD ? 'old' : 'new' };
  return signed(header, { ...goodClaims(now), exp: now + lasting }, rs256(key));
};
const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'passed';
  } catch (error) {
    return TokenVerificationError.isInstance(error) ? error.code : String(error);
  }
};

describe('after an hour without a call', () => {
  test('no token of a withdrawn key is accepted, not once, nor a remembered one', async () => {
    const verifier = verifierWith();
    const remembered = tokenOf(OLD);
    await verifier.verify(remembered);
    published = [NEW];
    await clock.advance(60 * MINUTE + 1);
    const work = [remembered, tokenOf(OLD), tokenOf(NEW)].map((token) => codeOf(verifier.verify(token)));
    expect(await Promise.all(work)).toEqual(['unknown_key', 'unknown_key', 'passed']);
    // Once for all, and once more for a key that may have been published while that request was under way.
    expect(fetches).toBe(3);
  });

  test('known keys stay valid while the issuer refuses, and no call waits for it', async () => {
    let isDown = false;
    const verifier = verifierWith({
      fetch: () => (isDown ? Promise.reject(new TypeError('fetch failed')) : answer()),
    });
    const token = tokenOf(OLD);
    await verifier.verify(token);
    isDown = true;
    for (let minute = 0; minute < 600; minute += 61) {
      await clock.advance(61 * MINUTE);
      expect(await codeOf(verifier.verify(token))).toBe('passed');
      expect(await codeOf(verifier.verify(token))).toBe('passed');
    }
  });

  test('an issuer that hangs costs one time limit, then known keys go on at once', async () => {
    let hangs = false;
    const verifier = verifierWith({ fetch: () => (hangs ? new Promise(() => undefined) : answer()) });
    const token = tokenOf(OLD);
    await verifier.verify(token);
    hangs = true;
    await clock.advance(61 * MINUTE);
    let isOver = false;
    const work = codeOf(verifier.verify(token)).finally(() => (isOver = true));
    await clock.advance(999);
    expect(isOver).toBe(false);
    await clock.advance(1);
    expect(await work).toBe('passed');
    expect(await codeOf(verifier.verify(token))).toBe('passed');
    expect(clock.timers()).toBe(0);
  });
});

describe('a request that was lost with the call that sent it, timer and all', () => {
  test.each([
    ['cold', 0],
    ['with keys an hour old', 61],
  ])('does not hold those who joined it for ever: %s', async (_, minutes) => {
    let lost = minutes === 0;
    const verifier = verifierWith({
      fetch: () => (lost ? new Promise(() => undefined) : answer()),
      clock: { ...clock, setTimeout: (run, ms) => (lost ? () => undefined : clock.setTimeout(run, ms)) },
    });
    if (minutes > 0) await verifier.verify(tokenOf(OLD));
    await clock.advance(minutes * MINUTE);
    lost = true;
    void verifier.verify(tokenOf(OLD));
    await clock.advance(10);
    lost = false;
    const joined = [1, 2, 3].map(() => codeOf(verifier.verify(tokenOf(OLD))));
    await clock.advance(2_000);
    expect(await Promise.all(joined)).toEqual(['passed', 'passed', 'passed']);
    expect(fetches).toBe(minutes === 0 ? 1 : 2);
    expect(clock.timers()).toBe(0);
  });
});
