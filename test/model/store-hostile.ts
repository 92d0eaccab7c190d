/** A store whose every operation waits until the explorer says what it does and what it answers. */

import type { CredentialStore } from '@credex/core';
import type { Refresh } from './explorer-harness.js';
import type { Instant, ManualTime } from './manual-time.js';

type Kind = 'get' | 'set' | 'delete' | 'lock' | 'takeOver' | 'unlock';

/** One operation, from the moment at which an instance sent it. */
export interface StoreOperationSent {
  readonly serial: number;
  /** The index of its instance. */
  readonly instance: number;
  readonly kind: Kind;
  readonly name: string;
  /** The record that it writes. */
  readonly record: string | undefined;
  /** Milliseconds until what it writes ends. */
  readonly ttlMs: number | undefined;
  readonly at: Instant;
  /** The refresh that it is a part of, known by the signal that all operations of a refresh share. */
  readonly refresh: StoreRefresh;
  /** How many operations its refresh had sent before. */
  readonly index: number;
  /** Does what was asked. */
  readonly run: () => unknown;
  /** Whether a caller wanted a credential that no record of a store is, when it was sent. */
  readonly isForced: boolean;
  /** Whether its refresh is in flight: otherwise its reply comes too late for any caller. */
  readonly isInFlight: () => boolean;
  /** What `run` gave, where the operation was executed and its reply is still to come. */
  executed: { readonly reply: unknown } | undefined;
  answered: string | undefined;
  reply: unknown;
  answeredAfterMs: number;
  /** Its refresh had ended before it was answered. */
  isLate: boolean;
  readonly resolve: (reply: never) => void;
  readonly reject: (error: Error) => void;
}

/** What a refresh and the store said to each other, with times: it is in the same state as one with the same history. */
export interface StoreRefresh {
  readonly signal: AbortSignal;
  /** What the cache calls a refresh: gone from the cache's state once it has ended. */
  readonly of: Refresh | undefined;
  /** A record was written, as far as the refresh was told in time. */
  isWritten: boolean;
  readonly at: Instant;
  sent: number;
  /** `token`: of the lock, where one was sent or answered. */
  readonly history: { readonly text: string; readonly token: string | undefined }[];
}

export interface HostileStore {
  readonly operations: StoreOperationSent[];
  readonly refreshes: StoreRefresh[];
  /** Records and locks: the text under each name. */
  readonly present: Map<string, { readonly text: string; readonly endsAt: number }>;
  /** Every record that was sent to the store, oldest first. */
  readonly written: { readonly name: string; readonly text: string }[];
  pending(): StoreOperationSent[];
  /** The answers that make a difference for this operation now. */
  answersTo(operation: StoreOperationSent): readonly string[];
  answer(operation: StoreOperationSent, answer: string): void;
  /** `refreshes`: what the instance has in flight, newest last. */
  engineOf(instance: number, refreshes: () => readonly Refresh[]): CredentialStore;
  /** What stands under the name now. */
  look(name: string): { readonly text: string; readonly leftMs: number } | undefined;
}

/** No record of the proofs lives as long. */
const OVERSTATED_MS = 36_000_000;
/** No operation is waited for longer. */
export const OPERATION_LIMIT_MS = 150;
const ALTERED = 'altered';

export const isLockName = (name: string): boolean => name.endsWith(':lock');

export function hostileStore(time: ManualTime): HostileStore {
  const store: HostileStore = {
    operations: [],
    refreshes: [],
    present: new Map(),
    written: [],
    pending: () => store.operations.filter(({ answered }) => answered === undefined),
    look(name) {
      const found = store.present.get(name);
      const leftMs = found === undefined ? 0 : found.endsAt - time.now().mono;
      return found === undefined || leftMs <= 0 ? undefined : { text: found.text, leftMs };
    },
    answersTo: (operation) => answersTo(store, operation),
    answer: (operation, answer) => give(store, time, operation, answer),
    engineOf: (instance, refreshes) => engineOf(store, time, instance, refreshes),
  };
  return store;
}

function answersTo(store: HostileStore, operation: StoreOperationSent): readonly string[] {
  const { kind, name, executed } = operation;
  // It was executed: the reply comes now, or the connection broke.
  if (executed !== undefined) return ['reply', 'throw'];
  switch (kind) {
    case 'get':
      return isLockName(name) ? lockReads(store, name) : recordReads(store, name);
    case 'set':
      return ['honest', 'ignored', 'throw', 'executed'];
    case 'lock':
    case 'takeOver':
      return ['honest', 'lie', 'throw', 'executed'];
    default:
      return ['honest', 'throw'];
  }
}

const lockReads = (store: HostileStore, name: string): readonly string[] =>
  store.look(name) === undefined ? ['honest'] : ['honest', 'none'];

function recordReads(store: HostileStore, name: string): readonly string[] {
  const own = store.written.filter((one) => one.name === name);
  const latest = own.at(-1);
  const present = store.look(name);
  return [
    'honest',
    'throw',
    ...(present === undefined ? [] : ['none', 'untimed']),
    ...(latest === undefined ? [] : ['overstated', 'altered']),
    // The first that was written, if it is not the last.
    ...(own.length > 1 ? ['replayed'] : []),
    ...(store.written.some((one) => one.name !== name) ? ['swapped'] : []),
  ];
}

