/** The moves that are possible next, each a short text that can be replayed. */

import type { ReferenceModel } from './reference-model.js';
import { MUST_AGE, USABLE_AGE, entryName, isUnderWay, reach, receivedAt } from './reference-model.js';
import type { Rules } from './explorer-rules.js';
import type { Caller, Ending, Gate, Identity, Kind, ExplorerHarness } from './explorer-harness.js';
import { ENDINGS, KINDS } from './explorer-harness.js';
import { turn } from './manual-time.js';

export interface Played {
  readonly harness: ExplorerHarness;
  readonly model: ReferenceModel;
  readonly rules: Rules;
}

export type Move = string;

const MOST_CALLERS = 2;
/** Long enough that what was under way is given up, too short for anything held. */
const FREEZE_MS = 11_000;
/** After this age a service's refusal counts; also when an exchange under way is abandoned. */
const TEN_SECONDS = 10_000;

export function movesOf({ harness, model }: Played): Move[] {
  const moves: Move[] = [];
  const waiting = harness.callers.filter(({ end }) => end === undefined);
  if (waiting.length < MOST_CALLERS)
    for (const who of harness.identities) for (const kind of KINDS) moves.push(`call ${who.name} ${kind}`);
  for (const { number, controller } of waiting) if (controller !== undefined) moves.push(`abort ${number}`);
  for (const gate of harness.gates) {
    if (gate.ended !== undefined) continue;
    for (const how of endingsOf(harness, gate)) moves.push(`end ${gate.serial} ${how}`);
  }
  for (const who of harness.identities)
    if (model.page(who).held !== undefined) moves.push(`refuse ${who.name}`);
  if (nextBoundary(harness, model) !== undefined) moves.push('next');
  if (harness.cache.state.refreshes.size > 0) moves.push('freeze');
  return moves;
}

function endingsOf(harness: ExplorerHarness, gate: Gate): readonly Ending[] {
  if (gate.who.forged === true) return ['refused'];
  // What no caller waits for any more can do harm by success only.
  return isUnderWay(harness, gate) ? ENDINGS : ['ok'];
}

/** Makes one move and waits until nothing more comes of it; throws a `Violation` where a rule is broken. */
export async function play(played: Played, move: Move, known = false): Promise<void> {
  const { harness, model, rules } = played;
  const [what, which = '', how = ''] = move.split(' ');
  const who = harness.identities.find(({ name }) => name === which) as Identity;
  switch (what) {
    case 'call':
      harness.call(who, how as Kind);
      break;
    case 'abort':
      (harness.callers[Number(which)] as Caller).controller?.abort();
      break;
    case 'end':
      await model.settle(harness.gates[Number(which)] as Gate, how as Ending, turn);
      break;
    case 'refuse': {
      const gate = model.page(who).held as Gate;
      model.refuse(who, gate);
      const credential = harness.issued[gate.serial];
      harness.as(who, () => harness.provider.invalidate(credential));
      break;
    }
    case 'next':
      await harness.time.advance(nextBoundary(harness, model) ?? 0);
      break;
    case 'freeze':
      harness.time.jumpWall(FREEZE_MS);
      break;
    default:
      throw new Error(`No such move: ${move}`);
  }
  await turn();
  rules.check(known);
}

/** Milliseconds until the next moment at which anything can change; `undefined` where nothing will. */
function nextBoundary(harness: ExplorerHarness, model: ReferenceModel): number | undefined {
  let soonest = harness.time.timers()[0];
  const at = (age: number, boundary: number): void => {
    const left = boundary - age;
    if (left > 0 && (soonest === undefined || left < soonest)) soonest = left;
  };
  const seen = new Set<string>();
  for (const who of harness.identities) {
    if (seen.has(entryName(who))) continue;
    seen.add(entryName(who));
    const { held, holds } = model.page(who);
    if (held !== undefined) {
      const age = harness.time.since(receivedAt(held));
      for (const boundary of [TEN_SECONDS, model.refreshAge, MUST_AGE, USABLE_AGE]) at(age, boundary);
    }
    for (const hold of holds.values())
      for (const urgently of [true, false]) at(harness.time.since(hold.since), reach(hold, urgently));
  }
  for (const { started } of harness.cache.state.refreshes.values())
    at(harness.time.since(started), TEN_SECONDS);
  return soonest === undefined ? undefined : Math.max(0, soonest);
}
