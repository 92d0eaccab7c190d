/** One call, from what the policy decided to what the caller gets. */

import type { Flight, FlightOutcome, Slot } from './cache.js';
import { touch } from './cache.js';
import { canonicalJson } from './canonical.js';
import { since } from './clock.js';
import type { Credential, Json, Subject } from './contract.js';
import type { Engine, FlightName } from './engine.js';
import { ownDigest } from './engine.js';
import { FederationError } from './errors.js';
import type { Invocation } from './invocation.js';
import type { Patience } from './patience.js';
import { invocationLeft, patiently, settledWithin } from './patience.js';
import type { Decision, Situation } from './policy.js';
import type { Trouble } from './trouble.js';
import { dependsOnToken } from './trouble.js';

/** One caller of one key. */
export interface Ask<R> {
  readonly key: string;
  readonly subject: Subject;
  readonly request: R;
  readonly lateRequest: (() => Promise<Partial<R>>) | undefined;
  /** `no`: what is held may answer; `joining`: it may not, but an exchange for the same request may. */
  readonly anew: 'no' | 'joining' | 'after-now';
  readonly signal: AbortSignal | undefined;
  readonly invocation: Invocation | undefined;
  /** The cache's count when the call came: what departed later is newer than the call. */
  readonly sequence: number;
}

type Boarded = { readonly flight: Flight; readonly joined: boolean } | { readonly refused: Trouble };

/** No background refresh starts with less of the invocation left. */
const LEAST_INVOCATION_MS = 2_000;
/** How long the leader waits where the platform freezes and has no waitUntil. */
const FREEZE_WAIT_MS = 1_000;
/** A caller asks again after an abandoned flight, or one that failed for another's token; not for ever. */
const MAX_PASSES = 8;

