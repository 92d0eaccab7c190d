/** One call, from what the policy decided to what the caller gets. */

import type { Flight, FlightOutcome, Slot } from './cache.js';
import { touch } from './cache.js';
import { canonicalJson } from './canonical.js';
import { since } from './clock.js';
import type { Credential, Json, Subject } from './contract.js';
import type { DriverCall } from './driver-call.js';
import type { Engine, FlightName } from './engine.js';
import { ownDigest } from './engine.js';
import { FederationError } from './errors.js';
import { warner } from './events.js';
import type { Invocation } from './invocation.js';
import type { Patience } from './patience.js';
import { invocationLeft, patiently, settledWithin } from './patience.js';
import type { Decision, Situation } from './policy.js';
import { cleanServerText, isError } from './scrub.js';
import { subjectTokenOf } from './subject-token.js';
import type { Trouble } from './trouble.js';
import { dependsOnToken } from './trouble.js';

/** One caller of one key. */
export interface Ask<R> {
  readonly key: string;
  readonly subject: Subject;
  readonly request: R;
  readonly lateRequest: DriverCall<R>['lateRequest'];
  /** `no`: what is held may answer; `joining`: it may not, but an exchange for the same request may. */
  readonly anew: 'no' | 'joining' | 'after-now';
  readonly signal: AbortSignal | undefined;
  readonly invocation: Invocation | undefined;
  /** The cache's count when the call came: what departed later is newer than the call. */
  readonly sequence: number;
}

