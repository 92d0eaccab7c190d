/** What must hold in a small world after each step, whatever happened. */

import { FederationError } from '@credex/core';
import type { Books } from './small-world-books.js';
import { USABLE_AGE, entriesOf, entryName, isUnderWay, receivedAt, reach } from './small-world-books.js';
import type { Caller, Gate, SmallWorld } from './small-world.js';

export class Violation extends Error {
  override readonly name = 'Violation';
}

const EIGHT_SECONDS = 8_000;
const TEN_SECONDS = 10_000;

export interface Rules {
  /**
   * After a step; throws a `Violation` that says what went wrong. `known`: the step was checked before, and only
   * the books go on.
   */
  check(known?: boolean): void;
}

/** `strict`: each request to the cloud is an exchange of its own, so that holds can be kept in the books. */
export function rulesOf(world: SmallWorld, books: Books, strict: boolean): Rules {
  const told = new Set<Caller>();
  let gatesSeen = 0;
  const sequences = new Map<object, number>();

  return {
    check(known = false) {
      for (const gate of world.gates.slice(gatesSeen)) departed(gate);
      gatesSeen = world.gates.length;
      for (const caller of world.callers) {
        if (caller.end === undefined || told.has(caller)) continue;
        told.add(caller);
        if ('credential' in caller.end) served(caller, caller.end.credential.serial);
        else refused(caller, caller.end.error);
      }
      newest();
      if (known) return;
      alone();
      waiting();
      status();
    },
  };

  function served(caller: Caller, serial: number): void {
    const gate = world.gates[serial];
    if (gate?.ended?.how !== 'ok') throw wrong(caller, 'a credential that was never issued');
    if (!entriesOf(caller.who).includes(entryName(gate.who)))
      throw wrong(caller, `the credential of ${gate.who.name}`);
    if (world.time.since(receivedAt(gate)) >= USABLE_AGE) throw wrong(caller, 'an expired credential');
    const { held, refused: isRefused } = books.page(caller.who);
    if (held === gate && isRefused) throw wrong(caller, 'a refused credential');
    if (caller.kind === 'claims' && gate.request !== 'x') throw wrong(caller, 'what answers another request');
    // A part of an exchange that is tried again may be younger than the exchange.
    if (caller.kind === 'force' && gate.calls <= caller.number)
      throw wrong(caller, 'an exchange sent before it asked');
  }

  function refused(caller: Caller, error: unknown): void {
    if (!FederationError.isInstance(error)) throw wrong(caller, `a raw error: ${String(error)}`);
    if (error.code === 'aborted') {
      if (caller.controller?.signal.aborted !== true) throw wrong(caller, "another caller's abort");
      return;
    }
    const state = books.state(caller.who);
    const good = state === 'fresh' || state === 'refresh-ahead' || state === 'must-refresh';
    // A foreign token may have waited where it turned out not to belong.
    if (good && caller.who.foreign !== true && (caller.kind === 'plain' || caller.kind === 'patient'))
      throw wrong(caller, `${error.code} while a good credential is held`);
    const request = caller.kind === 'claims' ? 'x' : '';
    if (error.serverCode === undefined) {
      const cut = world.gates.some(
        (gate) =>
          (gate.signal.aborted || world.time.since(gate.at) >= EIGHT_SECONDS) &&
          gate.request === request &&
          entriesOf(caller.who).includes(entryName(gate.who)),
      );
      if (error.code !== 'timeout' || !cut) throw wrong(caller, `${error.code} out of nothing`);
      return;
    }
    const gate = world.gates[Number(error.serverCode)] as Gate;
    const ended = gate.ended as NonNullable<Gate['ended']>;
    if (!entriesOf(caller.who).includes(entryName(gate.who)) || gate.request !== request)
      throw wrong(caller, `the failure of ${gate.who.name} '${gate.request}'`);
    if (ended.how === 'refused' && gate.who !== caller.who)
      throw wrong(caller, `the refusal of ${gate.who.name}'s token`);
    if (!strict || ended.at.mono > caller.at.mono) return;
    if (ended.at.mono === caller.at.mono && world.time.since(ended.at) === 0) return;
    const hold = books.hold(gate.who, request, true);
    if (hold?.serial !== gate.serial) throw wrong(caller, 'a held error beyond its hold');
  }

  /** A request to the cloud begins: nothing may hold it back. */
  function departed(gate: Gate): void {
    if (!strict) return;
    const beside =
      gate.request === '' &&
      books.state(gate.who) === 'refresh-ahead' &&
      !world.callers.some(({ kind, end }) => kind === 'force' && end === undefined);
    const hold = books.hold(gate.who, gate.request, !beside);
    if (hold !== undefined)
      throw new Violation(`exchange ${gate.serial} departs ${reach(hold, !beside)} ms hold notwithstanding`);
  }

  /**
   * One exchange at a time for one entry, request and token. Once a token was refused, or where two tokens share an
   * entry, one in common and one apart: for whoever met with what may be another token's failure.
   */
  function alone(): void {
    const [first, second] = world.identities;
    const shared = second !== undefined && first?.identityKey === second.identityKey;
    const named = first?.identityKey !== undefined;
    const most = named && (shared || world.endings.some(({ ended }) => ended?.how === 'refused')) ? 2 : 1;
    const seen = new Map<string, Set<unknown>>();
    for (const gate of world.gates) {
      if (gate.ended !== undefined || gate.signal.aborted || !isUnderWay(world, gate)) continue;
      if (world.time.since(gate.at) >= TEN_SECONDS) continue;
      const name = `${entryName(gate.who)} ${gate.who.name} ${gate.request}`;
      const refreshes = seen.get(name) ?? new Set();
      seen.set(name, refreshes.add(gate.refresh));
      if (refreshes.size > most)
        throw new Violation(`${refreshes.size} exchanges are under way at once: ${name}`);
    }
  }

  /** Nobody waits for what is dead or was given up, and nothing ticks for nobody. */
  function waiting(): void {
    const pending = world.callers.filter(({ end }) => end === undefined);
    for (const caller of pending) {
      if (caller.controller?.signal.aborted === true) throw wrong(caller, 'no answer though it gave up');
      if (caller !== world.callers.at(-1) || world.time.since(caller.at) > 0) continue;
      const alive = world.gates.some(
        (gate) => isUnderWay(world, gate) && world.time.since(gate.at) < TEN_SECONDS,
      );
      if (!alive) throw wrong(caller, 'nothing but a dead exchange to wait for');
    }
    const idle = pending.length === 0 && world.cache.state.refreshes.size === 0;
    if (idle && world.time.timers().length > 0) throw new Violation('a timer ticks for nobody');
  }

  /** A refresh that started earlier never replaces one that started later, and the books know what is cached. */
  function newest(): void {
    for (const who of world.identities) {
      const entry = world.entryOf(who);
      if (entry === undefined) continue;
      const sequence = entry.cached?.sequence ?? 0;
      if (sequence < (sequences.get(entry) ?? 0))
        throw new Violation(`${who.name}: refresh ${sequence} replaced one that started later`);
      sequences.set(entry, sequence);
      const held = (entry.cached?.credential as { readonly serial?: number } | undefined)?.serial;
      const expected = books.page(who).held?.serial;
      if (held !== expected)
        throw new Violation(`${who.name}: holds ${held ?? 'nothing'}, not ${expected ?? 'nothing'}`);
    }
  }

  function status(): void {
    for (const who of world.identities) {
      // Where nothing names the identity, status() speaks of the token that asked last.
      const last = world.callers.at(-1)?.who;
      if (entryName(who) !== who.identityKey && who !== last) continue;
      if (who.foreign === true) continue;
      const said = world.as(who, () => world.provider.status());
      const state = world.entryOf(who) === undefined ? 'empty' : books.state(who);
      if (said.state !== state) throw new Violation(`status of ${who.name}: ${said.state}, not ${state}`);
      const received = books.page(who).held;
      const born = received === undefined ? undefined : receivedAt(received).wall;
      if (said.since !== born) throw new Violation(`status of ${who.name}: since ${said.since}`);
      if (born !== undefined) {
        if (said.refreshAt !== born + books.refreshAge || said.until !== born + USABLE_AGE)
          throw new Violation(`status of ${who.name}: ${said.refreshAt} to ${said.until}`);
      }
      if (strict) holding(who, said.backoff !== undefined, state);
    }
    const counted = [...world.cache.state.entries.values(), ...world.cache.state.candidates.values()];
    const sum = (of: 'served' | 'exchanges'): number => counted.reduce((all, entry) => all + entry[of], 0);
    const fulfilled = world.callers.filter(({ end }) => end !== undefined && 'credential' in end).length;
    if (sum('exchanges') !== world.exchanges) throw new Violation('exchanges are miscounted');
    if (sum('served') !== fulfilled) throw new Violation('answers are miscounted');
  }

  function holding(who: Caller['who'], said: boolean, state: string): void {
    const urgently = state !== 'fresh' && state !== 'refresh-ahead';
    const held = [...books.page(who).holds.values()].some(
      (hold) => world.time.since(hold.since) < reach(hold, urgently),
    );
    if (said !== held) throw new Violation(`status of ${who.name}: holding ${said}, not ${held}`);
  }
}

function wrong({ number, who, kind }: Caller, what: string): Violation {
  return new Violation(`caller ${number} (${who.name}, ${kind}) got ${what}`);
}
