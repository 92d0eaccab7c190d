/** What must be true after each move, however the store behaves. */

import { FederationError } from '@credex/core';
import { Violation } from './explorer-rules.js';
import { turn } from './manual-time.js';
import type { Fleet, Instance, Secret, StoreCaller } from './store-fleet.js';
import { answerHonestly, isInFlight } from './store-fleet.js';
import type { StoreOperationSent } from './store-hostile.js';
import { OPERATION_LIMIT_MS } from './store-hostile.js';

export interface StoreRules {
  /**
   * Checks the state after a move. `known`: this move was checked before.
   * @throws Violation says which rule was broken
   */
  check(known?: boolean): void;
}

/** Longer than any backoff, and than a store is skipped. */
const LATER_MS = 70_000;
const MOST_TIMERS = 100;

interface Before {
  readonly credential: Secret;
  readonly invalidated: boolean;
}

export function storeRulesOf(fleet: Fleet): StoreRules {
  const told = new Set<StoreCaller>();
  const before = new Map<Instance, Before>();
  let operationsSeen = 0;

  return {
    check(known = false) {
      for (const caller of fleet.callers) {
        if (caller.end === undefined || told.has(caller)) continue;
        told.add(caller);
        if (known) continue;
        if ('credential' in caller.end) served(fleet, caller, caller.end.credential);
        else failed(fleet, caller, caller.end.error);
      }
      for (const instance of fleet.instances) cached(instance);
      const { operations } = fleet.store;
      if (!known) for (const operation of operations.slice(operationsSeen)) sent(operation);
      operationsSeen = operations.length;
      for (const operation of operations)
        if (!known && isTakenInVain(fleet, operation)) released(fleet, operation);
    },
  };

  /** What an instance keeps ends no later than the credential, was not refused, and only gets better by adoption. */
  function cached(instance: Instance): void {
    const entry = fleet.entryOf(instance, 'a');
    if (entry?.cached === undefined) return;
    const credential = entry.cached.credential as Secret;
    const { invalidated } = entry;
    const name = `instance ${instance.index}`;
    if (credential.owner !== 'a') throw new Violation(`${name} keeps the credential of ${credential.owner}`);
    const usableMs = entry.cached.schedule.usableAge - fleet.time.since(entry.cached.received);
    if (usableMs > credential.expiresAt - fleet.time.now().wall)
      throw new Violation(`${name} keeps a credential past its end`);
    if (!invalidated && instance.refused.has(credential.serial))
      throw new Violation(`${name} keeps a refused credential`);
    const last = before.get(instance);
    const isReplaced =
      last !== undefined && !last.invalidated && last.credential.serial !== credential.serial;
    if (isReplaced && entry.cached.fromStore === true && credential.expiresAt <= last.credential.expiresAt)
      throw new Violation(`${name} adopts a credential that ends earlier than its own`);
    before.set(instance, { credential, invalidated });
  }
}

function served(fleet: Fleet, caller: StoreCaller, { owner, serial, expiresAt }: Secret): void {
  if (owner !== caller.who) throw wrong(caller, `the credential of ${owner}`);
  if (expiresAt <= fleet.time.now().wall) throw wrong(caller, 'an expired credential');
  if (caller.refusedBefore.has(serial)) throw wrong(caller, 'a refused credential');
  const exchange = fleet.exchanges[serial];
  if (caller.kind === 'force' && (exchange === undefined || exchange.calls <= caller.number))
    throw wrong(caller, 'an exchange sent before it asked');
}

/** A caller fails only where an exchange of the same instance failed. */
function failed(fleet: Fleet, caller: StoreCaller, error: unknown): void {
  if (!FederationError.isInstance(error)) throw wrong(caller, `a raw error: ${String(error)}`);
  const own = fleet.exchanges.filter(
    ({ instance, who }) => instance === caller.instance && who === caller.who,
  );
  const isFailed = own.some(({ ended }) => ended === 'down');
  const isSlow = own.some(({ ended, signal }) => ended === undefined || signal.aborted);
  if (error.code === 'unavailable' ? !isFailed : error.code !== 'timeout' || !isSlow)
    throw wrong(caller, `${error.code} without an exchange that failed`);
}

