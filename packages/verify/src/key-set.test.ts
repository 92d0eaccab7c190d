import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { HostileEmulator } from './hostile-emulator.fixture.js';
import {
  goodClaims,
  goodHeader,
  hostileVerifierOptions,
  publicJwk,
  rs256,
  signed,
  startHostileEmulator,
} from './hostile-emulator.fixture.js';
import { TokenVerificationError, createTokenVerifier } from './index.js';
import type { TokenVerifierOptions, VercelTokenVerifier } from './index.js';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

let emulator: HostileEmulator;
beforeAll(async () => {
  emulator = await startHostileEmulator();
});
beforeEach(() => {
  emulator.log.clear();
  emulator.faults.clear();
  emulator.issuer.setReachable(true);
});
afterAll(() => emulator.close());

const verifierWith = (more: Partial<TokenVerifierOptions> = {}): VercelTokenVerifier =>
  createTokenVerifier({ ...hostileVerifierOptions(emulator), ...more });
const mint = (): Promise<string> =>
  emulator.issuer.mint({
    team: 'acme',
    teamId: 'team_acme',
    project: 'shop',
    projectId: 'prj_shop',
    environment: 'production',
    claims: { jti: String(++serial) },
  });
let serial = 0;
const underKid = (kid: string): string =>
  signed({ ...goodHeader(), kid }, goodClaims(Math.floor(emulator.clock.now() / 1000)));
const fetches = (): number => emulator.log.count('issuer');
const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'passed';
  } catch (error) {
    return TokenVerificationError.isInstance(error) ? error.code : String(error);
  }
};
/** Background refreshes end in turns of the event loop that no call waits for. */
const expectFetches = (count: number): Promise<void> => vi.waitFor(() => expect(fetches()).toBe(count));

describe('how often the issuer is asked', () => {
  test('not at all before the first token', () => {
    verifierWith();
    expect(fetches()).toBe(0);
  });

  test('once by 1,000 cold callers', async () => {
    const verifier = verifierWith();
    const tokens = await Promise.all(Array.from({ length: 20 }, mint));
    const all = Array.from({ length: 1_000 }, (_, index) => verifier.verify(tokens[index % 20] as string));
    expect((await Promise.all(all)).length).toBe(1_000);
    expect(fetches()).toBe(1);
  });

  test('once by 1,000 cold callers who bring unknown keys at once', async () => {
    const verifier = verifierWith();
    const codes = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) => codeOf(verifier.verify(underKid(`k${index}`)))),
    );
    expect(new Set(codes)).toEqual(new Set(['unknown_key']));
    expect(fetches()).toBe(1);
  });

  test.each(['warm', 'cold'])('at most twice by 1,000 unknown keys within a minute, %s', async (start) => {
    const verifier = verifierWith();
    if (start === 'warm') await verifier.verify(await mint());
    emulator.log.clear();
    for (let index = 0; index < 1_000; index++) {
      expect(await codeOf(verifier.verify(underKid(`k${index}`)))).toBe('unknown_key');
      await emulator.clock.advance(59);
    }
    expect(fetches()).toBe(2);
  });

  test('in the background once they are ten minutes old, and no call waits', async () => {
    const verifier = verifierWith();
    await verifier.verify(await mint());
    await emulator.clock.advance(10 * MINUTE);
    await verifier.verify(await mint());
    expect(fetches()).toBe(1);
    await emulator.clock.advance(1);
    let release = (): void => undefined;
    const until = new Promise<void>((resolve) => (release = resolve));
    emulator.faults.plant({ service: 'issuer', times: 1, fault: { kind: 'delay', until } });
    await Promise.all(Array.from({ length: 50 }, async () => verifier.verify(await mint())));
    release();
    await expectFetches(2);
    await verifier.verify(await mint());
    expect(fetches()).toBe(2);
  });

  test('in the background for a remembered token as well', async () => {
    const verifier = verifierWith();
    const token = await mint();
    await verifier.verify(token);
    await emulator.clock.advance(11 * MINUTE);
    await verifier.verify(token);
    await expectFetches(2);
  });
});

