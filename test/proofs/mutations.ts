/** Rules of the engine, each broken on purpose in one place, and what is expected to notice. */

import { ALONE, FORGED, PARTITIONS, STEPS, TOKENS } from './explorations.js';
import type { Change } from './core-copy.js';
import type { Exploration } from './explorer.js';

export interface Mutation {
  readonly name: string;
  readonly change: Change;
  /** The exploration that notices, or the random interleavings. */
  readonly noticedBy: Exploration | 'interleavings';
}

/** Deep enough for nearly all. */
export const DEPTH = 3;

const mutation = (
  name: string,
  noticedBy: Mutation['noticedBy'],
  file: string,
  find: string,
  replace: string,
  depth = DEPTH,
): Mutation => ({
  name,
  noticedBy: noticedBy === 'interleavings' ? noticedBy : { ...noticedBy, depth },
  change: { file, find, replace },
});

export const MUTATIONS: readonly Mutation[] = [
  mutation(
    'no order: whatever ends last is cached',
    ALONE,
    'refresh-result.ts',
    'return refresh.sequence > (challenge ? cached.sequence : cached.ordinarySequence);',
    'return true;',
    4,
  ),
  mutation(
    "an ordinary refresh replaces a challenge's answer",
    ALONE,
    'refresh-result.ts',
    'challenge ? ++cache.state.sequence : sequence;',
    'sequence;',
    5,
  ),
  mutation(
    'an exchange from before an invalidation is cached',
    ALONE,
    'refresh-result.ts',
    'if (!isOutdated(refresh, entry) && (entry.invalidated',
    'if ((entry.invalidated',
  ),
  mutation(
    'a refresh is shared whatever was requested',
    'interleavings',
    'refresh.ts',
    'const refreshText = (key: string, name: RefreshName): string => `${key}\\n${nameText(name)}`;',
    "const refreshText = (key: string, name: RefreshName): string => `${key}\\n${name.digest ?? ''}`;",
  ),
  mutation(
    'a refresh is not shared',
    TOKENS,
    'refresh.ts',
    'state.refreshes.set(refreshText(key, start.name), refresh);',
    '',
  ),
  mutation('the key leaves the target out', 'interleavings', 'keys.ts', '    fields.target,\n', ''),
  mutation(
    'the key leaves the identity out',
    'interleavings',
    'keys.ts',
    'JSON.stringify(identityKey)',
    "''",
  ),
  mutation('the key leaves `expect` out', 'interleavings', 'keys.ts', '    fields.expectation,\n', ''),
  mutation(
    'usable for a minute too long',
    ALONE,
    'refresh-policy.ts',
    'lifetimeMs - Math.min(5 * SECOND, lifetimeMs / 20)',
    'lifetimeMs + 60 * SECOND',
  ),
  mutation(
    'an expired credential is better than an error',
    ALONE,
    'refresh-policy.ts',
    'isUsable: ({ usableAge }, age, invalidated) => !invalidated && age < usableAge,',
    'isUsable: (_schedule, _age, invalidated) => !invalidated,',
  ),
  mutation(
    'an invalidated credential is served',
    ALONE,
    'provider.ts',
    'if (cached === undefined || invalidated) return false;',
    'if (cached === undefined) return false;',
  ),
  mutation(
    'a frozen refresh is joined',
    ALONE,
    'refresh.ts',
    'const isOverdue = since(refresh.started, clock) >= refresh.maxAgeMs;',
    'const isOverdue = false;',
  ),
  mutation(
    'what was issued before a freeze is cached',
    ALONE,
    'refresh-result.ts',
    "  if (outcome.kind === 'issued') return true;\n",
    '',
  ),
  mutation(
    'a connection that died in a freeze delays attempts',
    ALONE,
    'refresh-result.ts',
    "(outcome.advice === undefined || outcome.advice.retry === 'now')",
    'outcome.advice === undefined',
  ),
  mutation(
    "a token's refusal delays its whole identity",
    FORGED,
    'refresh-result.ts',
    'isAttributable ? { ...name, digest } : undefined',
    '{ ...name, digest: undefined }',
  ),
  mutation(
    "another token's refusal is the answer for who joined",
    FORGED,
    'get-credential.ts',
    'const mayBeAnothers = isTokenError(error.code) || !joined.refresh.sent;',
    'const mayBeAnothers = false;',
  ),
  mutation(
    'a token of another identity is accepted',
    'interleavings',
    'exchange.ts',
    'input.matchesIdentity?.(found.claims) === false',
    'input.matchesIdentity?.(found.claims) === null',
  ),
  mutation(
    '`expect` is ignored',
    'interleavings',
    'exchange.ts',
    'assertExpected(expectation, found.claims);',
    '',
  ),
  mutation(
    'a rejection is not cached',
    TOKENS,
    'refresh-policy.ts',
    'return !refreshing && isBackedOff(state, true)\n      ? {',
    'return false\n      ? {',
  ),
  mutation(
    'a backoff is ignored ahead of time',
    ALONE,
    'refresh-policy.ts',
    'return refreshing || startedRecently || isBackedOff(state, false)',
    'return refreshing || startedRecently',
  ),
  mutation(
    'a challenge is answered with the cached credential',
    ALONE,
    'provider.ts',
    "given.skipHeld === true ? 'new' : 'cached'",
    "'cached'",
  ),
  mutation(
    'a forced refresh joins what was sent before it',
    ALONE,
    'get-credential.ts',
    'if (refresh !== undefined && isNewEnough) {',
    'if (refresh !== undefined) {',
  ),
  mutation(
    'a caller that aborts waits on',
    PARTITIONS,
    'deadline.ts',
    "  signal?.addEventListener('abort', onAbort, ONCE);\n",
    '',
  ),
  mutation('a timer outlives its exchange', STEPS, 'deadline.ts', '    stopTimer();\n', ''),
  mutation(
    'a finished refresh stays in the map',
    ALONE,
    'refresh.ts',
    '  if (refreshes.get(text) === refresh) refreshes.delete(text);\n',
    '',
  ),
  mutation(
    'a caller that joined a challenge receives its failure',
    ALONE,
    'get-credential.ts',
    'if (joined.foreignRequest || outcome === undefined',
    'if (outcome === undefined',
  ),
];
