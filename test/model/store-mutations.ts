/** Rules of the store stage, each broken on purpose by replacing an export, and the exploration that is expected to notice. */

import type { CredentialStore } from '@credex/core';
import type { Change, CoreExports } from './core-copy.js';
import { AHEAD, COLD, REFUSED, STORED, SWAPPED } from './store-explorations.js';
import type { StoreExploration } from './store-explorer.js';

export interface StoreMutation {
  readonly name: string;
  readonly change: Change;
  readonly noticedBy: StoreExploration;
  /** What is noticed. */
  readonly violation: RegExp;
}

const mutation = <Name extends keyof CoreExports>(
  name: string,
  noticedBy: StoreExploration,
  violation: RegExp,
  replaced: Name,
  by: (original: CoreExports[Name]) => CoreExports[Name],
  { depth = 3, seenBy }: { readonly depth?: number; readonly seenBy?: keyof CoreExports } = {},
): StoreMutation => ({
  name,
  noticedBy: { ...noticedBy, depth },
  violation,
  change: { name: replaced, by, ...(seenBy === undefined ? {} : { seenBy }) },
});

type Operation = Parameters<InstanceType<CoreExports['StoreConnection']>['operate']>[0];
type Limit = number | undefined;
type Sending<T> = (
  engine: Required<CredentialStore>,
  options: Parameters<CredentialStore['get']>[1],
) => Promise<T>;

const ADOPTION: readonly StoreMutation[] = [
  mutation(
    "another key's record is adopted",
    SWAPPED,
    /credential of b/,
    'candidateOf',
    (candidateOf) => (context, _recordKey, opened, readAt) =>
      candidateOf(context, opened.record.key, opened, readAt),
  ),
  mutation(
    'a record counts as new',
    STORED,
    /past its end/,
    'candidateOf',
    (candidateOf) => (context, recordKey, opened, readAt) => {
      const candidate = candidateOf(context, recordKey, opened, readAt);
      return candidate && { ...candidate, received: readAt.moment };
    },
  ),
  mutation(
    "the store's time to live outweighs the clock",
    STORED,
    /past its end/,
    'candidateOf',
    (candidateOf) => (context, recordKey, opened, readAt) => {
      const clock = { ...readAt.clock, now: () => opened.record.issuedAt };
      return candidateOf(
        context,
        recordKey,
        opened,
        readAt.ttlMs === undefined ? readAt : { ...readAt, clock },
      );
    },
  ),
  mutation(
    'a refused credential is adopted',
    REFUSED,
    /refused credential/,
    'adoptable',
    (adoptable) => (context, refresh, entry, candidate) =>
      adoptable(context, refresh, { ...entry, refused: undefined }, candidate),
  ),
  mutation(
    'a credential that ends earlier is adopted',
    { ...AHEAD, beginning: [...AHEAD.beginning, 'call 0 force', 'end 2 brief', 'honest 0'] },
    /ends earlier than its own/,
    'adoptable',
    (adoptable) => (context, refresh, entry, candidate) =>
      adoptable(context, refresh, { ...entry, cached: undefined }, candidate),
  ),
  mutation(
    'an expired record is adopted',
    STORED,
    /past its end|expired/,
    'adoptable',
    (adoptable) => (context, refresh, entry, candidate) => {
      const cached = adoptable(context, refresh, entry, candidate);
      if (cached !== undefined) return cached;
      const now = { wall: context.clock.now(), mono: context.clock.monotonic() };
      return entry.cached === undefined
        ? adoptable(context, refresh, entry, { ...candidate, received: now })
        : undefined;
    },
  ),
];

const FORCED: readonly StoreMutation[] = [
  mutation(
    'a forced refresh asks the store',
    STORED,
    /forced refresh sends get/,
    'StoreStage',
    (StoreStage) =>
      class<C extends { readonly expiresAt: number }, R> extends StoreStage<C, R> {
        constructor(run: ConstructorParameters<typeof StoreStage<C, R>>[0]) {
          const refresh = Object.create(run.refresh, {
            skipStore: { value: false, writable: true },
          }) as typeof run.refresh;
          super({ ...run, refresh });
        }
      } as typeof StoreStage,
  ),
];

const WAITING: readonly StoreMutation[] = [
  mutation(
    'an operation has no time limit',
    COLD,
    /no answer|stuck|timeout|does not need/,
    'StoreConnection',
    (StoreConnection) =>
      class extends StoreConnection {
        readonly #engine: ConstructorParameters<typeof StoreConnection>[0];
        constructor(...given: ConstructorParameters<typeof StoreConnection>) {
          super(...given);
          [this.#engine] = given;
        }
        override operate<T>(_operation: Operation, _limitMs: Limit, call: Sending<T>): Promise<T> {
          return call(this.#engine as never, { signal: new AbortController().signal });
        }
      } as typeof StoreConnection,
  ),
  mutation(
    'a follower never looks again',
    COLD,
    /without an exchange/,
    'sleep',
    () => (_clock, _ms, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      }),
    { depth: 4, seenBy: 'StoreStage' },
  ),
  mutation(
    'what was issued before a freeze is served after it',
    COLD,
    /expired/,
    'StoreStage',
    (StoreStage) =>
      class<C extends { readonly expiresAt: number }, R> extends StoreStage<C, R> {
        override async settled(...[outcome]: Parameters<InstanceType<typeof StoreStage>['settled']>) {
          await super.settled(outcome);
          return outcome;
        }
      } as typeof StoreStage,
    { depth: 4 },
  ),
  mutation(
    'a lock that came too late is kept',
    COLD,
    /lock that it does not need/,
    'StoreConnection',
    (StoreConnection) =>
      class extends StoreConnection {
        override operate<T>(operation: Operation, limitMs: Limit, call: Sending<T>): Promise<T> {
          return super.operate(operation, limitMs, call);
        }
      } as typeof StoreConnection,
  ),
];

export const STORE_MUTATIONS: readonly StoreMutation[] = [...ADOPTION, ...FORCED, ...WAITING];