describe('rotation', () => {
  test('refuses no valid token, whether the old keys stay published or not', async () => {
    const verifier = verifierWith();
    for (const drop of [false, true, false, true]) {
      await verifier.verify(await mint());
      emulator.issuer.rotate({ drop });
      expect(await codeOf(verifier.verify(await mint()))).toBe('passed');
      // Twice: the key after next was not published when the keys were fetched.
      emulator.issuer.rotate({ drop });
      expect(await codeOf(verifier.verify(await mint()))).toBe('passed');
    }
  });

  test('a key that is gone from the published set serves no longer, for a remembered token either', async () => {
    const verifier = verifierWith();
    const old = await mint();
    await verifier.verify(old);
    emulator.issuer.rotate({ drop: true });
    emulator.issuer.rotate({ drop: true });
    // The keys have not been fetched again yet.
    expect(await codeOf(verifier.verify(old))).toBe('passed');
    expect(await codeOf(verifier.verify(await mint()))).toBe('passed');
    expect(await codeOf(verifier.verify(old))).toBe('unknown_key');
  });

  test('another key under the same id does not verify what the first one signed', async () => {
    const [first, second] = [0, 1].map(() => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
    let published = first as NonNullable<typeof first>;
    const verifier = verifierWith({
      fetch: async () => Response.json({ keys: [{ ...publicJwk(published), kid: 'same', use: 'sig' }] }),
    });
    const by = (key: NonNullable<typeof first>): string =>
      signed(
        { ...goodHeader(), kid: 'same' },
        goodClaims(Math.floor(emulator.clock.now() / 1000)),
        rs256(key),
      );
    const old = by(published);
    await verifier.verify(old);
    published = second as NonNullable<typeof second>;
    await emulator.clock.advance(10 * MINUTE + 1);
    await verifier.verify(old); // starts the refresh
    await vi.waitFor(async () => expect(await codeOf(verifier.verify(old))).toBe('invalid_signature'));
    expect(await codeOf(verifier.verify(by(published)))).toBe('passed');
  });
});

describe('when the issuer is down', () => {
  test('known keys go on for an hour, and until 24 hours after they were last confirmed', async () => {
    const verifier = verifierWith();
    await verifier.verify(await mint());
    emulator.issuer.setReachable(false);
    for (let minute = 0; minute < 60; minute++) {
      await emulator.clock.advance(MINUTE);
      expect(await codeOf(verifier.verify(await mint()))).toBe('passed');
    }
    await emulator.clock.advance(23 * HOUR);
    expect(await codeOf(verifier.verify(await mint()))).toBe('passed');
    await emulator.clock.advance(SECOND);
    const remembered = await mint();
    await expect(verifier.verify(remembered)).rejects.toMatchObject({
      code: 'keys_unavailable',
      status: 503,
      cause: { code: 'unavailable', status: 503 },
    });
    emulator.issuer.setReachable(true);
    await emulator.clock.advance(MINUTE);
    expect(await codeOf(verifier.verify(remembered))).toBe('passed');
  });

  test('a cold verifier asks again after 1, 2, 4 … 60 seconds, not with each call', async () => {
    const verifier = verifierWith();
    emulator.issuer.setReachable(false);
    const token = await mint();
    const asked: number[] = [];
    let before = 0;
    for (let second = 0; second <= 300; second++) {
      const codes = await Promise.all([1, 2, 3].map(() => codeOf(verifier.verify(token))));
      expect(new Set(codes)).toEqual(new Set(['keys_unavailable']));
      if (fetches() > before) asked.push(second);
      before = fetches();
      await emulator.clock.advance(SECOND);
    }
    expect(asked).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
    expect(fetches()).toBe(asked.length);
  });

  test('an unknown key may be a new one: that is not said to be unknown', async () => {
    const verifier = verifierWith();
    await verifier.verify(await mint());
    emulator.issuer.setReachable(false);
    expect(await codeOf(verifier.verify(underKid('new')))).toBe('keys_unavailable');
    emulator.issuer.setReachable(true);
    await emulator.clock.advance(SECOND);
    expect(await codeOf(verifier.verify(underKid('new')))).toBe('unknown_key');
  });

  test('a frozen instance does not take its keys for fresh', async () => {
    const verifier = verifierWith();
    await verifier.verify(await mint());
    emulator.issuer.setReachable(false);
    emulator.clock.freeze(25 * HOUR);
    expect(await codeOf(verifier.verify(await mint()))).toBe('keys_unavailable');
  });
});

describe('one caller among many', () => {
  test('stops its own waiting alone', async () => {
    const verifier = verifierWith();
    let release = (): void => undefined;
    const until = new Promise<void>((resolve) => (release = resolve));
    emulator.faults.plant({ service: 'issuer', times: 1, fault: { kind: 'delay', until } });
    const token = await mint();
    const [first, later] = [new AbortController(), new AbortController()];
    const started = codeOf(verifier.verify(token, { signal: first.signal }));
    const joined = codeOf(verifier.verify(token, { signal: later.signal }));
    const patient = codeOf(verifier.verify(token));
    await new Promise((resolve) => setImmediate(resolve));
    first.abort();
    later.abort(new Error('secret reason'));
    expect(await Promise.all([started, joined])).toEqual(['aborted', 'aborted']);
    release();
    expect(await patient).toBe('passed');
    expect(fetches()).toBe(1);
  });

  test('whose signal has fired already sends no request', async () => {
    const verifier = verifierWith();
    const work = verifier.verify(await mint(), { signal: AbortSignal.abort() });
    await expect(work).rejects.toMatchObject({ code: 'aborted', status: 503 });
    expect(fetches()).toBe(0);
  });

  test('leaves no listener behind', async () => {
    const verifier = verifierWith();
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    await verifier.verify(await mint(), { signal });
    expect(added).toHaveBeenCalledTimes(1);
    expect(removed).toHaveBeenCalledTimes(1);
  });
});
