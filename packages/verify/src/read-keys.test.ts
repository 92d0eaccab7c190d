import { generateKeyPairSync } from 'node:crypto';
import { OptionError } from '@credex/core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { HostileEmulator } from './hostile-emulator.fixture.js';
import {
  goodClaims,
  goodHeader,
  hostileVerifierOptions,
  kidOf,
  publicJwk,
  rs256,
  signed,
  startHostileEmulator,
} from './hostile-emulator.fixture.js';
import { TokenVerificationError, createTokenVerifier } from './index.js';
import type { TokenVerifierOptions, VercelTokenVerifier } from './index.js';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let emulator: HostileEmulator;
beforeAll(async () => {
  emulator = await startHostileEmulator();
});
afterAll(() => emulator.close());

const verifierWith = (more: Partial<TokenVerifierOptions> = {}): VercelTokenVerifier =>
  createTokenVerifier({ ...hostileVerifierOptions(emulator), ...more });
const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'passed';
  } catch (error) {
    return TokenVerificationError.isInstance(error) ? error.code : String(error);
  }
};

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

  test('keys of other kinds and uses are ignored', async () => {
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
    ['a private key together with a good one', () => ({ keys: [jwk(), { kty: 'EC', kid: 'x', d: 'AQ' }] })],
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
    [
      'what a fetch got that follows redirects unasked',
      () => Object.defineProperty(Response.json({ keys: [jwk()] }), 'redirected', { value: true }),
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

  test('a fetch that was lost with the request that sent it delays no call for long', async () => {
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

  test('the error names a package that the proxy needs and that is missing', async () => {
    const missing = new OptionError('missing_package', 'fetch', undefined, 'Run `npm install proxy-agent`.');
    const verifier = verifierWith({ fetch: () => Promise.reject(missing) });
    await expect(verifier.verify(token())).rejects.toMatchObject({
      code: 'keys_unavailable',
      hint: expect.stringMatching(/^Run `npm install proxy-agent`\. /) as string,
      cause: { code: 'missing_package' },
    });
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
