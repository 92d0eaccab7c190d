/** The thin engine around the policy: keeps what flights bring, and never decides anything by itself. */

import type { CredentialCache, Flight, FlightOutcome, Held, Slot } from './cache.js';
import { slotOf } from './cache.js';
import { momentOf, since } from './clock.js';
import type { Clock, Credential, Subject } from './contract.js';
import { FederationError } from './errors.js';
import type { FlightPlan, FlightTools, Landing } from './flight.js';
import { ABANDONED_AFTER_MS, depart } from './flight.js';
import { sharesFlights } from './invocation.js';
import { tokenDigest } from './keys.js';
import type { Situation } from './policy.js';
import { holdOf } from './policy.js';
import { SHORTEST_LIFETIME_MS, lifetimeOf, scheduleOf } from './schedule.js';
import type { Failure, Trouble } from './trouble.js';
import { dependsOnToken, troubleAfter } from './trouble.js';

/** Names the exchange that callers may share: the value's key, the request, and the token where it stands apart. */
export interface FlightName {
  readonly key: string;
  /** Canonical text of the request. */
  readonly request: string;
  /** Of the caller's own token, where the partition's common flight met with a failure of another token. */
  readonly digest: string | undefined;
}

/** Troubles are few: one for each request and refused token of one key. */
const MAX_TROUBLES = 16;

export interface Engine<C extends Credential, R> {
  slot(key: string): Slot;
  /** The flight to join, if there is one; one that outlived its time is abandoned here. */
  flight(name: FlightName): Flight | undefined;
  /** What departs from now on is newer than any flight under way, whichever ends later. */
  supersede(key: string): void;
  start(name: FlightName, plan: Omit<FlightPlan<R>, 'generation'>): Flight;
  situation(name: FlightName, slot: Slot): Situation;
  /** Whether some token was refused for this request, so that it matters whose token asks. */
  tokenTroubles(name: FlightName, slot: Slot): boolean;
  /** The refusal that still stands for this request, or for this very token. */
  standing(name: FlightName, slot: Slot): Trouble | undefined;
  readonly tools: FlightTools<C, R>;
}

