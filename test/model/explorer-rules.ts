/** What must be true after each move, whatever happened before. */

import { FederationError } from '@credex/core';
import type { ReferenceModel } from './reference-model.js';
import { USABLE_AGE, entriesOf, entryName, isUnderWay, receivedAt, reach } from './reference-model.js';
import type { Caller, Gate, ExplorerHarness } from './explorer-harness.js';

export class Violation extends Error {
  override readonly name = 'Violation';
}

const EIGHT_SECONDS = 8_000;
const TEN_SECONDS = 10_000;

export interface Rules {
  /**
   * Checks the state after a move. `known`: this move was checked before, so only the model is updated.
   * @throws Violation says which rule was broken
   */
  check(known?: boolean): void;
}

/** `strict`: each request to the cloud is a separate exchange, so that the model can follow every backoff. */
export function rulesOf(harness: ExplorerHarness, model: ReferenceModel, strict: boolean): Rules {
  const told = new Set<Caller>();
  let gatesSeen = 0;
  const sequences = new Map<object, number>();

  return {
    check(known = false) {
      for (const gate of harness.gates.slice(gatesSeen)) departed(gate);
      gatesSeen = harness.gates.length;
      for (const caller of harness.callers) {
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
    const gate = harness.gates[serial];
    if (gate?.ended?.how !== 'ok') throw wrong(caller, 'a credential that was never issued');
    if (!entriesOf(caller.who).includes(entryName(gate.who)))
      throw wrong(caller, `the credential of ${gate.who.name}`);
    if (harness.time.since(receivedAt(gate)) >= USABLE_AGE) throw wrong(caller, 'an expired credential');
    const { held, refused: isRefused } = model.page(caller.who);
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
    const state = model.state(caller.who);
    const good = state === 'fresh' || state === 'refresh-ahead' || state === 'must-refresh';
    // A token of another identity may have waited before the mismatch was found.
    if (good && caller.who.otherIdentity !== true && (caller.kind === 'plain' || caller.kind === 'abortable'))
      throw wrong(caller, `${error.code} while a good credential is cached`);
    const request = caller.kind === 'claims' ? 'x' : '';
    if (error.serverCode === undefined) {
      const cut = harness.gates.some(
        (gate) =>
          (gate.signal.aborted || harness.time.since(gate.at) >= EIGHT_SECONDS) &&
          gate.request === request &&
          entriesOf(caller.who).includes(entryName(gate.who)),
      );
      if (error.code !== 'timeout' || !cut) throw wrong(caller, `${error.code} out of nothing`);
      return;
    }
    const gate = harness.gates[Number(error.serverCode)] as Gate;
    const ended = gate.ended as NonNullable<Gate['ended']>;
    if (!entriesOf(caller.who).includes(entryName(gate.who)) || gate.request !== request)
      throw wrong(caller, `the failure of ${gate.who.name} '${gate.request}'`);
    if (ended.how === 'refused' && gate.who !== caller.who)
      throw wrong(caller, `the refusal of ${gate.who.name}'s token`);
    if (!strict || ended.at.mono > caller.at.mono) return;
    if (ended.at.mono === caller.at.mono && harness.time.since(ended.at) === 0) return;
    const hold = model.hold(gate.who, request, true);
    if (hold?.serial !== gate.serial) throw wrong(caller, 'a cached error after its backoff');
  }

  /** A request to the cloud begins: nothing may hold it back. */
  function departed(gate: Gate): void {
    if (!strict) return;
    const inBackground =
      gate.request === '' &&
      model.state(gate.who) === 'refresh-ahead' &&
      !harness.callers.some(({ kind, end }) => kind === 'force' && end === undefined);
    const hold = model.hold(gate.who, gate.request, !inBackground);
    if (hold !== undefined)
      throw new Violation(
        `exchange ${gate.serial} starts ${reach(hold, !inBackground)} ms before its backoff ends`,
      );
  }

  /**
   * One exchange at a time for one entry, request and token. Once a token was refused, or where two tokens share an
   * entry, one in common and one apart: for whoever met with what may be another token's failure.
   */
  function alone(): void {
    const [first, second] = harness.identities;
    const shared = second !== undefined && first?.identityKey === second.identityKey;
    const named = first?.identityKey !== undefined;
    const most = named && (shared || harness.endings.some(({ ended }) => ended?.how === 'refused')) ? 2 : 1;
    const seen = new Map<string, Set<unknown>>();
    for (const gate of harness.gates) {
      if (gate.ended !== undefined || gate.signal.aborted || !isUnderWay(harness, gate)) continue;
      if (harness.time.since(gate.at) >= TEN_SECONDS) continue;
      const name = `${entryName(gate.who)} ${gate.who.name} ${gate.request}`;
      const refreshes = seen.get(name) ?? new Set();
      seen.set(name, refreshes.add(gate.refresh));
      if (refreshes.size > most)
        throw new Violation(`${refreshes.size} exchanges are under way at once: ${name}`);
    }
  }

  /** No caller waits for a dead or abandoned refresh, and no timer is left without a caller. */
  function waiting(): void {
    const pending = harness.callers.filter(({ end }) => end === undefined);
    for (const caller of pending) {
      if (caller.controller?.signal.aborted === true) throw wrong(caller, 'no answer though it gave up');
      if (caller !== harness.callers.at(-1) || harness.time.since(caller.at) > 0) continue;
      const alive = harness.gates.some(
        (gate) => isUnderWay(harness, gate) && harness.time.since(gate.at) < TEN_SECONDS,
      );
      if (!alive) throw wrong(caller, 'nothing but a dead exchange to wait for');
    }
    const idle = pending.length === 0 && harness.cache.state.refreshes.size === 0;
    if (idle && harness.time.timers().length > 0) throw new Violation('a timer is left without a caller');
  }

  /** A refresh that started earlier never replaces one that started later, and the model knows what is cached. */
  function newest(): void {
    for (const who of harness.identities) {
      const entry = harness.entryOf(who);
      if (entry === undefined) continue;
      const sequence = entry.cached?.sequence ?? 0;
      if (sequence < (sequences.get(entry) ?? 0))
        throw new Violation(`${who.name}: refresh ${sequence} replaced one that started later`);
      sequences.set(entry, sequence);
      const held = (entry.cached?.credential as { readonly serial?: number } | undefined)?.serial;
      const expected = model.page(who).held?.serial;
      if (held !== expected)
        throw new Violation(`${who.name}: holds ${held ?? 'nothing'}, not ${expected ?? 'nothing'}`);
    }
  }

  function status(): void {
    for (const who of harness.identities) {
      // Where nothing names the identity, status() speaks of the token that asked last.
      const last = harness.callers.at(-1)?.who;
      if (entryName(who) !== who.identityKey && who !== last) continue;
      if (who.otherIdentity === true) continue;
      const said = harness.as(who, () => harness.provider.status());
      const state = harness.entryOf(who) === undefined ? 'empty' : model.state(who);
      if (said.state !== state) throw new Violation(`status of ${who.name}: ${said.state}, not ${state}`);
      const received = model.page(who).held;
      const born = received === undefined ? undefined : receivedAt(received).wall;
      if (said.since !== born) throw new Violation(`status of ${who.name}: since ${said.since}`);
      if (born !== undefined) {
        if (said.refreshAt !== born + model.refreshAge || said.until !== born + USABLE_AGE)
          throw new Violation(`status of ${who.name}: ${said.refreshAt} to ${said.until}`);
      }
      if (strict) holding(who, said.backoff !== undefined, state);
    }
    const counted = [...harness.cache.state.entries.values(), ...harness.cache.state.candidates.values()];
    const sum = (of: 'served' | 'exchanges'): number => counted.reduce((all, entry) => all + entry[of], 0);
    const fulfilled = harness.callers.filter(({ end }) => end !== undefined && 'credential' in end).length;
    if (sum('exchanges') !== harness.exchanges) throw new Violation('exchanges are miscounted');
    if (sum('served') !== fulfilled) throw new Violation('answers are miscounted');
  }

  function holding(who: Caller['who'], said: boolean, state: string): void {
    const urgently = state !== 'fresh' && state !== 'refresh-ahead';
    const held = [...model.page(who).holds.values()].some(
      (hold) => harness.time.since(hold.since) < reach(hold, urgently),
    );
    if (said !== held) throw new Violation(`status of ${who.name}: holding ${said}, not ${held}`);
  }
}

function wrong({ number, who, kind }: Caller, what: string): Violation {
  return new Violation(`caller ${number} (${who.name}, ${kind}) got ${what}`);
}
