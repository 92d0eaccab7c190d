/** The moves that are possible next in a fleet with a store, each a short text that can be replayed. */

import { turn } from './manual-time.js';
import type { Fleet, Instance, StoreExchange } from './store-fleet.js';
import { answerHonestly, isInFlight, LIFETIME_MS, pendingOf } from './store-fleet.js';
import type { StoreOperationSent } from './store-hostile.js';
import type { StoreRules } from './store-rules.js';

export interface PlayedFleet {
  readonly fleet: Fleet;
  readonly rules: StoreRules;
  /** Whether exchanges may bring a credential that ends soon. */
  readonly brief: boolean;
}

const TEN_SECONDS = 10_000;
/** Failures in a row, after which a store is skipped, and for how long. */
const BREAKER_MS = 30_000;

export function storeMovesOf({ fleet, brief }: PlayedFleet): string[] {
  const moves: string[] = [];
  const waiting = fleet.callers.filter(({ end }) => end === undefined).length;
  for (const instance of fleet.instances) {
    const { index } = instance;
    if (waiting < fleet.instances.length) moves.push(`call ${index} plain`, `call ${index} force`);
    if (pendingOf(fleet, instance).length > 0) moves.push(`honest ${index}`);
    if (mayRefuse(fleet, instance)) moves.push(`refuse ${index}`);
  }
  for (const operation of fleet.store.pending())
    for (const answer of fleet.store.answersTo(operation)) moves.push(`store ${operation.serial} ${answer}`);
  for (const exchange of fleet.exchanges) {
    if (exchange.ended !== undefined) continue;
    moves.push(`end ${exchange.serial} ok`);
    // What no caller waits for any more can do harm by success only.
    if (isInFlight(exchange)) moves.push(`end ${exchange.serial} down`);
    if (isInFlight(exchange) && brief) moves.push(`end ${exchange.serial} brief`);
  }
  if (nextMoment(fleet) !== undefined) moves.push('next');
  if (fleet.instances.some(({ cache }) => cache.state.refreshes.size > 0)) moves.push('freeze');
  return moves;
}

/** Only a cached credential of ten seconds or more is invalidated. */
function mayRefuse(fleet: Fleet, instance: Instance): boolean {
  const entry = fleet.entryOf(instance, 'a');
  if (entry?.cached === undefined || entry.invalidated) return false;
  return fleet.time.since(entry.cached.received) >= TEN_SECONDS;
}

/**
 * Makes one move and waits until nothing more comes of it. `known`: it was checked before.
 * @throws Violation
 */
export async function playMove(played: PlayedFleet, move: string, known = false): Promise<void> {
  const { fleet, rules } = played;
  const [what, which = '', how = ''] = move.split(' ');
  const number = Number(which);
  const instance = fleet.instances[number] as Instance;
  switch (what) {
    case 'call':
      // `call 0 b`: another identity, in the beginnings alone.
      fleet.call(instance, how === 'b' ? 'b' : 'a', how === 'force' ? 'force' : 'plain');
      break;
    case 'honest':
      await answerHonestly(fleet, instance);
      break;
    case 'store':
      fleet.store.answer(fleet.store.operations[number] as StoreOperationSent, how);
      break;
    case 'end':
      (fleet.exchanges[number] as StoreExchange).settle(how as 'ok');
      break;
    case 'refuse':
      fleet.refuse(instance);
      break;
    case 'next':
      await fleet.time.advance(nextMoment(fleet) ?? 0);
      break;
    case 'freeze':
      fleet.time.jumpWall(LIFETIME_MS);
      break;
    default:
      throw new Error(`No such move: ${move}`);
  }
  await turn();
  rules.check(known);
}

/** Milliseconds until the next moment at which anything can change; `undefined` where nothing will. */
function nextMoment(fleet: Fleet): number | undefined {
  const { time, store } = fleet;
  let soonest = time.timers()[0];
  const at = (leftMs: number): void => {
    if (leftMs > 0 && (soonest === undefined || leftMs < soonest)) soonest = leftMs;
  };
  for (const instance of fleet.instances) {
    const entry = fleet.entryOf(instance, 'a');
    const { state } = instance.cache;
    if (entry?.cached !== undefined) {
      const age = time.since(entry.cached.received);
      const { refreshAge, mustAge, usableAge } = entry.cached.schedule;
      for (const boundary of [TEN_SECONDS, refreshAge, mustAge, usableAge]) at(boundary - age);
    }
    if (entry?.deferred !== undefined) at(entry.deferred.delayMs - time.since(entry.deferred.since));
    for (const { since, delayMs, urgentDelayMs } of entry?.backoffs.values() ?? [])
      for (const delay of [delayMs, urgentDelayMs]) at(delay - time.since(since));
    for (const { started } of state.refreshes.values()) at(TEN_SECONDS - time.since(started));
    for (const { reads, writes } of state.stores.values())
      for (const { failures, last } of [reads, writes])
        if (failures >= 3 && last !== undefined) at(BREAKER_MS - time.since(last));
  }
  for (const name of store.present.keys()) at(store.look(name)?.leftMs ?? 0);
  return soonest === undefined ? undefined : Math.max(0, soonest);
}
