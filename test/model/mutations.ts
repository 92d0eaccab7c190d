/** Rules of the cache, each broken on purpose by replacing one function of core, and the proof that is expected to notice. */

import type { FederationErrorCode } from '@credex/core';
import type { Change, CoreExports } from './core-copy.js';
import { ALONE, FORGED, PARTITIONS, STEPS, TOKENS } from './explorations.js';
import type { Exploration } from './explorer.js';

export interface Mutation {
  readonly name: string;
  readonly change: Change;
  /** The exploration that notices, or the random interleavings. */
  readonly noticedBy: Exploration | 'interleavings';
}

/** Deep enough for nearly all. */
export const DEPTH = 3;

const mutation = <Name extends keyof CoreExports>(
  name: string,
  noticedBy: Mutation['noticedBy'],
  replaced: Name,
  by: (original: CoreExports[Name]) => CoreExports[Name],
  { depth = DEPTH, seenBy }: { readonly depth?: number; readonly seenBy?: keyof CoreExports } = {},
): Mutation => ({
  name,
  noticedBy: noticedBy === 'interleavings' ? noticedBy : { ...noticedBy, depth },
  change: { name: replaced, by, ...(seenBy === undefined ? {} : { seenBy }) },
});

type Policy = CoreExports['defaultPolicy'];
type Schedule = Parameters<Policy['isUsable']>[0];
type State = Parameters<Policy['decide']>[0];

const stateNamed = ({
  schedule,
  age,
  invalidated,
}: State): 'empty' | 'usable' | 'refresh-ahead' | 'other' => {
  if (schedule === undefined) return 'empty';
  if (invalidated || age >= schedule.usableAge) return 'other';
  return age >= schedule.refreshAge && age < schedule.mustAge ? 'refresh-ahead' : 'usable';
};

/** Failures that concern the token that was presented; the clouds of the proofs refuse tokens with this code only. */
const isTokenRefusal = (code: FederationErrorCode): boolean => code === 'token_rejected';

const ORDER: readonly Mutation[] = [
  mutation(
    'no order: whatever ends last is cached',
    ALONE,
    'settleRefresh',
    (settle) => (run, outcome) => {
      const entry = run.context.cache.state.entries.get(run.key) ?? run.refresh.entry;
      if (entry.cached !== undefined) entry.cached = { ...entry.cached, sequence: -1, ordinarySequence: -1 };
      return settle(run, outcome);
    },
    { depth: 4 },
  ),
  mutation(
    "an ordinary refresh replaces a challenge's result",
    ALONE,
    'settleRefresh',
    (settle) => (run, outcome) => settle({ ...run, challenge: false }, outcome),
    { depth: 5 },
  ),
  mutation(
    'an exchange from before an invalidation is cached',
    ALONE,
    'settleRefresh',
    (settle) => (run, outcome) => {
      const { refresh } = run;
      const entry = run.context.cache.state.entries.get(run.key) ?? refresh.entry;
      entry.notBefore = 0;
      refresh.entry.notBefore = 0;
      return settle(run, outcome);
    },
  ),
];

const SHARING: readonly Mutation[] = [
  mutation(
    'a refresh is shared whatever was requested',
    'interleavings',
    'nameText',
    () =>
      ({ digest }) =>
        digest ?? '',
    { seenBy: 'startRefresh' },
  ),
  mutation('a refresh is not shared', TOKENS, 'findRefresh', () => () => undefined),
  mutation('a finished refresh can still be joined', ALONE, 'startRefresh', (start) => (context, given) => {
    const { refreshes } = context.cache.state;
    const refresh = start(context, given);
    const [name] = [...refreshes].find(([, value]) => value === refresh) ?? [];
    const putBack = (): void => {
      if (name !== undefined) refreshes.set(name, refresh);
    };
    refresh.outcome.then(putBack, putBack);
    return refresh;
  }),
  mutation('a frozen refresh is joined', ALONE, 'since', () => () => 0, { seenBy: 'startRefresh' }),
  mutation(
    "another token's refusal is thrown to a caller that joined",
    FORGED,
    'settleRefresh',
    (settle) => async (run, outcome) => {
      const settled = await settle(run, outcome);
      return settled.kind === 'failed' ? { ...settled, ofToken: false } : settled;
    },
  ),
  mutation(
    'a caller that joined a challenge receives its failure',
    ALONE,
    'startRefresh',
    (start) => (context, given) => {
      const refresh = start(context, given);
      const { challenges, refreshes } = context.cache.state;
      if (given.challenge) {
        const name = `${given.key}\n{}`;
        challenges.delete(given.key);
        refreshes.set(name, refresh);
        const forget = (): void => void refreshes.delete(name);
        refresh.outcome.then(forget, forget);
      }
      return refresh;
    },
  ),
  mutation(
    'a forced refresh joins one that was sent before it',
    ALONE,
    'getCredential',
    (get) => (context, call) => get(context, { ...call, sequence: 0 }),
  ),
];

