/** What can happen next in a small world: every move there is, each a short text that can be replayed. */

import type { Books } from './small-world-books.js';
import { MUST_AGE, USABLE_AGE, entryName, isUnderWay, reach, receivedAt } from './small-world-books.js';
import type { Rules } from './small-world-rules.js';
import type { Caller, Ending, Gate, Identity, Kind, SmallWorld } from './small-world.js';
import { ENDINGS, KINDS } from './small-world.js';
import { turn } from './manual-time.js';

export interface Played {
  readonly world: SmallWorld;
  readonly books: Books;
  readonly rules: Rules;
}

export type Move = string;

const MOST_CALLERS = 2;
/** Long enough that what was under way is given up, too short for anything held. */
const FREEZE_MS = 11_000;
/** After this age a service's refusal counts; also when an exchange under way is abandoned. */
const TEN_SECONDS = 10_000;

export function movesOf({ world, books }: Played): Move[] {
  const moves: Move[] = [];
  const waiting = world.callers.filter(({ end }) => end === undefined);
  if (waiting.length < MOST_CALLERS)
    for (const who of world.identities) for (const kind of KINDS) moves.push(`call ${who.name} ${kind}`);
  for (const { number, controller } of waiting) if (controller !== undefined) moves.push(`abort ${number}`);
  for (const gate of world.gates) {
    if (gate.ended !== undefined) continue;
    for (const how of endingsOf(world, gate)) moves.push(`end ${gate.serial} ${how}`);
  }
  for (const who of world.identities)
    if (books.page(who).held !== undefined) moves.push(`refuse ${who.name}`);
  if (nextBoundary(world, books) !== undefined) moves.push('next');
  if (world.cache.state.refreshes.size > 0) moves.push('freeze');
  return moves;
}

function endingsOf(world: SmallWorld, gate: Gate): readonly Ending[] {
  if (gate.who.forged === true) return ['refused'];
  // What nobody waits for any more can do harm by success only.
  return isUnderWay(world, gate) ? ENDINGS : ['ok'];
}

/** Makes one move and waits until nothing more comes of it; throws a `Violation` where a rule is broken. */
export async function play(played: Played, move: Move, known = false): Promise<void> {
  const { world, books, rules } = played;
  const [what, which = '', how = ''] = move.split(' ');
  const who = world.identities.find(({ name }) => name === which) as Identity;
  switch (what) {
    case 'call':
      world.call(who, how as Kind);
      break;
    case 'abort':
      (world.callers[Number(which)] as Caller).controller?.abort();
      break;
    case 'end':
      await books.settle(world.gates[Number(which)] as Gate, how as Ending, turn);
      break;
    case 'refuse': {
      const gate = books.page(who).held as Gate;
      books.refuse(who, gate);
      const credential = world.issued[gate.serial];
      world.as(who, () => world.provider.invalidate(credential));
      break;
    }
    case 'next':
      await world.time.advance(nextBoundary(world, books) ?? 0);
      break;
    case 'freeze':
      world.time.jumpWall(FREEZE_MS);
      break;
    default:
      throw new Error(`No such move: ${move}`);
  }
  await turn();
  rules.check(known);
}

/** Milliseconds until the next moment at which anything can change; `undefined` where nothing will. */
function nextBoundary(world: SmallWorld, books: Books): number | undefined {
  let soonest = world.time.timers()[0];
  const at = (age: number, boundary: number): void => {
    const left = boundary - age;
    if (left > 0 && (soonest === undefined || left < soonest)) soonest = left;
  };
  const seen = new Set<string>();
  for (const who of world.identities) {
    if (seen.has(entryName(who))) continue;
    seen.add(entryName(who));
    const { held, holds } = books.page(who);
    if (held !== undefined) {
      const age = world.time.since(receivedAt(held));
      for (const boundary of [TEN_SECONDS, books.refreshAge, MUST_AGE, USABLE_AGE]) at(age, boundary);
    }
    for (const hold of holds.values())
      for (const urgently of [true, false]) at(world.time.since(hold.since), reach(hold, urgently));
  }
  for (const { started } of world.cache.state.refreshes.values()) at(world.time.since(started), TEN_SECONDS);
  return soonest === undefined ? undefined : Math.max(0, soonest);
}