export function createEngine<C extends Credential, R>(tools: FlightTools<C, R>): Engine<C, R> {
  const { cache, clock, random, emitter, exchanger } = tools;
  const { provider } = exchanger;
  const { state } = cache;
  const shared = sharesFlights();

  return {
    tools,
    slot: (key) => slotOf(cache, key, provider, () => emitter.emit({ type: 'evicted', provider })),
    flight(name) {
      const flight = shared ? state.flights.get(flightText(name)) : undefined;
      if (flight === undefined) return undefined;
      const slot = state.slots.get(name.key);
      const outdated = slot !== undefined && flight.generation < slot.leastGeneration;
      if (!outdated && since(flight.departed, clock) < ABANDONED_AFTER_MS) return flight;
      state.flights.delete(flightText(name));
      if (slot !== undefined) slot.generation += 1;
      flight.abandon();
      return undefined;
    },
    supersede(key) {
      this.slot(key).generation += 1;
    },
    start(name, plan) {
      const slot = this.slot(name.key);
      const text = flightText(name);
      emitter.emit({ type: 'exchange-started', provider });
      slot.exchanges += 1;
      const flight = depart(tools, { ...plan, generation: slot.generation }, (landing, landed) => {
        if (state.flights.get(text) === landed) state.flights.delete(text);
        // A token's failure is told apart from others' only where the key does not name the token itself.
        return land(name, plan.subject.partition !== undefined || name.digest !== undefined, landing, landed);
      });
      if (shared) state.flights.set(text, flight);
      return flight;
    },
    situation(name, slot) {
      const trouble = slot.troubles.get(troubleText(name));
      return {
        schedule: slot.held?.schedule,
        age: slot.held === undefined ? 0 : since(slot.held.received, clock),
        invalidated: slot.invalidated,
        trouble,
        troubleAge: trouble === undefined ? 0 : since(trouble.since, clock),
        flying: this.flight(name) !== undefined,
      };
    },
    tokenTroubles(name, slot) {
      for (const text of slot.troubles.keys()) if (text.startsWith(`${name.request}\n`)) return true;
      return false;
    },
    standing(name, slot) {
      const trouble = slot.troubles.get(troubleText(name));
      return trouble !== undefined && since(trouble.since, clock) < holdOf(trouble, true)
        ? trouble
        : undefined;
    },
  };

  async function land(
    name: FlightName,
    manyTokens: boolean,
    landing: Landing<C>,
    flight: Flight,
  ): Promise<FlightOutcome> {
    const durationMs = since(flight.departed, clock);
    switch (landing.kind) {
      case 'issued':
        return keep(name, landing, flight, durationMs);
      case 'failed': {
        const { error, advice, token } = landing;
        const digest = token === undefined ? undefined : await tokenDigest(cache, token, clock.now());
        const bound = dependsOnToken(error.code);
        // Nothing was asked of the cloud: there is nothing to spare it.
        const failure: Failure | undefined =
          bound && !flight.sent
            ? undefined
            : {
                kind: advice.retry === 'now' ? 'backoff' : 'rejected',
                error,
                throttled: advice.throttled === true,
              };
        return failed(name, error, failure, bound && manyTokens ? digest : undefined, flight, durationMs);
      }
      case 'out-of-time':
        return failed(name, landing.error, undefined, undefined, flight, durationMs);
      case 'foreign-subject':
        emitter.emit({ type: 'partition-mismatch', provider });
        return { kind: 'foreign-subject' };
      case 'abandoned':
        emitter.emit({ type: 'abandoned', provider });
        return { kind: 'abandoned' };
    }
  }

  function keep(
    name: FlightName,
    landing: Extract<Landing<C>, { kind: 'issued' }>,
    flight: Flight,
    durationMs: number,
  ): FlightOutcome {
    const { issued, received } = landing;
    const lifetimeMs = lifetimeOf(issued, received.wall);
    if (!(lifetimeMs >= SHORTEST_LIFETIME_MS)) {
      const error = overAlready(provider, lifetimeMs);
      return failed(name, error, { kind: 'backoff', error, throttled: false }, undefined, flight, durationMs);
    }
    const credential = Object.freeze(issued.credential);
    const hintAge = issued.refreshAt === undefined ? undefined : issued.refreshAt - received.wall;
    const schedule = scheduleOf(lifetimeMs, hintAge, random(), cache);
    const slot = slotOf(cache, name.key, provider, () => emitter.emit({ type: 'evicted', provider }));
    emitter.emit({ type: 'exchange-succeeded', provider, durationMs, expiresAt: credential.expiresAt });
    if (supersedes(slot, flight.generation, credential)) {
      slot.held = { credential, received, schedule, generation: flight.generation };
      slot.invalidated = false;
    }
    slot.troubles.clear();
    slot.lastError = undefined;
    return { kind: 'issued', credential };
  }

  function failed(
    name: FlightName,
    error: FederationError,
    failure: Failure | undefined,
    digest: string | undefined,
    flight: Flight,
    durationMs: number,
  ): FlightOutcome {
    emitter.emit({ type: 'exchange-failed', provider, durationMs, code: error.code });
    const slot = state.slots.get(name.key);
    if (slot !== undefined) {
      slot.failures += 1;
      slot.lastError = error;
      // An outdated flight says nothing of how things stand now.
      if (failure !== undefined && flight.generation >= slot.generation)
        remember(slot, troubleText({ ...name, digest }), failure);
    }
    return { kind: 'failed', error, failure, digest };
  }

  function remember(slot: Slot, text: string, failure: Failure): void {
    const held = slot.held;
    const untilMust =
      held === undefined || slot.invalidated
        ? 0
        : Math.max(0, held.schedule.mustAge - since(held.received, clock));
    const trouble: Trouble = troubleAfter(
      failure,
      slot.troubles.get(text),
      momentOf(clock),
      untilMust,
      random(),
      cache.profile,
    );
    slot.troubles.delete(text);
    slot.troubles.set(text, trouble);
    while (slot.troubles.size > MAX_TROUBLES)
      slot.troubles.delete(slot.troubles.keys().next().value as string);
  }
}

/** Generation first; the later expiry only within one: after a revocation the older token may well end later. */
export function supersedes(slot: Slot, generation: number, credential: Credential): boolean {
  if (generation < slot.leastGeneration) return false;
  const held: Held | undefined = slot.held;
  if (held === undefined || slot.invalidated || generation > held.generation) return true;
  return generation === held.generation && credential.expiresAt >= held.credential.expiresAt;
}

/** The caller's own token, for a key that names it. */
export async function ownDigest(
  cache: CredentialCache,
  clock: Clock,
  subject: Subject,
  signal: AbortSignal,
): Promise<{ readonly digest: string; readonly subject: Subject }> {
  const token = await subject.token({ audience: undefined, fresh: false, signal });
  const digest = await tokenDigest(cache, token, clock.now());
  return {
    digest,
    subject: {
      partition: undefined,
      token: (wanted) =>
        wanted.fresh || wanted.audience !== undefined ? subject.token(wanted) : Promise.resolve(token),
    },
  };
}

function flightText({ key, request, digest }: FlightName): string {
  return `${key}\n${request}\n${digest ?? ''}`;
}

function troubleText({ request, digest }: Pick<FlightName, 'request' | 'digest'>): string {
  return digest === undefined ? request : `${request}\n${digest}`;
}

function overAlready(provider: string, lifetimeMs: number): FederationError {
  return new FederationError({
    code: 'clock_skew',
    provider,
    message: `The credential that was issued ends in ${Math.round(lifetimeMs / 1000)} seconds by the clock of this machine.`,
    hint: 'Set the clock of this machine; if it is right, ask for a longer duration.',
  });
}
