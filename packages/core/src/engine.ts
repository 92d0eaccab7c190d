/** The thin engine around the policy: keeps what flights bring, and never decides anything by itself. */

import type { Flight, FlightOutcome, Held, Slot } from './cache.js';
import { findSlot, promote, slotOf } from './cache.js';
import { frozenRecord, isNested } from './caller-copy.js';
import { momentOf, since } from './clock.js';
import type { Credential, Subject } from './contract.js';
import type { FederationError } from './errors.js';
import { warner } from './events.js';
import type { FlightPlan, FlightTools, Landing } from './flight.js';
import { depart, overAlready } from './flight.js';
import { sharesFlights } from './invocation.js';
import { tokenDigest } from './keys.js';
import type { Situation } from './policy.js';
import { holdOf } from './policy.js';
import { SHORTEST_LIFETIME_MS, lifetimeOf, scheduleOf } from './schedule.js';
import { subjectTokenOf } from './subject-token.js';
import type { Failure, Trouble } from './trouble.js';
import { countUnproven, isUnproven, roomForUnproven } from './unproven.js';
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
  /** The error of a caller for whose exchange there is no room: its token never brought a credential. */
  crowded(key: string, subject: Subject): FederationError | undefined;
  /** What departs from now on is newer than any flight under way, whichever ends later. */
  supersede(key: string): void;
  start(name: FlightName, plan: Omit<FlightPlan<R>, 'slot'>): Flight;
  situation(name: FlightName, slot: Slot): Situation;
  /** Whether some token was refused for this request, so that it matters whose token asks. */
  tokenTroubles(name: FlightName, slot: Slot): boolean;
  /** The refusal that still stands for this request, or for this very token. */
  standing(name: FlightName, slot: Slot, urgent: boolean): Trouble | undefined;
  readonly tools: FlightTools<C, R>;
}

