/**
 * Goes through every order in which moves can come, breadth first, and prunes where two orders
 * lead to the same state. The engine can't be forked: a state is rebuilt by replaying the moves that led to it.
 */

import { modelOf } from './reference-model.js';
import type { Move, Played } from './explorer-moves.js';
import { movesOf, play } from './explorer-moves.js';
import { Violation, rulesOf } from './explorer-rules.js';
import { snapshot } from './explorer-snapshot.js';
import type { Core, Identity } from './explorer-harness.js';
import { explorerHarness } from './explorer-harness.js';

export interface Exploration {
  readonly name: string;
  readonly identities: readonly Identity[];
  /** Whether the exchange is one HTTP step of the engine, with its limit and retries. */
  readonly steps: boolean;
  /** The identities differ in their names only. */
  readonly alike: boolean;
  /** How many moves deep, from each of the beginnings. */
  readonly depth: number;
}

export interface Findings {
  readonly states: number;
  readonly transitions: number;
  /** New states at each depth. */
  readonly byDepth: readonly number[];
}

const DRAWN = 0.5;

/** Where the exploration begins: with nothing, and with a credential of each age. */
const BEGINNINGS: readonly (readonly Move[])[] = [0, 1, 2, 3, 4, 5].map((boundaries) =>
  boundaries === 0
    ? []
    : ['call a plain', 'end 0 ok', ...Array.from({ length: boundaries - 1 }, () => 'next')],
);

/** @throws Violation with the moves that lead to it */
export async function explore(core: Core, exploration: Exploration): Promise<Findings> {
  const { alike, depth } = exploration;
  const seen = new Set<number>();
  const byDepth: number[] = [];
  let transitions = 0;
  let frontier: (readonly Move[])[] = [];

  const visit = async (played: Played, moves: readonly Move[], into: (readonly Move[])[]): Promise<void> => {
    const print = fingerprint(snapshot(played.harness, alike));
    if (seen.has(print)) return;
    seen.add(print);
    into.push(moves);
    // The harness is used for one transition only: what is left of it shows whether anything gets stuck.
    await guarded(moves, () => comesToRest(played));
  };

  for (const moves of BEGINNINGS) await visit(await replay(core, exploration, moves, false), moves, frontier);
  byDepth.push(frontier.length);
  for (let level = 1; level <= depth; level++) {
    const next: (readonly Move[])[] = [];
    for (const moves of frontier) {
      const fresh = await replay(core, exploration, moves);
      const choices = movesOf(fresh);
      for (const [index, move] of choices.entries()) {
        const played = index === 0 ? fresh : await replay(core, exploration, moves);
        const path = [...moves, move];
        transitions += 1;
        await guarded(path, () => play(played, move));
        await visit(played, path, next);
      }
    }
    byDepth.push(next.length);
    frontier = next;
  }
  return { states: seen.size, transitions, byDepth };
}

/** A new harness, after the moves. */
async function replay(
  core: Core,
  { identities, steps }: Pick<Exploration, 'identities' | 'steps'>,
  moves: readonly Move[],
  known = true,
): Promise<Played> {
  const harness = explorerHarness({ core, identities, random: () => DRAWN, steps });
  const model = modelOf(harness, DRAWN);
  const played = { harness, model, rules: rulesOf(harness, model, !steps) };
  for (const move of moves) await guarded(moves, () => play(played, move, known));
  return played;
}

/**
 * The cloud says nothing more: every caller is settled by time alone, no timer and no exchange is left; and what
 * the cloud says when all is over changes nothing.
 */
async function comesToRest(played: Played): Promise<void> {
  const { harness } = played;
  for (let patience = 0; harness.time.timers().length > 0; patience++) {
    if (patience > 50) throw new Violation('timers without end');
    await harness.time.advance(harness.time.timers()[0] ?? 0);
  }
  const waiting = harness.callers.filter(({ end }) => end === undefined);
  if (waiting.length > 0) throw new Violation(`caller ${waiting[0]?.number} waits for ever`);
  if (harness.cache.state.refreshes.size > 0) throw new Violation('an exchange is left at rest');
  played.rules.check();
  for (const gate of harness.gates) if (gate.ended === undefined) await play(played, `end ${gate.serial} ok`);
  if (harness.time.timers().length > 0) throw new Violation('a timer is left at rest');
}

async function guarded(moves: readonly Move[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    if (!(thrown instanceof Violation) || thrown.message.includes('\n')) throw thrown;
    throw new Violation(`${thrown.message}\n  after: ${moves.join(' · ')}`);
  }
}

/** 53 bits of a text: two states in a million that are taken for one are found by one run in ten thousand. */
export function fingerprint(text: string): number {
  let one = 0xdeadbeef;
  let two = 0x41c6ce57;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    one = Math.imul(one ^ code, 2_654_435_761);
    two = Math.imul(two ^ code, 1_597_334_677);
  }
  one = Math.imul(one ^ (one >>> 16), 2_246_822_507) ^ Math.imul(two ^ (two >>> 13), 3_266_489_909);
  two = Math.imul(two ^ (two >>> 16), 2_246_822_507) ^ Math.imul(one ^ (one >>> 13), 3_266_489_909);
  return 4_294_967_296 * (2_097_151 & (two >>> 0)) + (one >>> 0);
}
