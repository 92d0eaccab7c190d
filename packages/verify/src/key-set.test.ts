import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { HostileEmulator } from './hostile-world.fixture.js';
import {
  goodClaims,
  goodHeader,
  hostileVerifierOptions,
  kidOf,
  publicJwk,
  rs256,
  signed,
  startHostileEmulator,
} from './hostile-world.fixture.js';
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
/** Refreshes beside a call end in turns of the event loop that no call waits for. */
const settled = (count: number): Promise<void> => vi.waitFor(() => expect(fetches()).toBe(count));

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

  test('beside the calls once they are ten minutes old, and nobody waits', async () => {
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
    await settled(2);
    await verifier.verify(await mint());
    expect(fetches()).toBe(2);
  });

  test('beside the calls for a remembered token as well', async () => {
    const verifier = verifierWith();
    const token = await mint();
    await verifier.verify(token);
    await emulator.clock.advance(11 * MINUTE);
    await verifier.verify(token);
    await settled(2);
  });
});

describe('rotation', () => {
  test('refuses nobody, whether the old keys stay published or not', async () => {
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
    // Nobody has told us yet.
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

  test('whose signal fired before asks nobody', async () => {
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

describe('what the issuer answers', () => {
  const jwk = (): Record<string, unknown> => ({
    ...publicJwk(key),
    kid: kidOf(key),
    use: 'sig',
    alg: 'RS256',
  });
  const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const token = (): string =>
    signed(
      { ...goodHeader(), kid: kidOf(key) },
      goodClaims(Math.floor(emulator.clock.now() / 1000)),
      rs256(key),
    );
  const verified = (answer: () => Response | Promise<Response>, more = {}): Promise<string> =>
    codeOf(verifierWith({ fetch: async () => answer(), ...more }).verify(token()));
  const answered = (body: unknown, more = {}): Promise<string> => verified(() => Response.json(body), more);
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

  test('keys of other kinds and uses beside ours are left aside', async () => {
    const others = [
      { ...publicJwk(other), kid: kidOf(key), use: 'sig' },
      { ...jwk(), use: 'enc' },
      { ...jwk(), kid: undefined },
      { ...jwk(), kid: 7 },
      { ...jwk(), alg: 'RS512' },
      { ...jwk(), key_ops: ['encrypt'] },
      { kty: 'RSA', kid: 'broken', n: '!!', e: 'AQAB' },
      { kty: 'AKP', kid: kidOf(key), alg: 'ML-DSA-44', pub: 'AA' },
      {},
    ];
    expect(await answered({ keys: [...others, jwk()] })).toBe('passed');
    for (const one of others)
      expect(await answered({ keys: [one] }), JSON.stringify(one)).toBe('unknown_key');
  });

  test('a key of few bits, or whose exponent is 1 or even, verifies nothing', async () => {
    const by = (bad: object): Promise<string> => answered({ keys: [{ ...bad, kid: kidOf(key) }] });
    expect(await by(publicJwk(weak))).toBe('unknown_key');
    expect(await by({ ...jwk(), e: 'AQ' })).toBe('unknown_key');
    expect(await by({ ...jwk(), e: 'Ag' })).toBe('unknown_key');
  });

  test('an empty set is an answer: every key is gone', async () => {
    expect(await answered({ keys: [] })).toBe('unknown_key');
  });

  test.each([
    ['a private key', () => ({ keys: [{ ...jwk(), d: 'AQ' }] })],
    ['a private key beside a good one', () => ({ keys: [jwk(), { kty: 'EC', kid: 'x', d: 'AQ' }] })],
    ['a symmetric key', () => ({ keys: [{ kty: 'oct', k: 'c2VjcmV0', kid: kidOf(key) }] })],
    ['one id twice', () => ({ keys: [jwk(), jwk()] })],
    ['no keys', () => ({})],
    ['keys that are no list', () => ({ keys: { 0: jwk() } })],
    ['a key that is a string', () => ({ keys: ['key'] })],
    ['more than 100 keys', () => ({ keys: Array.from({ length: 101 }, () => ({})) })],
    ['a list', () => [jwk()]],
    ['null', () => null],
  ])('%s makes the answer unfit', async (_, body) => {
    expect(await answered(body())).toBe('keys_unavailable');
  });

  test.each([
    [
      'a redirect',
      () => new Response(null, { status: 302, headers: { location: 'https://evil.example' } }),
      'redirect_refused',
    ],
    [
      'a redirect that stays',
      () => new Response(null, { status: 308, headers: { location: '/' } }),
      'redirect_refused',
    ],
    ['404', () => new Response('{"keys":[]}', { status: 404 }), 'unavailable'],
    ['204', () => new Response(null, { status: 204 }), 'unavailable'],
    ['429', () => new Response('', { status: 429 }), 'throttled'],
    ['HTML', () => new Response('<html>'), 'invalid_response'],
    ['nothing', () => new Response(''), 'invalid_response'],
    [
      '257 KiB',
      () => new Response(' '.repeat(262_145) + JSON.stringify({ keys: [jwk()] })),
      'invalid_response',
    ],
  ])('%s is no key set', async (_, answer, code) => {
    const work = verifierWith({ fetch: async () => answer() }).verify(token());
    await expect(work).rejects.toMatchObject({ code: 'keys_unavailable', cause: { code } });
  });

  test('a fetch that never ends, and heeds no signal, costs the time limit', async () => {
    let given: AbortSignal | null | undefined;
    const verifier = verifierWith({
      timeoutMs: 2_000,
      fetch: (_, init) => {
        given = init.signal;
        return new Promise(() => undefined);
      },
    });
    const work = codeOf(verifier.verify(token()));
    await emulator.clock.advance(1_999);
    expect(given?.aborted).toBe(false);
    await emulator.clock.advance(1);
    expect(await work).toBe('keys_unavailable');
    expect(given?.aborted).toBe(true);
    expect(emulator.clock.timers()).toBe(0);
  });

  test('a fetch that was lost with the request that sent it holds nobody up for long', async () => {
    let lost = true;
    const verifier = verifierWith({
      timeoutMs: 1_000,
      // As in a worker whose request ended: neither the answer nor the timer ever comes.
      clock: { ...emulator.clock, setTimeout: () => () => undefined },
      fetch: () => (lost ? new Promise(() => undefined) : Promise.resolve(Response.json({ keys: [jwk()] }))),
    });
    void verifier.verify(token());
    await emulator.clock.advance(2_001);
    lost = false;
    expect(await codeOf(verifier.verify(token()))).toBe('passed');
  });

  test("what fetch threw is a cause without the requester's secrets", async () => {
    const secret = `eyJhbGciOiJSUzI1NiJ9.${'x'.repeat(60)}`;
    const thrown = Object.assign(new TypeError(`fetch failed for ${secret}`), {
      request: secret,
      code: 'ECONNRESET',
    });
    const verifier = verifierWith({ fetch: () => Promise.reject(thrown) });
    const error = await verifier.verify(token()).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'keys_unavailable', cause: { code: 'network', provider: 'vercel' } });
    const seen: string[] = [];
    for (let at = error; at instanceof Error; at = at.cause)
      seen.push(at.message, String(at.stack), JSON.stringify(at));
    expect(seen.join()).not.toContain('eyJ');
  });

  test('is asked for at the issuer of the token, without a redirect and without the token', async () => {
    const asked: (readonly [string, RequestInit])[] = [];
    const { jwksUri: _, ...options } = hostileVerifierOptions(emulator);
    const verifier = createTokenVerifier({
      ...options,
      fetch: async (input, init) => {
        asked.push([String(input), init]);
        return Response.json({ keys: [jwk()] });
      },
    });
    const shown = token();
    await verifier.verify(shown);
    expect(asked).toHaveLength(1);
    const [url, init] = asked[0] as readonly [string, RequestInit];
    expect(url).toBe('https://oidc.vercel.com/acme/.well-known/jwks');
    expect(init).toMatchObject({ method: 'GET', redirect: 'manual' });
    expect(JSON.stringify(init)).not.toContain(shown.slice(0, 20));
    expect(init.body).toBeUndefined();
  });
});