/** The credential; `undefined`: the caller's token is of another identity than its partition says. */
export async function resolve<C extends Credential, R>(
  engine: Engine<C, R>,
  choose: (situation: Situation) => Decision,
  ask: Ask<R>,
): Promise<C | undefined> {
  const { emitter, exchanger, clock, cache } = engine.tools;
  const { provider } = exchanger;
  const { key, subject } = ask;
  const patience: Patience = {
    provider,
    clock,
    signal: ask.signal,
    invocation: ask.invocation,
    limitMs: 2 * engine.tools.timeoutMs,
  };
  if (ask.anew === 'no') {
    const slot = cache.state.slots.get(key);
    if (slot !== undefined && isFresh(slot)) return serve(slot);
  }
  const request: R =
    ask.lateRequest === undefined ? ask.request : { ...ask.request, ...(await ask.lateRequest()) };
  const name: FlightName = { key, request: canonicalJson(request as Json), digest: undefined };

  /** Another's token failed where this caller had joined: from then on its own is asked with. */
  let apart = false;
  let last: FederationError | undefined;
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const decision: Decision =
      ask.anew === 'no' ? choose(engine.situation(name, engine.slot(key))) : { do: 'wait' };
    if (decision.do === 'serve') return serve(engine.slot(key));
    if (decision.do === 'refuse') throw refusal(decision.error);
    if (decision.do === 'serve-and-refresh') await refreshBeside(engine.slot(key));
    else {
      const boarded = await board(decision.do !== 'wait-briefly');
      if ('refused' in boarded) {
        last = boarded.refused.error;
        // The AWS SDKs' rule: a hopeless error is raised early, while the credential is still good.
        if (cache.profile === 'aws-sdk' && boarded.refused.kind === 'rejected') throw refusal(last);
      } else if (decision.do === 'wait-briefly') {
        await settledWithin(
          patience,
          boarded.flight.outcome,
          Math.min(decision.atMostMs, invocationLeft(patience)),
        );
      } else {
        const outcome = await waitFor(boarded.flight);
        if (outcome.kind === 'issued') return served(outcome.credential as C, 'exchange');
        if (outcome.kind === 'foreign-subject' && (!boarded.joined || (await isForeign()))) return undefined;
        if (outcome.kind === 'failed') {
          last = outcome.error;
          const anothers =
            boarded.joined && !apart && subject.partition !== undefined && dependsOnToken(last.code);
          if (anothers) apart = true;
          else if (decision.do !== 'wait-or-held' || outcome.failure?.kind === 'rejected') throw last;
          else return serve(engine.slot(key));
        }
        continue;
      }
    }
    const slot = engine.slot(key);
    if (ask.anew === 'no' && servable(slot)) return serve(slot);
    if (last !== undefined) throw refusal(last);
  }
  throw last ?? tooOften();

  /** The flight to wait for: one to join, or a new one. Runs to its start without a pause where no token was refused. */
  async function board(urgent: boolean): Promise<Boarded> {
    let named = name;
    let own = subject;
    const slot = engine.slot(key);
    if (subject.partition !== undefined && (apart || engine.tokenTroubles(name, slot))) {
      const mine = await patiently(patience, (signal) => ownDigest(cache, clock, subject, signal));
      named = { ...name, digest: mine.digest };
      own = mine.subject;
    }
    for (;;) {
      const flight = engine.flight(named);
      if (
        flight !== undefined &&
        (ask.anew !== 'after-now' || !flight.sent || flight.sequence > ask.sequence)
      ) {
        if (urgent) flight.urgent = true;
        return { flight, joined: true };
      }
      if (flight !== undefined) {
        await waitFor(flight);
        continue;
      }
      const refused =
        named.digest === undefined && ask.anew === 'no'
          ? undefined
          : engine.standing(named, engine.slot(key));
      if (refused !== undefined) return { refused };
      if (ask.anew !== 'no') engine.supersede(key);
      const started = engine.start(named, {
        subject: own,
        covers: subject.covers?.bind(subject),
        request,
        urgent,
      });
      return { flight: started, joined: false };
    }
  }

  /** A refresh that nobody waits for, unless the platform would freeze it. */
  async function refreshBeside(slot: Slot): Promise<void> {
    const { invocation } = ask;
    if (invocation?.deadline !== undefined && invocation.deadline - clock.now() < LEAST_INVOCATION_MS) return;
    if (subject.partition !== undefined && engine.tokenTroubles(name, slot)) {
      // Whose token asks matters, and reading it may take I/O: not in this call's time.
      const later = board(false).catch(() => undefined);
      invocation?.waitUntil?.(later);
      return;
    }
    emitter.emit({ type: 'refresh-ahead', provider });
    const boarded = await board(false);
    if ('refused' in boarded) return;
    if (invocation?.waitUntil !== undefined) invocation.waitUntil(boarded.flight.outcome);
    else if (invocation?.freezes === true && slot.held !== undefined) {
      const untilMust = slot.held.schedule.mustAge - since(slot.held.received, clock);
      await settledWithin(
        patience,
        boarded.flight.outcome,
        Math.min(FREEZE_WAIT_MS, untilMust, invocationLeft(patience)),
      );
    }
  }

  function isFresh({ held, invalidated }: Slot): boolean {
    return held !== undefined && !invalidated && since(held.received, clock) < held.schedule.refreshAge;
  }

  function serve(slot: Slot): C {
    touch(cache.state, key, slot);
    return served((slot.held as NonNullable<Slot['held']>).credential as C, 'cache', slot);
  }

  function served(
    credential: C,
    from: 'cache' | 'exchange',
    slot: Slot | undefined = cache.state.slots.get(key),
  ): C {
    if (slot !== undefined) slot.served += 1;
    if (emitter.listening) emitter.emit({ type: 'served', provider, from });
    return credential;
  }

  function refusal(error: FederationError): FederationError {
    emitter.emit({ type: 'refused', provider, code: error.code });
    return error;
  }

  /** Whether what is held may still be handed out, whatever became of its refresh. */
  function servable({ held, invalidated }: Slot): boolean {
    if (held === undefined) return false;
    return (
      cache.profile === 'aws-sdk' || (!invalidated && since(held.received, clock) < held.schedule.usableAge)
    );
  }

  /** Whether this caller's own token is of another identity than its partition says. */
  async function isForeign(): Promise<boolean> {
    const token = await patiently(patience, (signal) =>
      subject.token({ audience: undefined, fresh: false, signal }),
    );
    return subject.covers?.(token.claims) === false;
  }

  /** Leaving a flight leaves it alone: it goes on for the others. */
  function waitFor(flight: Flight): Promise<FlightOutcome> {
    if (ask.signal === undefined && ask.invocation?.deadline === undefined) return flight.outcome;
    return patiently(patience, () => flight.outcome);
  }

  function tooOften(): FederationError {
    return new FederationError({
      code: 'timeout',
      provider,
      message: 'The exchange was abandoned again and again.',
    });
  }
}
