/**
 * The state as one short text, equal for two states that can only behave the same: ages are cut where
 * nothing depends on them any more, counters become ranks, and identities that differ in their names only are one.
 */

import { USABLE_AGE, entryName, isUnderWay } from './reference-model.js';
import type { Caller, Identity, ExplorerHarness } from './explorer-harness.js';

const TEN_SECONDS = 10_000;
/** From here on a hold is the longest there is. */
const MOST_IN_A_ROW = 7;

/** `alike`: the identities may change places. */
export function snapshot(harness: ExplorerHarness, alike: boolean): string {
  const order = harness.identities;
  const text = inOrder(harness, order);
  if (!alike) return text;
  const other = inOrder(harness, [...order].reverse());
  return text < other ? text : other;
}

function inOrder(harness: ExplorerHarness, order: readonly Identity[]): string {
  const nameOf = (who: Identity): string => String(order.indexOf(who));
  const waiting = harness.callers.filter(({ end }) => end === undefined);
  const sequences = ranks([
    ...[...harness.cache.state.refreshes.values()].map(({ sequence }) => sequence),
    ...waiting.map((caller) => harness.sequences[caller.number] ?? 0),
  ]);
  const parts: string[] = [];
  const seen = new Set<string>();
  for (const who of order) {
    if (seen.has(entryName(who))) continue;
    seen.add(entryName(who));
    parts.push(entry(harness, who, nameOf, sequences));
  }
  parts.push(
    waiting
      .map((caller) => waiter(harness, caller, nameOf, sequences))
      .sort()
      .join(','),
  );
  parts.push(
    harness.gates
      .filter((gate) => gate.ended === undefined && !isUnderWay(harness, gate))
      .map((gate) => `${nameOf(gate.who)}${gate.request}`)
      .sort()
      .join(','),
  );
  parts.push(harness.time.timers().map(rounded).join(','));
  parts.push([...harness.cache.state.budgets.values()].join(','));
  return parts.join('|');
}

/** One entry of the cache: the cached credential, the refreshes in flight, the backoffs. */
function entry(
  harness: ExplorerHarness,
  who: Identity,
  nameOf: (who: Identity) => string,
  sequences: (of: number) => number,
): string {
  const key = harness.keyOf(who);
  const cacheEntry = harness.entryOf(who);
  if (key === undefined || cacheEntry === undefined) return '-';
  const { cached } = cacheEntry;
  const refreshes = [...harness.cache.state.refreshes].filter(([text]) => text.startsWith(key));
  const rank = ranks([
    cacheEntry.notBefore,
    cached?.sequence ?? 0,
    cached?.ordinarySequence ?? 0,
    ...refreshes.map(([, { sequence }]) => sequence),
  ]);
  const named = (text: string): string => {
    let short = text;
    for (const each of harness.identities) short = short.replace(harness.digestOf(each), nameOf(each));
    return short.replace(key, '');
  };
  const held =
    cached === undefined
      ? ''
      : `${rounded(Math.min(USABLE_AGE, harness.time.since(cached.received)))}${cacheEntry.invalidated ? '!' : ''}`;
  const backoffs = [...cacheEntry.backoffs].map(
    ([text, { kind, since, delayMs, count }]) =>
      `${named(text)}${kind}${rounded(Math.min(delayMs, harness.time.since(since)))}of${delayMs}x${Math.min(MOST_IN_A_ROW, count)}`,
  );
  const inFlight = refreshes.map(([text, refresh]) => {
    const gate = harness.gates.find((each) => each.refresh === refresh && each.ended === undefined);
    return [
      named(text),
      rounded(Math.min(TEN_SECONDS, harness.time.since(refresh.started))),
      `${refresh.sent ? 's' : ''}${refresh.urgent ? 'u' : ''}`,
      harness.cache.state.challenges.get(key) === refresh ? 'c' : '',
      rank(refresh.sequence),
      sequences(refresh.sequence),
      gate === undefined ? '' : nameOf(gate.who),
    ].join(':');
  });
  const order = [cacheEntry.notBefore, cached?.sequence ?? 0, cached?.ordinarySequence ?? 0];
  return `${held};${order.map(rank).join('.')};${backoffs.join(',')};${inFlight.sort().join(',')}`;
}

/** A caller who waits, with what its engine remembers of the exchanges that ended while it waited. */
function waiter(
  harness: ExplorerHarness,
  caller: Caller,
  nameOf: (who: Identity) => string,
  sequences: (of: number) => number,
): string {
  const ended = harness.gates
    .filter(
      (gate) =>
        entryName(gate.who) === entryName(caller.who) &&
        gate.ended !== undefined &&
        harness.endings.indexOf(gate) >= (harness.endingsBefore[caller.number] ?? 0),
    )
    .map((gate) => `${nameOf(gate.who)}${gate.request}${gate.ended?.how ?? ''}`);
  const gone = harness.gates
    .filter(
      (gate) =>
        gate.calls > caller.number &&
        entryName(gate.who) === entryName(caller.who) &&
        !isUnderWay(harness, gate),
    )
    .length.toString();
  return [
    nameOf(caller.who),
    caller.kind,
    sequences(harness.sequences[caller.number] ?? 0),
    ended.join('+'),
    gone,
  ].join(':');
}

function ranks(of: readonly number[]): (value: number) => number {
  const sorted = [...new Set(of)].sort((a, b) => a - b);
  return (value) => sorted.indexOf(value);
}

function rounded(ms: number): string {
  return String(Math.round(ms));
}