type Boarded = { readonly flight: Flight; readonly joined: boolean } | { readonly refused: Trouble };
type Beside = { readonly outcome: FlightOutcome; readonly joined: boolean } | undefined;

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
  const { key, subject, invocation } = ask;
  const patience: Patience = {
    provider,
    clock,
    signal: ask.signal,
    invocation,
    limitMs: 2 * engine.tools.timeoutMs,
  };
  const found = ask.anew === 'no' ? cache.state.slots.get(key) : undefined;
  if (found !== undefined && isFresh(found)) return serve(found);

  let request: R = ask.request;
  let name: FlightName = { key, request: canonicalJson(request as Json), digest: undefined };
  let late = ask.lateRequest;
  // What is usable doesn't wait for what only its refresh has to know.
  if (late !== undefined && (cache.profile === 'aws-sdk' || found === undefined || !servable(found)))
    await patiently(patience, beComplete);

  /** Another's token failed where this caller had joined: from then on its own is asked with. */
  let apart = false;
  let last: FederationError | undefined;
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const decision: Decision = ask.anew === 'no' ? decided() : { do: 'wait' };
    if (decision.do === 'serve') return serve(engine.slot(key));
    if (decision.do === 'refuse') throw refusal(decision.error);
    if (decision.do === 'serve-and-refresh' || decision.do === 'wait-briefly') {
      const beside = await refreshBeside(decision);
      if (beside?.joined === false && beside.outcome.kind === 'foreign-subject') return undefined;
      const slot = engine.slot(key);
      if (servable(slot)) return serve(slot);
      continue;
    }
    let boarded: Boarded | undefined;
    let outcome: FlightOutcome | undefined;
    try {
      if (late !== undefined) await patiently(patience, beComplete);
      boarded = await board(true);
      if (boarded === undefined) continue;
      outcome = 'refused' in boarded ? undefined : await waitFor(boarded.flight);
    } catch (error) {
      // The AWS SDKs' rules know a value to fall back on even here; a caller that gave up wants none.
      const slot = engine.slot(key);
      const heard = FederationError.isInstance(error) && error.code !== 'aborted';
      if (decision.do === 'wait-or-held' && heard && servable(slot)) return serve(slot);
      throw error;
    }
    if ('refused' in boarded) {
      last = boarded.refused.error;
      const slot = engine.slot(key);
      // The AWS SDKs' rule: a hopeless error is raised early, while the credential is still good.
      const early = cache.profile === 'aws-sdk' && boarded.refused.kind === 'rejected';
      if (ask.anew === 'no' && !early && servable(slot)) return serve(slot);
      throw refusal(last);
    }
    switch (outcome?.kind) {
      case 'issued':
        return served(outcome.credential as C, 'exchange');
      case 'misuse':
        throw outcome.error;
      case 'foreign-subject':
        if (!boarded.joined || (await isForeign())) return undefined;
        apart = true;
        break;
      case 'failed': {
        last = outcome.error;
        // What failed for a token, or before anything was sent, says nothing of this caller's own.
        const anothers = dependsOnToken(last.code) || !boarded.flight.sent;
        if (boarded.joined && !apart && subject.partition !== undefined && anothers) {
          apart = true;
          break;
        }
        const slot = engine.slot(key);
        const early = cache.profile === 'aws-sdk' && outcome.failure?.kind === 'rejected';
        if (ask.anew === 'no' && !early && servable(slot)) return serve(slot);
        throw last;
      }
      default:
        // Abandoned: asked for again.
        break;
    }
  }
  throw last ?? tooOften();

  function decided(): Decision {
    return choose(engine.situation(name, engine.slot(key)));
  }

  async function beComplete(): Promise<void> {
    if (late === undefined) return;
    request = { ...ask.request, ...(await late(warner(emitter, provider))) };
    name = { ...name, request: canonicalJson(request as Json) };
    late = undefined;
  }

  /** The flight to wait for: one to join, or a new one; `undefined`: what is held will do by now. Runs to its start without a pause where no token was refused. */
  async function board(urgent: boolean): Promise<Boarded | undefined> {
    let named = name;
    let own = subject;
    for (;;) {
      if (own.partition !== undefined && (apart || engine.tokenTroubles(name, engine.slot(key)))) {
        const mine = await patiently(patience, (signal) => ownDigest(engine.tools, subject, signal));
        named = { ...name, digest: mine.digest };
        own = mine.subject;
        // Others went on while the digest was made.
        if (ask.anew === 'no' && decided().do === 'serve') return undefined;
      }
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
          : engine.standing(named, engine.slot(key), urgent);
      if (refused !== undefined) return { refused };
      const crowded = engine.crowded(key, own);
      if (crowded !== undefined) throw refusal(crowded);
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

  /**
   * A refresh while what is held can still be handed out: waited for briefly in its last minute, and where the
   * platform would freeze it. Whatever becomes of it, this call is answered.
   */
  async function refreshBeside(decision: Decision): Promise<Beside> {
    if (invocation?.deadline !== undefined && invocation.deadline - clock.now() < LEAST_INVOCATION_MS)
      return undefined;
    let done: Beside;
    const work = refresh().then(
      (beside) => {
        done = beside;
      },
      (error: unknown) => emitter.emit({ type: 'warning', provider, message: notStarted(error) }),
    );
    if (invocation?.waitUntil !== undefined) keepAwake(invocation.waitUntil, work);
    const waitMs =
      decision.do === 'wait-briefly'
        ? decision.atMostMs
        : invocation?.freezes === true && invocation.waitUntil === undefined
          ? Math.min(FREEZE_WAIT_MS, untilMust())
          : 0;
    if (waitMs > 0) await settledWithin(patience, work, Math.min(waitMs, invocationLeft(patience)));
    return done;
  }

  /** Runs to the start of its flight without a pause where the request is complete and no token was refused. */
  async function refresh(): Promise<Beside> {
    if (late !== undefined) {
      await beComplete();
      const now = decided().do;
      if (now === 'serve' || now === 'refuse') return undefined;
    }
    const boarded = await board(false);
    if (boarded === undefined || 'refused' in boarded) return undefined;
    const { flight, joined } = boarded;
    if (!joined) emitter.emit({ type: 'refresh-ahead', provider });
    return { outcome: await flight.outcome, joined };
  }

  function untilMust(): number {
    const { held } = engine.slot(key);
    return held === undefined ? 0 : held.schedule.mustAge - since(held.received, clock);
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
      subjectTokenOf(subject, { audience: undefined, fresh: false, signal }),
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

/** A platform's own function, which may throw outside of a request: the refresh goes on without it. */
function keepAwake(waitUntil: (work: Promise<unknown>) => void, work: Promise<unknown>): void {
  try {
    waitUntil(work);
  } catch {
    // Then the instance may freeze, and the flight is abandoned by whoever comes next.
  }
}

function notStarted(error: unknown): string {
  return `A refresh could not be started: ${cleanServerText(isError(error) ? error.message : 'unknown')}`;
}
