/** Random schedules of calls over a store that drops, delays, replays, swaps and lies; the rules are checked after each. */

import type { CredentialEvent } from '../events.js';
import type { Fixture, Secret } from '../provider.fixture.js';
import { makeJwt, settle, sourceOf } from '../provider.fixture.js';
import { randomOf } from './store-fleet.fixture.js';
import type { Fleet } from './store.fixture.js';
import { fleet } from './store.fixture.js';
import './store-stage.js';

export interface Schedule {
  /** Violations of the rules, in words; none is expected. */
  readonly violations: readonly string[];
  /** Operations of the store, each met with something. */
  readonly operations: number;
  readonly outcomes: ReadonlySet<string>;
}

interface Process {
  readonly own: Fixture;
  readonly providers: ReadonlyMap<string, ReturnType<Fixture['provider']>>;
  /** Values that a service refused, by this process's knowledge. */
  readonly refused: Set<string>;
  last: { readonly provider: string; readonly credential: Secret } | undefined;
}

const PROCESSES = 2;
const STEPS = 30;
// One of them is called more often, so that a process refreshes the same credential again and again.
const IDENTITIES = ['a', 'b'];
const SCOPES = ['', '', '', 's'];

export async function runSchedule(seed: number): Promise<Schedule> {
  const random = randomOf(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const shared = fleet({ waitForLeaderMs: pick([0, 200, 600]) });
  const { clock, exchanges: _exchanges } = shared;
  makeHostile(shared, random, pick);
  let exchanges = 0;
  const violations: string[] = [];
  const pending: Promise<unknown>[] = [];
  const processes = Array.from({ length: PROCESSES }, (): Process => {
    const own = shared.instance({
      random,
      async answer({ request, sub }) {
        const n = (exchanges += 1);
        if (random() < 0.3) await new Promise<void>((resolve) => clock.setTimeout(resolve, 800 * random()));
        if (random() < 0.1) throw new Error('refused');
        const lifetimeMs = pick([60_000, 200_000, 3_600_000]);
        return {
          credential: { value: `${sub}/${request.scope ?? ''}/${n}`, expiresAt: clock.now() + lifetimeMs },
        };
      },
    });
    const providers = new Map(
      IDENTITIES.flatMap((identityKey) => {
        const jwt = makeJwt({ sub: identityKey, environment: 'production' });
        const source = sourceOf(() => jwt, {
          identityKey,
          matchesIdentity: ({ sub }) => sub === identityKey,
        });
        return [
          [`${identityKey} with`, own.provider(source)],
          [`${identityKey} without`, own.provider(source, { store: undefined })],
        ] as const;
      }),
    );
    return { own, providers, refused: new Set(), last: undefined };
  });

  const call = (one: Process): void => {
    const name = random() < 0.7 ? 'a with' : pick([...one.providers.keys()]);
    const identity = name.slice(0, 1);
    const scope = pick(SCOPES);
    const forceRefresh = random() < 0.25;
    const before = exchanges;
    const refused = new Set(one.refused);
    const minValidityMs = random() < 0.1 ? 100_000 : undefined;
    const request = { scope };
    const serving = (one.providers.get(name) as ReturnType<Fixture['provider']>).getCredentials({
      request,
      forceRefresh,
      minValidityMs,
    });
    pending.push(
      serving.then(
        (credential) => {
          const [sub, of, n] = credential.value.split('/');
          if (sub !== identity || of !== scope) violations.push(`${seed}: ${credential.value} for ${name}`);
          if (credential.expiresAt <= clock.now()) violations.push(`${seed}: an expired credential`);
          if (refused.has(credential.value)) violations.push(`${seed}: a refused credential`);
          if (forceRefresh && Number(n) <= before) violations.push(`${seed}: a forced call got an older one`);
          one.last = { provider: name, credential };
        },
        () => undefined,
      ),
    );
  };

  const invalidate = ({ own, providers, refused, last }: Process): void => {
    if (last === undefined) return;
    const count = (): number =>
      own.events.filter(({ type }: CredentialEvent) => type === 'invalidated').length;
    const before = count();
    providers.get(last.provider)?.invalidate(last.credential);
    if (count() > before) refused.add(last.credential.value);
  };

  /** Into the refresh window, which the random steps seldom meet. */
  const untilRefresh = ({ providers }: Process): number => {
    const { refreshAt = 0 } = (providers.get('a with') as ReturnType<Fixture['provider']>).status();
    return Math.max(1, refreshAt - clock.now());
  };

  for (let step = 0; step < STEPS; step++) {
    const one = pick(processes);
    const what = random();
    if (what < 0.55) call(one);
    else if (what < 0.65) invalidate(one);
    else if (what < 0.7) {
      await clock.advance(untilRefresh(one));
      call(one);
    } else
      await clock.advance(
        pick([1, 40, 200, 1_500, 12_000, 30_000, 60_000, 170_000, 2_800_000]) * (0.3 + 0.7 * random()),
      );
    if (random() < 0.5) await settle();
    else for (let turns = 12 * random(); turns > 0; turns--) await Promise.resolve();
  }
  // Every wait has an end: the longest is that of a refresh, and of the calls that start again after one.
  await clock.advance(60_000);
  const isDone = await Promise.race([Promise.all(pending).then(() => true), settle().then(() => false)]);
  if (!isDone) violations.push(`${seed}: a call that never ends`);
  return {
    violations,
    operations: shared.engine.operations.length,
    outcomes: new Set(
      processes.flatMap(({ own }) =>
        own.events.flatMap((event) => (event.type === 'store' ? [event.outcome] : [])),
      ),
    ),
  };
}

/** The engine answers as someone would who may write it, but has no key. */
function makeHostile(
  { engine, clock }: Fleet,
  random: () => number,
  pick: <T>(from: readonly T[]) => T,
): void {
  const written: { readonly name: string; readonly record: string }[] = [];
  const { get, set, lock, unlock } = engine;
  const drops = random() < 0.2 ? 0.6 : 0.06;
  engine.before = () => {
    const what = random();
    if (what < drops) throw new Error('dropped');
    if (what < 0.08) return new Promise(() => undefined);
    if (what < 0.3) return new Promise<void>((resolve) => clock.setTimeout(resolve, 250 * random()));
    return undefined;
  };
  engine.set = async (name, record, ttlMs, options) => {
    written.push({ name, record });
    // Withheld.
    if (random() < 0.1) return engine.before('set', name) as void;
    await set(name, record, ttlMs * (random() < 0.2 ? 5 : 1), options);
  };
  engine.get = async (name, options) => {
    const found = await get(name, options);
    if (name.endsWith(':lock') || written.length === 0 || random() < 0.6) return found;
    // Replayed, or of another name; with any time to live.
    const own = written.filter((one) => one.name === name);
    const { record } = pick(own.length > 0 && random() < 0.8 ? own : written);
    return { record, ttlMs: random() < 0.5 ? undefined : 4_000_000 * random() };
  };
  engine.lock = async (...given) => (await lock(...given)) !== random() < 0.2;
  engine.unlock = (...given) => (random() < 0.3 ? Promise.resolve() : unlock(...given));
}
