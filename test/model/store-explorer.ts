/**
 * Goes through every order of calls, answers of the cloud and answers of a hostile store, breadth first, and prunes where
 * two orders lead to the same state. A state is rebuilt by replaying the moves that led to it.
 */

import type { Core } from './explorer-harness.js';
import { fingerprint } from './explorer.js';
import { Violation } from './explorer-rules.js';
import { storeFleet } from './store-fleet.js';
import type { PlayedFleet } from './store-moves.js';
import { playMove, storeMovesOf } from './store-moves.js';
import { comesToRest, storeRulesOf } from './store-rules.js';
import { storeSnapshot } from './store-snapshot.js';

export interface StoreExploration {
  readonly name: string;
  readonly instances: number;
  /** The moves that lead to where the exploration begins. */
  readonly beginning: readonly string[];
  /** Whether exchanges may bring a credential that ends soon. */
  readonly brief: boolean;
  /** How many moves deep, from the beginning. */
  readonly depth: number;
}

export interface StoreFindings {
  readonly states: number;
  readonly transitions: number;
  /** Orders of `depth` moves, each of which is covered. */
  readonly interleavings: number;
  /** New states at each depth. */
  readonly byDepth: readonly number[];
}

interface State {
  readonly moves: readonly string[];
  readonly level: number;
  /** Where each of its moves leads; empty at the last depth. */
  readonly next: number[];
}

/** @throws Violation with the moves that lead to it */
export async function exploreStore(core: Core, exploration: StoreExploration): Promise<StoreFindings> {
  const { beginning, depth } = exploration;
  const states = new Map<number, State>();
  const byDepth: number[] = [];
  let transitions = 0;
  let frontier: State[] = [];

  const visit = async (
    played: PlayedFleet,
    moves: readonly string[],
    level: number,
    into: State[],
  ): Promise<number> => {
    const print = fingerprint(storeSnapshot(played.fleet));
    if (states.has(print)) return print;
    const state: State = { moves, level, next: [] };
    states.set(print, state);
    into.push(state);
    // This fleet makes no further move: what is left of it shows whether anything gets stuck.
    await guarded(moves, () => comesToRest(played.fleet, played.rules));
    return print;
  };

  const first = await visit(await replay(core, exploration, beginning, false), beginning, 0, frontier);
  byDepth.push(frontier.length);
  for (let level = 1; level <= depth; level++) {
    const next: State[] = [];
    for (const state of frontier) {
      const fresh = await replay(core, exploration, state.moves);
      for (const [index, move] of storeMovesOf(fresh).entries()) {
        const played = index === 0 ? fresh : await replay(core, exploration, state.moves);
        const path = [...state.moves, move];
        transitions += 1;
        await guarded(path, () => playMove(played, move));
        state.next.push(await visit(played, path, level, next));
      }
    }
    byDepth.push(next.length);
    frontier = next;
  }
  return { states: states.size, transitions, interleavings: ordersFrom(states, first, depth), byDepth };
}

/**
 * How many orders of `depth` moves begin there. A state that is met again later than at first has fewer moves left than
 * were explored from it.
 */
function ordersFrom(states: ReadonlyMap<number, State>, first: number, depth: number): number {
  let orders = new Map([...states.keys()].map((print) => [print, 1]));
  for (let left = 1; left <= depth; left++) {
    const longer = new Map<number, number>();
    for (const [print, { level, next }] of states) {
      if (level + left > depth) continue;
      longer.set(
        print,
        next.reduce((sum, one) => sum + (orders.get(one) ?? 0), 0),
      );
    }
    orders = longer;
  }
  return orders.get(first) ?? 0;
}

/** A new fleet, after the moves. */
async function replay(
  core: Core,
  { instances, brief }: StoreExploration,
  moves: readonly string[],
  known = true,
): Promise<PlayedFleet> {
  const fleet = storeFleet(core, instances);
  const played = { fleet, rules: storeRulesOf(fleet), brief };
  for (const move of moves) await guarded(moves, () => playMove(played, move, known));
  return played;
}

async function guarded(moves: readonly string[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    if (!(thrown instanceof Violation) || thrown.message.includes('\n')) throw thrown;
    throw new Violation(`${thrown.message}\n  after: ${moves.join(' · ')}`);
  }
}