export function createEngine<C extends Credential, R>(tools: FlightTools<C, R>): Engine<C, R> {
  const { cache, clock, random, emitter, exchanger } = tools;
  const { provider } = exchanger;
  const { state } = cache;
  const shared = sharesFlights();
  const evicted = (): void => emitter.emit({ type: 'evicted', provider });
  let clampedSaid = false;

  return {
    tools,
    slot: (key) => slotOf(cache, key, provider, evicted),
    flight(name) {
      const flight = shared ? state.flights.get(flightText(name)) : undefined;
      if (flight === undefined) return undefined;
      const slot = findSlot(state, name.key);
      if (!isOutdated(flight, slot) && since(flight.departed, clock) < flight.abandonAfterMs) return flight;
      state.flights.delete(flightText(name));
      if (slot !== undefined) slot.generation = ++state.sequence;
      flight.abandon();
      return undefined;
    },
    crowded(key, subject) {
      return isUnproven(subject, this.slot(key))
        ? roomForUnproven(cache, provider, clock, random)
        : undefined;
    },
    supersede(key) {
      this.slot(key).generation = ++state.sequence;
    },
    start(name, plan) {
      const slot = this.slot(name.key);
      const text = flightText(name);
      emitter.emit({ type: 'exchange-started', provider });
      slot.exchanges += 1;
      const flight = depart(tools, { ...plan, slot }, async (landing, landed) => {
        try {
          return await land(name, plan.subject.partition !== undefined, landing, landed);
        } finally {
          // Not before what it brought is kept: whoever comes between would start another.
          if (state.flights.get(text) === landed) state.flights.delete(text);
        }
      });
      if (shared) state.flights.set(text, flight);
      if (isUnproven(plan.subject, slot)) countUnproven(cache, provider, clock, flight);
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
    standing(name, slot, urgent) {
      const trouble = slot.troubles.get(troubleText(name));
      return trouble !== undefined && since(trouble.since, clock) < holdOf(trouble, urgent)
        ? trouble
        : undefined;
    },
  };

  /** `manyTokens`: the key does not name the token, so that a token's failure must be told apart from others'. */
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
        const failure: Failure = {
          kind: advice.retry === 'now' ? 'backoff' : 'rejected',
          error,
          throttled: advice.throttled === true,
        };
        if (!dependsOnToken(error.code)) return failed(name.key, error, failure, name, flight, durationMs);
        // Nothing was asked of the cloud: there is nothing to spare it.
        if (!flight.sent) return failed(name.key, error, undefined, undefined, flight, durationMs);
        const digest =
          name.digest ?? (token === undefined ? undefined : await tokenDigest(cache, token, clock.now()));
        const where = digest === undefined && manyTokens ? undefined : { ...name, digest };
        return failed(name.key, error, failure, where, flight, durationMs);
      }
      case 'out-of-time':
        return failed(name.key, landing.error, undefined, undefined, flight, durationMs);
      case 'misuse':
        emitter.emit({ type: 'exchange-failed', provider, durationMs, code: 'invalid_request' });
        return landing;
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
    if (lifetimeMs < SHORTEST_LIFETIME_MS) {
      const error = overAlready(provider, lifetimeMs);
      const failure: Failure = { kind: 'backoff', error, throttled: false };
      return failed(name.key, error, failure, name, flight, durationMs);
    }
    const credential = frozenRecord(issued.credential);
    const hintAge = issued.refreshAt === undefined ? undefined : issued.refreshAt - received.wall;
    const schedule = scheduleOf(lifetimeMs, hintAge, random(), cache);
    sayClamped(lifetimeMs);
    emitter.emit({ type: 'exchange-succeeded', provider, durationMs, expiresAt: credential.expiresAt });
    const slot = slotOf(cache, name.key, provider, evicted);
    if (!isOutdated(flight, slot) && supersedes(slot.held, slot.invalidated, flight, credential)) {
      const sequence = ++state.sequence;
      slot.held = {
        credential,
        nested: isNested(credential),
        received,
        schedule,
        generation: flight.generation,
        sequence,
      };
      slot.invalidated = false;
      slot.troubles.clear();
      slot.lastError = undefined;
      promote(cache, name.key, slot, evicted);
    }
    return { kind: 'issued', credential };
  }

  /** Said once: a window that the lifetimes received have no room for. */
  function sayClamped(lifetimeMs: number): void {
    const { refreshAheadMs, profile } = cache;
    if (clampedSaid || profile !== 'default' || refreshAheadMs === undefined) return;
    if (refreshAheadMs < lifetimeMs / 2) return;
    clampedSaid = true;
    emitter.emit({
      type: 'warning',
      provider,
      message: `\`refreshAheadMs\` (${refreshAheadMs}) is clamped to half of the lifetime received (${Math.round(lifetimeMs)} ms).`,
    });
  }

  /** `where`: what the failure is held against, if anything. */
  function failed(
    key: string,
    error: FederationError,
    failure: Failure | undefined,
    where: Pick<FlightName, 'request' | 'digest'> | undefined,
    flight: Flight,
    durationMs: number,
  ): FlightOutcome {
    emitter.emit({ type: 'exchange-failed', provider, durationMs, code: error.code });
    const slot = findSlot(state, key);
    if (slot !== undefined) {
      slot.failures += 1;
      slot.lastError = error;
      // An outdated flight says nothing of how things stand now.
      if (failure !== undefined && where !== undefined && flight.generation >= slot.generation)
        remember(slot, troubleText(where), failure);
    }
    return { kind: 'failed', error, failure };
  }

  function remember(slot: Slot, text: string, failure: Failure): void {
    const { held } = slot;
    const age = held === undefined ? 0 : since(held.received, clock);
    const usable = held !== undefined && !slot.invalidated && age < held.schedule.usableAge;
    const untilMust = usable ? Math.max(0, held.schedule.mustAge - age) : undefined;
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

/** Whether what it brings is dropped: it departed before an invalidation. */
function isOutdated({ generation, slot: own }: Flight, slot: Slot | undefined): boolean {
  return generation < Math.max(own.leastGeneration, slot?.leastGeneration ?? 0);
}

/**
 * Generation first: after a revocation the older token may well end later. Within one, a refresh takes the place of
 * what it refreshed, though it ends earlier; of two flights that were under way together, the later expiry.
 */
function supersedes(
  held: Held | undefined,
  invalidated: boolean,
  { generation, sequence }: Pick<Flight, 'generation' | 'sequence'>,
  credential: Credential,
): boolean {
  if (held === undefined || invalidated || generation > held.generation) return true;
  if (generation < held.generation) return false;
  return sequence > held.sequence || credential.expiresAt >= held.credential.expiresAt;
}

interface DigestTools extends Pick<FlightTools<Credential, never>, 'cache' | 'clock' | 'emitter'> {
  readonly exchanger: { readonly provider: string };
}

/** The caller's own token, for a key that names it. */
export async function ownDigest(
  { cache, clock, emitter, exchanger }: DigestTools,
  subject: Subject,
  signal: AbortSignal,
): Promise<{ readonly digest: string; readonly subject: Subject }> {
  const warn = warner(emitter, exchanger.provider);
  const token = await subjectTokenOf(subject, { audience: undefined, fresh: false, signal, warn });
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
