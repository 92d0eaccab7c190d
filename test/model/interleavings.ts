/**
 * Random interleavings of identity × target × policy × `expect` × claims challenge × tokens of others and forged ones,
 * all over one cache. What a cloud issues names the token it was issued for and what was asked, so that any
 * mix-up shows, in flight and at rest.
 */

import { FederationError } from '@credex/core';
import type { Instant } from './manual-time.js';
import { manualTime, turn } from './manual-time.js';
import { seededRandom } from './simulation.js';
import type { Core } from './explorer-harness.js';
import type { Desk, Person } from './interleaving-cloud.js';
import { DESKS, PEOPLE, createCloud } from './interleaving-cloud.js';

interface Asked {
  readonly who: Person;
  readonly desk: Desk;
  readonly scope: string;
  readonly claims: string;
  readonly at: Instant;
  readonly controller: AbortController | undefined;
  end: { readonly credential: Ticket } | { readonly error: unknown } | undefined;
}

type Ticket = Awaited<ReturnType<ReturnType<typeof createCloud>['call']>>;

const STEPS = 7;
/** Into the refresh window, into the last minute, past the end; and a moment. */
const JUMPS = [1_000, 2_800_000, 3_545_000, 3_600_000];

export interface Interleaved {
  readonly calls: number;
  readonly exchanges: number;
}

/**
 * One run: a setting and an order of steps, both drawn from the seed.
 * @throws Error that names the seed and the steps
 */
export async function interleave(core: Core, seed: number): Promise<Interleaved> {
  const random = seededRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const time = manualTime();
  const cache = core.createCredentialCache();
  const cloud = createCloud(core, { time, cache, random });
  // Few of each, so that they meet.
  const people = [pick(PEOPLE), pick(PEOPLE), pick(PEOPLE)];
  const desks = [pick(DESKS), pick(DESKS)];
  const scopes = random() < 0.5 ? [''] : ['', 's'];
  const asked: Asked[] = [];
  const steps: string[] = [];

  const ask = (): void => {
    const who = pick(people);
    const desk = pick(desks);
    const scope = pick(scopes);
    const claims = random() < 0.15 ? 'x' : '';
    const force = random() < 0.1;
    const controller = random() < 0.15 ? new AbortController() : undefined;
    steps.push(`${who.name}@${desk.name}${scope}${claims}${force ? '!' : ''}`);
    const one: Asked = { who, desk, scope, claims, at: time.now(), controller, end: undefined };
    asked.push(one);
    cloud.call(who, desk, { scope, claims, force, signal: controller?.signal }).then(
      (credential) => (one.end = { credential }),
      (error: unknown) => (one.end = { error }),
    );
  };

  try {
    for (let step = 0; step < STEPS; step++) {
      const drawn = random();
      if (drawn < 0.6) ask();
      else if (drawn < 0.8) steps.push(`release ${cloud.release()}`);
      else if (drawn < 0.88) {
        steps.push('abort');
        pick(asked.length === 0 ? [undefined] : asked)?.controller?.abort();
      } else if (drawn < 0.93) {
        const who = pick(people);
        steps.push(`invalidate ${who.name}`);
        cloud.invalidate(who, pick(desks));
      } else {
        // A request that is under way would run into its limit: that is another proof's matter.
        await cloud.releaseAll();
        const ms = pick(JUMPS);
        steps.push(`wait ${ms}`);
        await time.advance(ms);
      }
      // Now and then in the middle of what the engine does between two waits.
      if (random() < 0.5) await turn();
      else for (let some = Math.floor(random() * 8); some > 0; some--) await Promise.resolve();
    }
    await cloud.releaseAll();
    for (const one of asked) judge(one, cloud.failing);
    atRest(cache);
  } catch (thrown) {
    throw new Error(`CREDEX_SEED=${seed}: ${(thrown as Error).message}\n  steps: ${steps.join(' · ')}`);
  }
  return { calls: asked.length, exchanges: cloud.exchanges() };
}

/** What one caller got: what is its own, and at once unless its own token failed. */
function judge({ who, desk, scope, claims, controller, end }: Asked, failing: ReadonlySet<string>): void {
  const caller = `${who.name} at ${desk.name}${scope}${claims}`;
  if (end === undefined) throw new Error(`${caller} waits for ever`);
  if ('credential' in end) {
    const { owner, policy, scope: got, claims: answered } = end.credential;
    if (who.name === 'forger') throw new Error(`${caller} found something with a forged token`);
    if (!who.mayHold.includes(owner)) throw new Error(`${caller} got the credential of ${owner}`);
    if (policy !== desk.policy || got !== scope) throw new Error(`${caller} got ${policy}${got}`);
    if (claims !== '' && answered !== claims) throw new Error(`${caller} got an answer to another challenge`);
    // Where its own token is read, `expect` is checked against it.
    if (desk.expects !== undefined && who.mayHold.length === 1 && who.project !== desk.expects)
      throw new Error(`${caller} passed an expectation that it does not meet`);
    return;
  }
  const { error } = end;
  if (!FederationError.isInstance(error)) throw new Error(`${caller} got ${String(error)}`);
  if (error.code === 'aborted') {
    if (controller?.signal.aborted !== true) throw new Error(`${caller} got another's abort`);
    return;
  }
  const meets = desk.expects === undefined || who.project === desk.expects;
  if (meets && !who.mayFailWith.some((name) => failing.has(name)))
    throw new Error(`${caller} failed with ${error.code} though its own token is good`);
}

/** What is cached: one owner, policy, scope and expectation for each key, and no refresh in flight. */
function atRest({ state }: ReturnType<Core['createCredentialCache']>): void {
  if (state.refreshes.size > 0) throw new Error('an exchange is left at rest');
  const keys = new Map<string, string>();
  for (const [key, { cached }] of state.entries) {
    if (cached === undefined) continue;
    const { owner, policy, scope, expects } = cached.credential as Ticket;
    const name = `${owner} ${policy} ${scope} ${expects ?? ''}`;
    const other = keys.get(name);
    if (other !== undefined && other !== key) throw new Error(`${name} is cached twice`);
    keys.set(name, key);
    const text = [...state.keys].find(([, made]) => made === key)?.[0] ?? '';
    const { otherIdentity, identityKey: named } = PEOPLE.find((who) => who.name === owner) as Person;
    const identityKey = otherIdentity ? undefined : named;
    if (identityKey !== undefined && !text.includes(`platform:${identityKey}`))
      throw new Error(`the credential of ${owner} is cached under another's key`);
    if (identityKey === undefined && text.includes('platform:'))
      throw new Error(`the credential of ${owner} is cached under the key of an identity key`);
    if (!text.includes(policy)) throw new Error(`policy ${policy} is cached under another's key`);
  }
}

/** @param count how many runs, from that seed on */
export async function interleaveMany(core: Core, seed: number, count: number): Promise<Interleaved> {
  let calls = 0;
  let exchanges = 0;
  for (let index = 0; index < count; index++) {
    const done = await interleave(core, seed + index);
    calls += done.calls;
    exchanges += done.exchanges;
  }
  return { calls, exchanges };
}