const KEYS: readonly Mutation[] = [
  mutation(
    'the key leaves the target out',
    'interleavings',
    'keyText',
    (text) => (fields, identityKey) => text({ ...fields, target: '' }, identityKey),
  ),
  mutation(
    'the key leaves the identity out',
    'interleavings',
    'keyText',
    (text) => (fields) => text(fields, ''),
  ),
  mutation(
    'the key leaves `expect` out',
    'interleavings',
    'keyText',
    (text) => (fields, identityKey) => text({ ...fields, expectation: '' }, identityKey),
  ),
  mutation(
    'a token of another identity is accepted',
    'interleavings',
    'exchange',
    (exchange) =>
      (context, input, ...rest) =>
        exchange(context, { ...input, matchesIdentity: undefined }, ...rest),
  ),
  mutation('`expect` is ignored', 'interleavings', 'assertExpected', () => async () => undefined),
];

const VALIDITY: readonly Mutation[] = [
  mutation('a credential is used for a minute too long', ALONE, 'defaultPolicy', (policy) => ({
    ...policy,
    schedule(lifetimeMs, ...rest) {
      return { ...policy.schedule(lifetimeMs, ...rest), usableAge: lifetimeMs + 60_000 };
    },
  })),
  mutation('an expired credential is served instead of an error', ALONE, 'defaultPolicy', (policy) => ({
    ...policy,
    isUsable: (_schedule: Schedule, _age: number, invalidated: boolean) => !invalidated,
  })),
  mutation('an invalidated credential is served', ALONE, 'defaultPolicy', (policy) => ({
    ...policy,
    decide: (state) => policy.decide({ ...state, invalidated: false }),
    isUsable: (schedule, age) => policy.isUsable(schedule, age, false),
  })),
  mutation(
    'a credential from before a freeze is cached',
    ALONE,
    'settleRefresh',
    (settle) => (run, outcome) =>
      settle(
        outcome.kind === 'issued' ? { ...run, refresh: { ...run.refresh, maxAgeMs: Infinity } } : run,
        outcome,
      ),
  ),
  mutation(
    'a challenge is answered with the cached credential',
    ALONE,
    'getCredential',
    (get) => (context, call) =>
      get(context, { ...call, freshness: call.freshness === 'new' ? 'cached' : call.freshness }),
  ),
];

const BACKOFF: readonly Mutation[] = [
  mutation(
    'a connection that died in a freeze delays attempts',
    ALONE,
    'settleRefresh',
    (settle) => (run, outcome) =>
      settle(
        outcome.kind === 'failed' ? { ...run, refresh: { ...run.refresh, maxAgeMs: Infinity } } : run,
        outcome,
      ),
  ),
  mutation(
    "a token's refusal delays its whole identity",
    FORGED,
    'settleRefresh',
    (settle) => async (run, outcome) => {
      const settled = await settle(run, outcome);
      if (outcome.kind === 'failed' && isTokenRefusal(outcome.error.code)) {
        const backoffs = run.context.cache.state.entries.get(run.key)?.backoffs;
        const latest = [...(backoffs?.values() ?? [])].at(-1);
        if (latest !== undefined) backoffs?.set(run.name.request, latest);
      }
      return settled;
    },
  ),
  mutation('a rejection is not cached', TOKENS, 'defaultPolicy', (policy) => ({
    ...policy,
    decide: (state) =>
      policy.decide(state.backoff?.kind === 'rejected' ? { ...state, backoff: undefined } : state),
  })),
  mutation('a backoff is ignored ahead of time', ALONE, 'defaultPolicy', (policy) => ({
    ...policy,
    decide: (state) =>
      policy.decide(stateNamed(state) === 'refresh-ahead' ? { ...state, backoff: undefined } : state),
  })),
];

const WAITING: readonly Mutation[] = [
  mutation(
    'a caller that aborts waits on',
    PARTITIONS,
    'withCallerDeadline',
    (wait) => (deadline, work) => wait({ ...deadline, signal: undefined }, work),
  ),
  mutation(
    'a timer outlives its exchange',
    STEPS,
    'startTimer',
    (start) => (clock, ms, run) => {
      start(clock, ms, run);
      return () => undefined;
    },
    { seenBy: 'withDeadline' },
  ),
];

export const MUTATIONS: readonly Mutation[] = [
  ...ORDER,
  ...SHARING,
  ...KEYS,
  ...VALIDITY,
  ...BACKOFF,
  ...WAITING,
];
