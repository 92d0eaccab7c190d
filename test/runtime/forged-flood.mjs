// A flood of different forged tokens, among good identities: on any runtime, by a manual clock.
import { createCredentialCache } from '@credex/core';
import { createCredentialProvider } from '@credex/core/internal';
import { readSubjectToken } from '@credex/core/on-demand';

const TOKENS_PER_SECOND = 2_000;
const STEP_MS = 10;
const TOKENS_PER_STEP = (TOKENS_PER_SECOND * STEP_MS) / 1_000;
const NEWCOMER_EVERY_MS = 4_000;
const GOOD = Array.from({ length: 20 }, (_, n) => `good-${n}`);

/** Digests are computed on another thread: how many are pending. */
let digests = 0;
const digest = crypto.subtle.digest.bind(crypto.subtle);
Object.defineProperty(crypto.subtle, 'digest', {
  configurable: true,
  value: (...given) => {
    digests += 1;
    return digest(...given).finally(() => (digests -= 1));
  },
});

/** One turn of the event loop, in which all promises that can settle do so. */
const turn = () => new Promise((resolve) => (globalThis.setImmediate ?? globalThis.setTimeout)(resolve));

async function settle() {
  do await turn();
  while (digests > 0);
}

/** A clock whose timers are kept by the millisecond that they are due: as quick with thousands of them as with one. */
function manualClock() {
  let time = 0;
  const due = new Map();
  return {
    now: () => 1_767_225_600_000 + time,
    monotonic: () => time,
    setTimeout(run, ms) {
      const at = Math.ceil(time + Math.max(0, ms));
      if (!due.has(at)) due.set(at, new Set());
      const timer = { run };
      due.get(at).add(timer);
      return () => {
        const others = due.get(at);
        others?.delete(timer);
        if (others?.size === 0) due.delete(at);
      };
    },
    async advance(ms) {
      for (const end = time + ms; time < end;) {
        time += 1;
        const timers = due.get(time);
        if (timers === undefined) continue;
        due.delete(time);
        for (const { run } of timers) run();
        await settle();
      }
    },
    timers: () => due.size,
  };
}

/** Seeded (Mulberry32), so that a run can be repeated. */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const base64url = (text) => btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const tokenOf = (sub) =>
  `${base64url('{"alg":"RS256"}')}.${base64url(JSON.stringify({ sub, exp: 9_999_999_999 }))}.c2ln`;

/**
 * @param {'refused' | 'hanging'} kind what becomes of an exchange of a forged token
 */
export function createFlood(kind) {
  const clock = manualClock();
  const draw = random(20_261_130);
  const cache = createCredentialCache({ maxEntries: 100 });
  const exchanges = { forged: 0, good: new Map() };
  const outcomes = new Map();
  const exchanger = {
    specificationVersion: 'v1',
    provider: 'flooded',
    cacheKeyFields: () => ({}),
    parseStored: (record) => record,
    classify: (error) =>
      error.name === 'TimeoutError'
        ? { code: 'timeout', retry: 'now' }
        : { code: 'access_denied', retry: 'never' },
    async exchange(_request, context) {
      const { sub } = (await context.subject()).claims;
      return context.step('cloud.test', async (signal) => {
        if (!sub.startsWith('forged')) {
          exchanges.good.set(sub, (exchanges.good.get(sub) ?? 0) + 1);
          return { credential: { of: sub, expiresAt: clock.now() + 3_600_000 } };
        }
        exchanges.forged += 1;
        if (kind === 'refused') throw new Error('refused');
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      });
    },
  };

  /** As a server does for each request: a source, and a provider, of this request's token. */
  function get(sub) {
    const jwt = tokenOf(sub);
    const source = { capture: () => ({ identityKey: undefined, token: async () => readSubjectToken(jwt) }) };
    return createCredentialProvider(exchanger, { source, cache, clock, random: draw }).getCredentials();
  }

  let sent = 0;
  let largest = 0;
  const waits = [];
  /** Good identities that are new, each with the time of its next attempt. */
  const newcomers = new Set();

  function sendForged() {
    get(`forged-${sent++}`).then(
      () => outcomes.set('served', (outcomes.get('served') ?? 0) + 1),
      (error) => outcomes.set(error.code, (outcomes.get(error.code) ?? 0) + 1),
    );
  }

  function attempt(newcomer) {
    newcomer.next = Number.POSITIVE_INFINITY;
    get(newcomer.sub).then(
      () => {
        if (newcomers.delete(newcomer)) waits.push(clock.monotonic() - newcomer.since);
      },
      ({ retryAfterMs }) => {
        newcomer.next = clock.monotonic() + retryAfterMs;
      },
    );
  }

  async function step() {
    const due = [...newcomers].filter(({ next }) => next <= clock.monotonic());
    const turnOf = new Map(due.map((one) => [one, Math.floor(draw() * (TOKENS_PER_STEP + 1))]));
    for (let n = 0; n <= TOKENS_PER_STEP; n++) {
      for (const [one, at] of turnOf) if (at === n) attempt(one);
      if (n < TOKENS_PER_STEP) sendForged();
    }
    await settle();
    largest = Math.max(largest, sizeOf(cache.state));
    await clock.advance(STEP_MS);
  }

  return {
    /** Caches the good identities. */
    async begin() {
      await Promise.all(GOOD.map(get));
    },
    async send(tokens) {
      for (const until = sent + tokens; sent < until;) {
        if (clock.monotonic() % NEWCOMER_EVERY_MS === 0) {
          const now = clock.monotonic();
          newcomers.add({ sub: `newcomer-${now}`, since: now, next: now });
        }
        await step();
      }
    },
    /** After the flood: whoever is still waiting comes to an end, and the good identities are asked for again. */
    async end() {
      const seconds = clock.monotonic() / 1_000;
      await clock.advance(60_000);
      await Promise.all(GOOD.map(get));
      return {
        sent,
        seconds,
        exchanges: exchanges.forged,
        outcomes: Object.fromEntries(outcomes),
        newcomers: waits.length,
        stillWaiting: newcomers.size,
        longestWaitMs: Math.max(...waits),
        goodExchanges: Math.max(...exchanges.good.values()),
        goodIdentities: exchanges.good.size,
        largest,
        timers: clock.timers(),
      };
    },
  };
}

/** How many things the cache's maps and sets hold, at any depth. */
function sizeOf(value) {
  if (value instanceof Map || value instanceof Set) {
    let size = value.size;
    for (const inner of value.values()) size += sizeOf(inner);
    return size;
  }
  if (value === null || typeof value !== 'object') return 0;
  if (Object.getPrototypeOf(value) !== Object.prototype) return 0;
  let size = 0;
  for (const inner of Object.values(value))
    if (inner instanceof Map || inner instanceof Set) size += sizeOf(inner);
  return size;
}
