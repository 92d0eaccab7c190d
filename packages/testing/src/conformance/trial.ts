/** One exchange under watch: how often it asked for the subject, which steps it took, what it printed. */

import assert from 'node:assert/strict';
import { FederationError, type Credential, type Fetch } from '@credex/core';
import type { ErrorClass, ExchangeContext, Exchanger, ExchangeResult } from '@credex/core/driver';
import { linkedSignal, transportOf } from '@credex/core/internal';
import { presentedToken } from '@credex/core/failure';
import { readSubjectToken } from '@credex/core/on-demand';
import { classified } from './error-class.js';
import type { Asked } from './harness.js';
import { inspect } from 'node:util';

// Keeps the console while something runs, and what was said to it.

const METHODS = ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir', 'table'] as const;

interface Listening<T> {
  /** Grows while it runs. */
  readonly printed: readonly string[];
  readonly result: Promise<T>;
}

/** How many listen; the console is given back by the last. */
let listeners = 0;
let giveBack = (): void => undefined;
const ears = new Set<string[]>();

function listening<T>(run: () => Promise<T>): Listening<T> {
  const printed: string[] = [];
  if (listeners++ === 0) giveBack = takeConsole();
  ears.add(printed);
  const result = run().finally(() => {
    ears.delete(printed);
    if (--listeners === 0) giveBack();
  });
  return { printed, result };
}

function takeConsole(): () => void {
  const kept = METHODS.map((name) => [name, console[name]] as const);
  for (const name of METHODS)
    console[name] = (...words: unknown[]): void => {
      for (const heard of ears) heard.push(words.map((word) => inspect(word, { depth: 8 })).join(' '));
    };
  return () => {
    for (const [name, method] of kept) console[name] = method;
  };
}

interface TrialInit {
  readonly jwt: string;
  readonly fetch?: Fetch | undefined;
  /** What `subject()` rejects with. */
  readonly noSubject?: Error | undefined;
  /** Ends everything: core's refresh has run out of time. */
  readonly whole?: AbortSignal | undefined;
  /** Ends one step: it alone has. */
  readonly step?: AbortSignal | undefined;
}

type Outcome<C extends Credential> =
  | { readonly issued: ExchangeResult<C>; readonly error?: undefined }
  | { readonly issued?: undefined; readonly error: { readonly thrown: unknown } };

interface Trial<C extends Credential> {
  /** Never rejects. */
  readonly outcome: Promise<Outcome<C>>;
  readonly subjects: () => number;
  /** The hosts of the steps, in order. */
  readonly steps: () => readonly string[];
  readonly printed: readonly string[];
}

/** Starts the exchange with a context that does what core's does, but retries nothing. */
export function start<C extends Credential, R>(
  { exchanger, request }: Asked<C, R>,
  init: TrialInit,
): Trial<C> {
  const whole = init.whole ?? new AbortController().signal;
  const steps: string[] = [];
  let subjects = 0;
  const context: ExchangeContext = {
    signal: whole,
    async subject() {
      subjects += 1;
      whole.throwIfAborted();
      if (init.noSubject !== undefined) throw init.noSubject;
      return readSubjectToken(init.jwt);
    },
    async step(host, run) {
      whole.throwIfAborted();
      steps.push(host);
      const signals = init.step === undefined ? [whole] : [whole, init.step];
      // Not raced against the signal: what `run` started must end by itself.
      const { signal, release } = linkedSignal(signals);
      return run(signal).finally(release);
    },
    post: (url, { headers, body, signal }) =>
      transportOf(init.fetch ?? ((input, how) => globalThis.fetch(input, how)))(exchanger.provider, url, {
        headers,
        body,
        signal: signal ?? whole,
      }),
  };
  const { printed, result } = listening(async () => exchanger.exchange(request, context));
  return {
    outcome: result.then(
      (issued): Outcome<C> => ({ issued }),
      (thrown: unknown): Outcome<C> => ({ error: { thrown } }),
    ),
    subjects: () => subjects,
    steps: () => steps,
    printed,
  };
}

/** What the exchange brought; fails where it failed. */
export async function issuedBy<C extends Credential, R>(
  asked: Asked<C, R>,
  init: TrialInit,
): Promise<ExchangeResult<C>> {
  const { issued, error } = await start(asked, init).outcome;
  if (error === undefined) return issued;
  const { code } = await classOf(asked.exchanger, error.thrown, init.jwt);
  // The thrown error may hold the token: it is told by its code.
  assert.fail(`The exchange of a good token failed: ${code}.`);
}

/** What the exchange threw; fails where it brought something. */
export async function thrownBy<C extends Credential, R>(
  asked: Asked<C, R>,
  init: TrialInit,
): Promise<unknown> {
  const { error } = await start(asked, init).outcome;
  if (error === undefined) assert.fail('The exchange brought a credential; it was to fail.');
  return error.thrown;
}

/** As core reads what a step threw. */
export async function classOf<C extends Credential, R>(
  exchanger: Exchanger<C, R>,
  thrown: unknown,
  jwt: string,
): Promise<ErrorClass> {
  if (!FederationError.isInstance(thrown)) {
    const presented = presentedToken(readSubjectToken(jwt).claims);
    return classified(exchanger, thrown, presented, 'what the exchange threw');
  }
  const { code, retryable, hint } = thrown;
  return { code, retry: code === 'redirect_refused' || !retryable ? 'never' : 'now', hint };
}