/** The text that the store answers a read with. */
function readAs(store: HostileStore, name: string, answer: string): unknown {
  const own = store.written.filter((one) => one.name === name);
  switch (answer) {
    case 'none':
      return undefined;
    case 'untimed':
      return { record: store.look(name)?.text };
    case 'overstated':
      return { record: own.at(-1)?.text, ttlMs: OVERSTATED_MS };
    case 'replayed':
      return { record: own[0]?.text, ttlMs: OVERSTATED_MS };
    case 'swapped':
      return { record: store.written.find((one) => one.name !== name)?.text, ttlMs: OVERSTATED_MS };
    default:
      return { record: ALTERED, ttlMs: OVERSTATED_MS };
  }
}

function give(store: HostileStore, time: ManualTime, operation: StoreOperationSent, answer: string): void {
  const { refresh, kind, name, executed, index } = operation;
  if (answer === 'executed') {
    operation.executed = { reply: operation.run() };
    return;
  }
  const reply = replyOf(store, operation, answer);
  operation.answered = answer;
  operation.reply = reply;
  operation.answeredAfterMs = time.now().mono - operation.at.mono;
  operation.isLate = !operation.isInFlight();
  const told = typeof reply === 'boolean' ? String(reply) : executed === undefined ? answer : 'executed';
  const read = isLockName(name) && kind === 'get' ? (reply as { record: string } | undefined) : undefined;
  refresh.history.push({
    text: `${index} ${kind} ${told} ${Math.round(time.since(refresh.at))}`,
    token: read?.record ?? (kind === 'get' || kind === 'set' ? undefined : operation.record),
  });
  if (kind === 'set' && answer !== 'throw' && operation.answeredAfterMs < OPERATION_LIMIT_MS)
    refresh.isWritten = true;
  if (answer === 'throw') operation.reject(new Error('The store failed.'));
  else operation.resolve(reply as never);
}

function replyOf(store: HostileStore, operation: StoreOperationSent, answer: string): unknown {
  const { executed, kind, name } = operation;
  if (answer === 'throw') return undefined;
  if (answer === 'reply') return executed?.reply;
  if (answer === 'honest') return operation.run();
  if (answer === 'lie') return operation.run() !== true;
  return kind === 'get' ? readAs(store, name, answer) : undefined;
}

function engineOf(
  store: HostileStore,
  time: ManualTime,
  instance: number,
  inFlight: () => readonly Refresh[],
): CredentialStore {
  const refreshOf = (signal: AbortSignal): StoreRefresh => {
    const known = store.refreshes.find((one) => one.signal === signal);
    if (known !== undefined) return known;
    const refresh = {
      signal,
      of: inFlight().at(-1),
      isWritten: false,
      at: time.now(),
      sent: 0,
      history: [],
    };
    store.refreshes.push(refresh);
    return refresh;
  };
  const send = <T>(
    kind: Kind,
    { name, record, ttlMs }: { readonly name: string; readonly record?: string; readonly ttlMs?: number },
    { signal }: { readonly signal: AbortSignal },
    run: () => unknown,
  ): Promise<T> =>
    new Promise((resolve, reject) => {
      const refresh = refreshOf(signal);
      store.operations.push({
        serial: store.operations.length,
        instance,
        kind,
        name,
        record,
        ttlMs,
        at: time.now(),
        refresh,
        index: refresh.sent++,
        run,
        isForced: refresh.of?.skipStore === true,
        isInFlight: () => inFlight().some((one) => one === refresh.of),
        executed: undefined,
        answered: undefined,
        reply: undefined,
        answeredAfterMs: 0,
        isLate: false,
        resolve,
        reject,
      });
      if (kind === 'set') store.written.push({ name, text: record as string });
    });
  const put = (name: string, text: string, ttlMs: number): void =>
    void store.present.set(name, { text, endsAt: time.now().mono + ttlMs });
  const is = (name: string, text: string): boolean => store.look(name)?.text === text;
  return {
    get: (name, options) =>
      send('get', { name }, options, () => {
        const found = store.look(name);
        return found && { record: found.text, ttlMs: found.leftMs };
      }),
    set: (name, record, ttlMs, options) =>
      send('set', { name, record, ttlMs }, options, () => put(name, record, ttlMs)),
    delete: (name, ifRecord, options) =>
      send('delete', { name, ...(ifRecord === undefined ? {} : { record: ifRecord }) }, options, () => {
        if (ifRecord === undefined || is(name, ifRecord)) store.present.delete(name);
      }),
    lock: (name, record, ttlMs, options) =>
      send('lock', { name, record, ttlMs }, options, () => {
        if (store.look(name) !== undefined) return false;
        put(name, record, ttlMs);
        return true;
      }),
    takeOver: (name, seen, record, ttlMs, options) =>
      send('takeOver', { name, record, ttlMs }, options, () => {
        if (!is(name, seen)) return false;
        put(name, record, ttlMs);
        return true;
      }),
    unlock: (name, record, options) =>
      send('unlock', { name, record }, options, () => {
        if (is(name, record)) store.present.delete(name);
      }),
  };
}
