/**
 * A small world as one short text, the same for two worlds that can only behave the same: ages are cut where
 * nothing depends on them any more, counters become ranks, and identities that differ by name alone are one.
 */

import { USABLE_AGE, entryName, isUnderWay } from './small-world-books.js';
import type { Caller, Identity, SmallWorld } from './small-world.js';

const TEN_SECONDS = 10_000;
/** From here on a hold is the longest there is. */
const MOST_IN_A_ROW = 7;

/** `alike`: the identities may change places. */
export function snapshot(world: SmallWorld, alike: boolean): string {
  const order = world.identities;
  const text = inOrder(world, order);
  if (!alike) return text;
  const other = inOrder(world, [...order].reverse());
  return text < other ? text : other;
}

function inOrder(world: SmallWorld, order: readonly Identity[]): string {
  const nameOf = (who: Identity): string => String(order.indexOf(who));
  const waiting = world.callers.filter(({ end }) => end === undefined);
  const sequences = ranks([
    ...[...world.cache.state.refreshes.values()].map(({ sequence }) => sequence),
    ...waiting.map((caller) => world.sequences[caller.number] ?? 0),
  ]);
  const parts: string[] = [];
  const seen = new Set<string>();
  for (const who of order) {
    if (seen.has(entryName(who))) continue;
    seen.add(entryName(who));
    parts.push(entry(world, who, nameOf, sequences));
  }
  parts.push(
    waiting
      .map((caller) => waiter(world, caller, nameOf, sequences))
      .sort()
      .join(','),
  );
  parts.push(
    world.gates
      .filter((gate) => gate.ended === undefined && !isUnderWay(world, gate))
      .map((gate) => `${nameOf(gate.who)}${gate.request}`)
      .sort()
      .join(','),
  );
  parts.push(world.time.timers().map(rounded).join(','));
  parts.push([...world.cache.state.budgets.values()].join(','));
  return parts.join('|');
}

/** One entry of the cache: what is held, what is under way, what holds attempts back. */
function entry(
  world: SmallWorld,
  who: Identity,
  nameOf: (who: Identity) => string,
  sequences: (of: number) => number,
): string {
  const key = world.keyOf(who);
  const cacheEntry = world.entryOf(who);
  if (key === undefined || cacheEntry === undefined) return '-';
  const { cached } = cacheEntry;
  const refreshes = [...world.cache.state.refreshes].filter(([text]) => text.startsWith(key));
  const rank = ranks([
    cacheEntry.notBefore,
    cached?.sequence ?? 0,
    cached?.ordinarySequence ?? 0,
    ...refreshes.map(([, { sequence }]) => sequence),
  ]);
  const named = (text: string): string => {
    let short = text;
    for (const each of world.identities) short = short.replace(world.digestOf(each), nameOf(each));
    return short.replace(key, '');
  };
  const held =
    cached === undefined
      ? ''
      : `${rounded(Math.min(USABLE_AGE, world.time.since(cached.received)))}${cacheEntry.invalidated ? '!' : ''}`;
  const backoffs = [...cacheEntry.backoffs].map(
    ([text, { kind, since, delayMs, count }]) =>
      `${named(text)}${kind}${rounded(Math.min(delayMs, world.time.since(since)))}of${delayMs}x${Math.min(MOST_IN_A_ROW, count)}`,
  );
  const inFlight = refreshes.map(([text, refresh]) => {
    const gate = world.gates.find((each) => each.refresh === refresh && each.ended === undefined);
    return [
      named(text),
      rounded(Math.min(TEN_SECONDS, world.time.since(refresh.started))),
      `${refresh.sent ? 's' : ''}${refresh.urgent ? 'u' : ''}`,
      world.cache.state.challenges.get(key) === refresh ? 'c' : '',
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
  world: SmallWorld,
  caller: Caller,
  nameOf: (who: Identity) => string,
  sequences: (of: number) => number,
): string {
  const ended = world.gates
    .filter(
      (gate) =>
        entryName(gate.who) === entryName(caller.who) &&
        gate.ended !== undefined &&
        world.endings.indexOf(gate) >= (world.endingsBefore[caller.number] ?? 0),
    )
    .map((gate) => `${nameOf(gate.who)}${gate.request}${gate.ended?.how ?? ''}`);
  const gone = world.gates
    .filter(
      (gate) =>
        gate.calls > caller.number &&
        entryName(gate.who) === entryName(caller.who) &&
        !isUnderWay(world, gate),
    )
    .length.toString();
  return [
    nameOf(caller.who),
    caller.kind,
    sequences(world.sequences[caller.number] ?? 0),
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
