/**
 * The state of a fleet with a store as one short text, equal for two states that can only behave the same: credentials and
 * locks are named in the order in which they are met, ages are cut where nothing depends on them, counters become ranks,
 * and instances may change places. A refresh in its store stage is what it has sent, and what it was answered, and when.
 */

import type { Fleet, Instance, Secret, StoreExchange } from './store-fleet.js';
import { isInFlight } from './store-fleet.js';
import type { StoreOperationSent, StoreRefresh } from './store-hostile.js';
import { isLockName } from './store-hostile.js';

const TEN_SECONDS = 10_000;
const BREAKER_MS = 30_000;
/** From here on a backoff is the longest there is. */
const MOST_IN_A_ROW = 7;

export function storeSnapshot(fleet: Fleet): string {
  let least: string | undefined;
  for (const order of ordersOf(fleet.instances)) {
    const text = inOrder(fleet, order);
    if (least === undefined || text < least) least = text;
  }
  return least as string;
}

function ordersOf(instances: readonly Instance[]): Instance[][] {
  if (instances.length <= 1) return [[...instances]];
  return instances.flatMap((first) =>
    ordersOf(instances.filter((one) => one !== first)).map((rest) => [first, ...rest]),
  );
}

/** Names for what is met for the first time: the same in two states that differ in values only. */
interface Names {
  credential(secret: Secret | undefined): string;
  /** Of a record's text or a lock's token. */
  text(text: string | undefined): string;
}

function namesIn(fleet: Fleet, order: readonly Instance[]): Names {
  const credentials = new Map<number, number>();
  const tokens = new Map<string, number>();
  const now = fleet.time.now().wall;
  const credential = (secret: Secret | undefined): string => {
    if (secret === undefined) return '-';
    const { serial, owner, expiresAt } = secret;
    const known = credentials.get(serial);
    if (known !== undefined) return `c${known}`;
    credentials.set(serial, credentials.size);
    const refused = order.map(({ refused: serials }) => (serials.has(serial) ? '!' : '.')).join('');
    return `c${credentials.size - 1}${owner}${rounded(Math.max(-1, expiresAt - now))}${refused}`;
  };
  return {
    credential,
    text(text) {
      if (text === undefined) return '-';
      if (text.startsWith('{')) return credential(secretIn(text));
      if (!tokens.has(text)) tokens.set(text, tokens.size);
      return `t${tokens.get(text)}`;
    },
  };
}

function inOrder(fleet: Fleet, order: readonly Instance[]): string {
  const names = namesIn(fleet, order);
  const parts = order.map((instance) => instanceText(fleet, instance, names));
  const { store, time } = fleet;
  for (const [name] of store.present) {
    const found = store.look(name);
    if (found !== undefined)
      parts.push(`${isLockName(name) ? 'l' : 'r'}${names.text(found.text)}:${rounded(found.leftMs)}`);
  }
  const own = store.written.filter(({ text }) => secretIn(text).owner === 'a');
  parts.push(`w${names.text(own[0]?.text)}${names.text(own.at(-1)?.text)}${Math.min(2, own.length)}`);
  parts.push(time.timers().map(rounded).join(','));
  return parts.join('|');
}

function instanceText(fleet: Fleet, instance: Instance, names: Names): string {
  const { state } = instance.cache;
  const entry = fleet.entryOf(instance, 'a');
  const waiting = fleet.callers.filter((caller) => caller.instance === instance && caller.end === undefined);
  const refreshes = [...state.refreshes.values()];
  const rank = ranks([
    entry?.notBefore ?? 0,
    entry?.cached?.sequence ?? 0,
    entry?.cached?.ordinarySequence ?? 0,
    ...refreshes.map(({ sequence }) => sequence),
    ...waiting.map(({ sequence }) => sequence),
  ]);
  const exchanges = fleet.exchanges.filter((one) => one.instance === instance && one.ended === undefined);
  const own = fleet.store.pending().filter((operation) => operation.instance === instance.index);
  return [
    entryText(fleet, instance, names, rank),
    ...[...state.stores.values()].flatMap(({ reads, writes }) =>
      [reads, writes].map(
        ({ failures, last }) =>
          `${Math.min(3, failures)}${last === undefined ? '' : rounded(Math.min(BREAKER_MS, fleet.time.since(last)))}`,
      ),
    ),
    ...refreshes.map((refresh) => refreshText(fleet, refresh, exchanges, names, rank)),
    ...own.map((operation) => operationText(fleet, operation, names)),
    `x${exchanges.filter((exchange) => !isInFlight(exchange)).length}`,
    ...waiting
      .map(({ kind, sequence, ends, refusedBefore }) => {
        const refused = [...instance.refused].filter((serial) => !refusedBefore.has(serial)).length;
        return `${kind}${rank(sequence)}${instance.ended() - ends}${refused}`;
      })
      .sort(),
  ].join(';');
}

