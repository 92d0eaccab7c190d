/** The issuer's keys, which a forged token of the deployment makes unavailable for itself, and an outage for all tokens. */

import { beforeEach, describe, expect, it } from 'vitest';
import type { SubjectTokenSource } from '../contract.js';
import type { Fixture } from '../provider.fixture.js';
import { fixture, makeJwt, refusal, sourceOf } from '../provider.fixture.js';
import { readSubjectToken } from '../token/source-error.js';
import { earlierTokens, processWideCache, rememberEarlier } from './cache.js';

beforeEach(() => {
  Object.assign(processWideCache().state, { earlierTokens: [], latestToken: undefined });
});

const unreachable = (retriesAtMost = 2): Error =>
  refusal('unavailable', { retry: 'now', retriesAtMost, suspectsToken: true });

/** A request that brings the token of `sub`. */
function request(w: Fixture, sub: string): SubjectTokenSource {
  const jwt = makeJwt({ sub });
  rememberEarlier('p', readSubjectToken(jwt), w.clock.now());
  const source = sourceOf(() => jwt, { identityKey: 'p' });
  return { capture: () => ({ ...source.capture(), fromRequest: true }) };
}

async function ask(w: Fixture, source: SubjectTokenSource, ms = 1_000): Promise<unknown> {
  const ended = w
    .provider(source)
    .getCredentials()
    .then(
      ({ value }) => value,
      (error: { code: string }) => error.code,
    );
  await w.clock.advance(ms);
  return ended;
}

describe('a failure of the keys of the issuer', () => {
  it('for a token that a request brought delays no other token', async () => {
    const w = fixture();
    w.answer = ({ sub }) => (sub === 'genuine' ? undefined : Promise.reject(unreachable()));
    for (let n = 0; n < 6; n++) {
      expect(await ask(w, request(w, 'forged'))).toBe('unavailable');
      for (let other = 0; n > 3 && other < 20; other++) request(w, `other-${other}`);
    }
    const before = w.attempts.length;
    expect(await ask(w, request(w, 'genuine'))).toMatch(/^v/);
    expect(w.attempts.length - before).toBe(1);
  });

  it('gives a caller that joined the attempt of a forged token one with its own token', async () => {
    const w = fixture();
    w.answer = ({ sub }) => (sub === 'genuine' ? undefined : Promise.reject(unreachable()));
    const [forged, genuine] = await Promise.all([
      ask(w, request(w, 'forged')),
      ask(w, request(w, 'genuine')),
    ]);
    expect([forged, genuine]).toEqual(['unavailable', expect.stringMatching(/^v/)]);
  });

  it('in an outage costs one attempt for each token and delay, however many callers there are', async () => {
    const attemptsOf = async (tokens: number): Promise<number> => {
      const w = fixture({ answer: () => Promise.reject(unreachable()) });
      const sources = Array.from({ length: tokens }, (_, n) => request(w, `genuine-${n}`));
      for (let second = 0; second < 30; second++) {
        const calls = Array.from({ length: 10 }, (_, n) =>
          w
            .provider(sources[n % tokens])
            .getCredentials()
            .catch(() => undefined),
        );
        await w.clock.advance(1_000);
        await Promise.all(calls);
      }
      return w.attempts.length;
    };
    const one = await attemptsOf(1);
    // 300 calls in half a minute.
    expect(one).toBeLessThan(40);
    expect(await attemptsOf(4)).toBeLessThanOrEqual(4 * one);
  });

  it.each([
    ['that a cloud has accepted', true],
    ['that no request brought', false],
  ])('for a token %s delays all callers of the identity', async (_what, fromRequest) => {
    const w = fixture();
    const first = fromRequest ? request(w, 'first') : sourceOf(() => makeJwt({ sub: 'first' }));
    if (fromRequest) {
      await ask(w, first);
      w.cache.state.entries.clear();
    }
    w.answer = () => Promise.reject(unreachable(0));
    await ask(w, first, 0);
    const before = w.attempts.length;
    const calls = Array.from({ length: 10 }, (_, n) =>
      w
        .provider(fromRequest ? request(w, `new-${n}`) : sourceOf(() => makeJwt({ sub: `new-${n}` })))
        .getCredentials()
        .catch(({ code }: { code: string }) => code),
    );
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 10 }, () => 'unavailable'));
    expect(w.attempts.length).toBe(before);
  });
});

describe('the tokens of earlier requests', () => {
  const subs = (): unknown[] => earlierTokens('p').map(({ token }) => token.claims.sub);

  it('come in this order: accepted by a cloud, not presented yet, refused; each time the most recent first', async () => {
    const w = fixture({
      answer: ({ sub }) => (sub === 'accepted' ? undefined : Promise.reject(refusal('token_rejected'))),
    });
    await ask(w, request(w, 'refused'));
    await ask(w, request(w, 'accepted'));
    request(w, 'older');
    request(w, 'newer');
    request(w, 'refused');
    expect(subs()).toEqual(['accepted', 'newer', 'older', 'refused']);
  });

  it('are few: a flood takes the place of no token that a cloud has accepted, and expired ones go', async () => {
    const w = fixture();
    await ask(w, request(w, 'accepted'));
    for (let n = 0; n < 50; n++) request(w, `forged-${n}`);
    expect(subs()).toHaveLength(8);
    expect(subs().slice(0, 2)).toEqual(['accepted', 'forged-49']);
    const end = 9_999_999_999_000;
    rememberEarlier('p', readSubjectToken(makeJwt({ sub: 'late', exp: end / 1_000 + 1 })), end);
    expect(subs()).toEqual(['late']);
    rememberEarlier('p', readSubjectToken(makeJwt({ sub: 'expired', exp: end / 1_000 })), end);
    expect(subs()).toEqual(['late']);
  });
});
