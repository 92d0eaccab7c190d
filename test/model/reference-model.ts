/**
 * The reference model: what was issued and when, what was refused, and which failure delays which identity for how
 * long. It follows the rules of the cache and reads nothing from the code under test.
 */

import type { CredentialState } from '@credex/core';
import type { Instant } from './manual-time.js';
import type { Ending, Gate, Identity, ExplorerHarness } from './explorer-harness.js';
import { LIFETIME_MS } from './explorer-harness.js';

const SECOND = 1_000;
const AHEAD_MS = 15 * 60 * SECOND;
export const MUST_AGE = LIFETIME_MS - 60 * SECOND;
export const USABLE_AGE = LIFETIME_MS - 5 * SECOND;
const LONGEST_HOLD_MS = 60 * SECOND;
const URGENT_HOLD_MS = 5 * SECOND;

export interface Hold {
  readonly kind: 'backoff' | 'rejected';
  readonly serial: number;
  readonly count: number;
  readonly since: Instant;
  readonly ms: number;
}

/** What is known of one identity's entry. */
export interface Page {
  held: Gate | undefined;
  refused: boolean;
  /** Refreshes that started before this count bring nothing any more. */
  notBefore: number;
  /** Refreshes that started up to this count replace nothing; ordinary ones up to `ordinarySequence`. */
  sequence: number;
  ordinarySequence: number;
  /** By request, and by token where the failure says something of the token only. */
  readonly holds: Map<string, Hold>;
}

export interface ReferenceModel {
  page(who: Identity): Page;
  state(who: Identity): CredentialState;
  /** Ends a request to the cloud and writes down what the engine must make of it. */
  settle(gate: Gate, how: Ending, after: () => Promise<void>): Promise<void>;
  /** A service refuses the credential that came through that gate. */
  refuse(who: Identity, gate: Gate): void;
  /** The hold of that request and token that ends last; `urgently`: with nothing usable, or not for long. */
  hold(who: Identity, request: string, urgently: boolean): Hold | undefined;
  readonly refreshAge: number;
}

/** `drawn`: what the engine's random source gives, each time. */
export function modelOf(harness: ExplorerHarness, drawn: number): ReferenceModel {
  const pages = new Map<string, Page>();
  const refreshAge = LIFETIME_MS - AHEAD_MS + 0.2 * drawn * AHEAD_MS;

  const model: ReferenceModel = {
    refreshAge,
    page(who) {
      const name = entryName(who);
      let page = pages.get(name);
      if (page === undefined) {
        page = {
          held: undefined,
          refused: false,
          notBefore: 0,
          sequence: 0,
          ordinarySequence: 0,
          holds: new Map(),
        };
        pages.set(name, page);
      }
      return page;
    },
    state(who) {
      const { held, refused } = model.page(who);
      if (held === undefined) return 'empty';
      if (refused) return 'invalidated';
      const age = harness.time.since(receivedAt(held));
      if (age < refreshAge) return 'fresh';
      if (age < MUST_AGE) return 'refresh-ahead';
      return age < USABLE_AGE ? 'must-refresh' : 'expired';
    },
    async settle(gate, how, after) {
      const heard = isUnderWay(harness, gate);
      // What comes out of a freeze says nothing of now: a credential of unknown age, a connection that died.
      const overdue = harness.time.since(gate.at) >= 10 * SECOND;
      const page = model.page(gate.who);
      const sequence = gate.refresh?.sequence ?? 0;
      const isChallenge = gate.request !== '';
      gate.settle(how);
      await after();
      // A part of an exchange that is tried again ends nothing.
      if (!heard || isUnderWay(harness, gate)) return;
      if (overdue && (how === 'ok' || how === 'recoverable')) return;
      if (how === 'ok') {
        if (!isNewer(page, sequence, isChallenge)) return;
        page.holds.clear();
        // No ordinary refresh that started while the challenge was in flight replaces its answer.
        const ordinarySequence = isChallenge ? newestStart(harness) : sequence;
        Object.assign(page, { held: gate, refused: false, sequence, ordinarySequence });
      } else if (sequence >= page.notBefore && sequence > page.ordinarySequence) {
        const kind = how === 'recoverable' ? 'backoff' : 'rejected';
        const name = holdName(gate.request, how === 'refused' ? gate.who : undefined);
        const before = page.holds.get(name);
        const count = before?.kind === kind ? before.count + 1 : 1;
        const ms = Math.min(
          LONGEST_HOLD_MS,
          kind === 'backoff'
            ? drawn * Math.min(LONGEST_HOLD_MS, SECOND * 2 ** (count - 1))
            : (1 + 4 * drawn) * SECOND * 2 ** (count - 1),
        );
        page.holds.set(name, { kind, serial: gate.serial, count, since: harness.time.now(), ms });
      }
    },
    refuse(who, gate) {
      const page = model.page(who);
      const known = page.held === gate && !page.refused;
      if (known && harness.time.since(receivedAt(gate)) >= 10 * SECOND) {
        page.refused = true;
        page.notBefore = harness.cache.state.sequence + 1;
      }
    },
    hold(who, request, urgently) {
      const { holds } = model.page(who);
      return [holds.get(holdName(request, undefined)), holds.get(holdName(request, who))]
        .filter((hold) => hold !== undefined)
        .filter((hold) => harness.time.since(hold.since) < reach(hold, urgently))
        .sort((one, other) => left(other) - left(one))[0];
      function left(hold: Hold): number {
        return reach(hold, urgently) - harness.time.since(hold.since);
      }
    },
  };
  return model;
}

/** Whose entry: the identity key's, or the token's where it names none that the token belongs to. */
export function entryName(who: Identity): string {
  return who.identityKey === undefined || who.otherIdentity === true ? `token ${who.name}` : who.identityKey;
}

/** The entries that may answer: the owner of a token of another identity is unknown before the token is read. */
export function entriesOf(who: Identity): readonly string[] {
  return who.otherIdentity === true ? [entryName(who), who.identityKey as string] : [entryName(who)];
}

export function receivedAt(gate: Gate): Instant {
  return gate.ended?.at ?? gate.at;
}

/** Whether the engine still waits for what comes through that gate. */
export function isUnderWay(harness: ExplorerHarness, gate: Gate): boolean {
  for (const refresh of harness.cache.state.refreshes.values()) if (refresh === gate.refresh) return true;
  return false;
}

export function reach({ kind, ms }: Hold, urgently: boolean): number {
  return urgently && kind === 'backoff' ? Math.min(ms, URGENT_HOLD_MS) : ms;
}

/** Of two refreshes the one that started later wins; an invalidation ends all that started before it. */
function isNewer(page: Page, sequence: number, isChallenge: boolean): boolean {
  if (sequence < page.notBefore) return false;
  if (page.held === undefined || page.refused) return true;
  return sequence > (isChallenge ? page.sequence : page.ordinarySequence);
}

/** The count at which the last refresh started. */
function newestStart(harness: ExplorerHarness): number {
  return Math.max(...harness.gates.map(({ refresh }) => refresh?.sequence ?? 0));
}

function holdName(request: string, owner: Identity | undefined): string {
  return `${request} ${owner?.name ?? ''}`;
}