/** A record ends before its credential, and a forced refresh neither reads nor leads. */
function sent({ kind, record, ttlMs, at, isForced }: StoreOperationSent): void {
  if (isForced && kind !== 'set' && kind !== 'unlock') throw new Violation(`a forced refresh sends ${kind}`);
  if (kind !== 'set') return;
  const written = JSON.parse(record as string) as { record: { credential: Secret } };
  if ((ttlMs as number) > written.record.credential.expiresAt - at.wall)
    throw new Violation('a record is written that outlives its credential');
}

/** Whether an instance has a lock that it does not need, or was told so when it no longer waited for the reply. */
function isTakenInVain({ store, time }: Fleet, operation: StoreOperationSent): boolean {
  const { kind, reply, answeredAfterMs, refresh, isInFlight } = operation;
  if (reply !== true || (kind !== 'lock' && kind !== 'takeOver')) return false;
  if (answeredAfterMs >= OPERATION_LIMIT_MS) return true;
  // An abandoned refresh may still wait for its write.
  const isWriting = store
    .pending()
    .some((one) => one.refresh === refresh && time.now().mono - one.at.mono < OPERATION_LIMIT_MS);
  return !isInFlight() && !refresh.isWritten && !isWriting;
}

/** Otherwise other instances wait for an instance that does not lead. */
function released({ store }: Fleet, { record, instance }: StoreOperationSent): void {
  const isReleased = store.operations.some((other) => other.kind === 'unlock' && other.record === record);
  if (!isReleased) throw new Violation(`instance ${instance} keeps a lock that it does not need`);
}

/**
 * The store and the cloud say nothing more: every caller is settled by time alone, and no timer and no refresh is left.
 * Then all replies come late, which changes nothing; and a call is answered by a store and a cloud that work.
 */
export async function comesToRest(fleet: Fleet, rules: StoreRules): Promise<void> {
  const { time, store } = fleet;
  for (let timers = 0; time.timers().length > 0; timers++) {
    if (timers > MOST_TIMERS) throw new Violation('timers without end');
    await time.advance(time.timers()[0] ?? 0);
    rules.check();
  }
  const waiting = fleet.callers.find(({ end }) => end === undefined);
  if (waiting !== undefined) throw wrong(waiting, 'no answer');
  for (const { index, cache } of fleet.instances)
    if (cache.state.refreshes.size > 0) throw new Violation(`a refresh of instance ${index} is stuck`);
  // What is sent then is answered too.
  for (let pending = store.pending(); pending.length > 0; pending = store.pending())
    for (const operation of pending) {
      store.answer(operation, operation.executed === undefined ? 'honest' : 'reply');
      await turn();
      rules.check();
    }
  for (const exchange of fleet.exchanges) if (exchange.ended === undefined) exchange.settle('ok');
  await turn();
  rules.check();
  if (time.timers().length > 0) throw new Violation('a timer is left at rest');
  await time.advance(LATER_MS);
  for (const instance of fleet.instances) await isAnswered(fleet, rules, instance);
}

async function isAnswered(fleet: Fleet, rules: StoreRules, instance: Instance): Promise<void> {
  fleet.call(instance, 'a', 'plain');
  const caller = fleet.callers.at(-1) as StoreCaller;
  for (let steps = 0; caller.end === undefined; steps++) {
    if (steps > MOST_TIMERS) throw wrong(caller, 'no answer of a store and a cloud that work');
    await turn();
    await answerHonestly(fleet, instance);
    const exchange = fleet.exchanges.find((one) => one.ended === undefined && isInFlight(one));
    if (exchange !== undefined) exchange.settle('ok');
    else if (fleet.time.timers().length > 0) await fleet.time.advance(fleet.time.timers()[0] ?? 0);
    await turn();
  }
  rules.check();
  if ('error' in caller.end) throw wrong(caller, 'an error from a store and a cloud that work');
}

function wrong({ number, who, kind, instance }: StoreCaller, what: string): Violation {
  return new Violation(`caller ${number} of instance ${instance.index} (${who}, ${kind}) got ${what}`);
}