function entryText(
  fleet: Fleet,
  instance: Instance,
  names: Names,
  rank: (sequence: number) => number,
): string {
  const { time } = fleet;
  const entry = fleet.entryOf(instance, 'a');
  if (entry === undefined) return '-';
  const { cached, refused, deferred, invalidated, backoffs, notBefore } = entry;
  const parts: (string | number)[] = [names.credential(refused?.credential as Secret | undefined)];
  if (cached !== undefined) {
    const { usableAge, refreshAge } = cached.schedule;
    const age = Math.min(usableAge, time.since(cached.received));
    parts.push(names.credential(cached.credential as Secret), rounded(age), rounded(usableAge));
    parts.push(rounded(refreshAge), invalidated ? '!' : '', cached.fromStore === true ? 's' : '');
    parts.push(rank(notBefore), rank(cached.sequence), rank(cached.ordinarySequence));
  }
  if (deferred !== undefined)
    parts.push(
      `d${rounded(Math.min(TEN_SECONDS, time.since(deferred.first)))}/${rounded(Math.min(deferred.delayMs, time.since(deferred.since)))}`,
    );
  for (const { kind, since, delayMs, count } of backoffs.values())
    parts.push(
      `${kind}${rounded(Math.min(delayMs, time.since(since)))}of${rounded(delayMs)}x${Math.min(MOST_IN_A_ROW, count)}`,
    );
  return parts.join(',');
}

function refreshText(
  fleet: Fleet,
  refresh: NonNullable<StoreExchange['refresh']>,
  exchanges: readonly StoreExchange[],
  names: Names,
  rank: (sequence: number) => number,
): string {
  const { started, sent, urgent, skipStore, sequence } = refresh;
  const stage = fleet.store.refreshes.find(({ of }) => of === refresh);
  const exchange = exchanges.find((one) => one.refresh === refresh);
  const callers = fleet.callers.filter(({ end }) => end === undefined);
  const newer = callers.filter(({ number }) => exchange !== undefined && exchange.calls > number).length;
  const flags = `${sent ? 's' : ''}${urgent ? 'u' : ''}${skipStore ? 'f' : ''}`;
  const age = rounded(Math.min(TEN_SECONDS, fleet.time.since(started)));
  return `${age}${flags}${rank(sequence)}x${exchange === undefined ? '' : newer}[${historyText(stage, names)}]`;
}

const historyText = (stage: StoreRefresh | undefined, names: Names): string =>
  (stage?.history ?? [])
    .map(({ text, token }) => `${text}${token === undefined ? '' : names.text(token)}`)
    .join(',');

function operationText(fleet: Fleet, operation: StoreOperationSent, names: Names): string {
  const { kind, name, record, executed, at, index, ttlMs } = operation;
  const reply = executed === undefined ? '' : `=${String(executed.reply)}`;
  const what = `${kind}${isLockName(name) ? 'l' : 'r'}${names.text(record)}${reply}${ttlMs === undefined ? '' : rounded(ttlMs)}`;
  if (!operation.isInFlight()) return `late ${what}`;
  return `${index} ${what} ${rounded(fleet.time.since(at))}`;
}

const secrets = new Map<string, Secret>();
const MEMO_SIZE = 10_000;

function secretIn(text: string): Secret {
  let secret = secrets.get(text);
  if (secret === undefined) {
    secret = (JSON.parse(text) as { record: { credential: Secret } }).record.credential;
    if (secrets.size >= MEMO_SIZE) secrets.clear();
    secrets.set(text, secret);
  }
  return secret;
}

function ranks(of: readonly number[]): (value: number) => number {
  const sorted = [...new Set(of)].sort((a, b) => a - b);
  return (value) => sorted.indexOf(value);
}

const rounded = (ms: number): string => String(Math.round(ms));
