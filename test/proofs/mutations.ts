/** Rules of the engine, each broken on purpose in one place, and what is expected to notice. */

import { ALONE, FORGED, PARTITIONS, STEPS, TOKENS } from './explorations.js';
import type { Change } from './core-copy.js';
import type { Exploration } from './explorer.js';

export interface Mutation {
  readonly name: string;
  readonly change: Change;
  /** The small world whose exploration notices, or the random interleavings. */
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
    'no generations: whatever lands last is held',
    ALONE,
    'engine.ts',
    '  if (generation < held.generation) return false;\n',
    '',
    4,
  ),
  mutation(
    'an exchange from before an invalidation is kept',
    ALONE,
    'engine.ts',
    'if (!isOutdated(flight, slot) && supersedes(',
    'if (supersedes(',
  ),
  mutation(
    'exchanges are shared whatever was asked',
    'interleavings',
    'engine.ts',
    "return `${key}\\n${request}\\n${digest ?? ''}`;",
    "return `${key}\\n{}\\n${digest ?? ''}`;",
  ),
  mutation(
    'exchanges are not shared',
    TOKENS,
    'engine.ts',
    'if (shared) state.flights.set(text, flight);',
    '',
  ),
  mutation('the key leaves the target out', 'interleavings', 'keys.ts', '    fields.target,\n', ''),
  mutation('the key leaves the partition out', 'interleavings', 'keys.ts', 'JSON.stringify(partition)', "''"),
  mutation('the key leaves `expect` out', 'interleavings', 'keys.ts', '    fields.expectation,\n', ''),
  mutation(
    'usable for a minute too long',
    ALONE,
    'schedule.ts',
    'lifetimeMs - Math.min(5 * SECOND, lifetimeMs / 20)',
    'lifetimeMs + 60 * SECOND',
  ),
  mutation(
    'an expired credential is better than an error',
    ALONE,
    'resolve.ts',
    'since(held.received, clock) < held.schedule.usableAge)',
    'held.schedule.usableAge > 0)',
  ),
  mutation('a refused credential is handed out', ALONE, 'provider.ts', '        !slot.invalidated &&\n', ''),
  mutation(
    'a frozen exchange is joined',
    ALONE,
    'engine.ts',
    ' && since(flight.departed, clock) < flight.abandonAfterMs) return flight;',
    ') return flight;',
  ),
  mutation(
    'what was issued before a freeze is kept',
    ALONE,
    'flight.ts',
    "landing.kind === 'issued' || (landing.kind === 'failed'",
    "(landing.kind === 'failed'",
  ),
  mutation(
    'a connection that died in a freeze holds attempts back',
    ALONE,
    'flight.ts',
    "landing.kind === 'issued' || (landing.kind === 'failed' && landing.advice.retry === 'now')",
    "landing.kind === 'issued'",
  ),
  mutation(
    "a token's refusal is held against its partition",
    FORGED,
    'engine.ts',
    'const where = digest === undefined && manyTokens ? undefined : { ...name, digest };',
    'const where = { ...name, digest: undefined };',
  ),
  mutation(
    "another token's refusal is the answer to who joined",
    FORGED,
    'resolve.ts',
    'const anothers = dependsOnToken(last.code) || !boarded.flight.sent;',
    'const anothers = false;',
  ),
  mutation(
    'covers() is ignored',
    'interleavings',
    'flight.ts',
    'plan.covers?.(token.claims) === false',
    'plan.covers?.(token.claims) === null',
  ),
  mutation(
    '`expect` is ignored',
    'interleavings',
    'flight.ts',
    'assertExpected(expectation, token.claims);',
    '',
  ),
  mutation(
    'a hopeless error is not held',
    TOKENS,
    'policy.ts',
    "return !flying && holds(situation, true) ? refused(situation) : { do: 'wait' };",
    "return { do: 'wait' };",
  ),
  mutation(
    'a backoff is not kept',
    ALONE,
    'policy.ts',
    "return flying || holds(situation, false) ? { do: 'serve' }",
    "return flying ? { do: 'serve' }",
  ),
  mutation(
    'a challenge is answered with what is held',
    ALONE,
    'provider.ts',
    "call.skipHeld === true ? 'joining' : 'no'",
    "'no'",
  ),
  mutation(
    'a forced refresh joins what was sent before it',
    ALONE,
    'resolve.ts',
    "(ask.anew !== 'after-now' || !flight.sent || flight.sequence > ask.sequence)",
    'true',
  ),
  mutation(
    'who gives up waits on',
    PARTITIONS,
    'patience.ts',
    "  signal?.addEventListener('abort', onAbort, ONCE);\n",
    '',
  ),
  mutation('a timer outlives its exchange', STEPS, 'flight.ts', '    stop();\n', ''),
];
