/** Takes the steps, each in its time, up to the first fault. */

import { linkedSignal } from '@credex/core/internal';
import { FederationError, OptionError } from '@credex/core';
import { TokenVerificationError } from '@credex/verify';
import { ConfigError } from '@credex/config';
import type { Output } from '../output.js';
import { EXIT, exitCodeOf } from '../exit-codes.js';
import { UsageError } from '../usage-error.js';
import type { Case, Step } from './case.js';
import { FAULT_EXITS, Fault, STEPS } from './fault.js';
import type { StepId } from './fault.js';
import { remedyFor } from './remedies.js';
import { claims, configuration, token } from './steps-here.js';
import { cloud, exchange, issuer, signature, use } from './steps-outside.js';

export interface StepReport {
  readonly id: StepId;
  readonly title: string;
  readonly status: 'passed' | 'failed' | 'skipped' | 'not-reached';
  /** Milliseconds. */
  readonly ms?: number;
  readonly says?: string;
  readonly warnings?: readonly string[];
}

/** The document of `--json`. */
export interface Diagnosis {
  readonly isWell: boolean;
  readonly name?: string;
  readonly provider?: string;
  readonly steps: readonly StepReport[];
  readonly fault?: {
    readonly step: StepId;
    readonly code: string;
    readonly message: string;
    readonly hint?: string;
    /** What to type. */
    readonly command: string;
  };
}

const TAKEN: Readonly<Record<StepId, Step>> = {
  configuration,
  token,
  claims,
  issuer,
  signature,
  cloud,
  exchange,
  use,
};

/** What was found, and how doctor ends. */
export interface Diagnosed {
  readonly diagnosis: Diagnosis;
  readonly exit: number;
}

/** @throws what is no fault of the set-up: a defect, Ctrl-C, or wrong use of doctor itself */
export async function diagnose(the: Case, limitMs: number, output: Output): Promise<Diagnosed> {
  const steps: StepReport[] = [];
  let fault: Diagnosis['fault'];
  let exit: number = EXIT.ok;
  for (const [id, title] of Object.entries(STEPS) as [StepId, string][]) {
    if (fault !== undefined) {
      steps.push({ id, title, status: 'not-reached' });
      continue;
    }
    const began = the.io.clock.monotonic();
    const ms = (): number => Math.round(the.io.clock.monotonic() - began);
    const done = output.progress(title);
    try {
      const { says, warnings = [], skipped = false } = await bounded(the, limitMs, TAKEN[id]);
      steps.push({ id, title, status: skipped ? 'skipped' : 'passed', ms: ms(), says, warnings });
    } catch (error) {
      the.io.signal.throwIfAborted();
      const found = faultOf(error);
      exit = exitOf(id, error);
      fault = { step: id, ...found, command: remedyFor({ step: id, ...found, ...placeIn(error) }, the) };
      steps.push({ id, title, status: 'failed', ms: ms(), says: found.message });
    } finally {
      done();
    }
  }
  const diagnosis = {
    isWell: fault === undefined,
    ...(the.name === undefined ? {} : { name: the.name }),
    ...(the.entry === undefined ? {} : { provider: the.entry.provider }),
    steps,
    ...(fault === undefined ? {} : { fault }),
  };
  return { diagnosis, exit };
}

/** The configuration's faults are misuse; all else ends as the same error does in any command. */
function exitOf(step: StepId, error: unknown): number {
  if (step === 'configuration') return EXIT.usage;
  if (error instanceof Fault) return FAULT_EXITS.get(error.code) ?? EXIT.no;
  return isFault(error) ? exitCodeOf(error) : EXIT.internal;
}

async function bounded(the: Case, limitMs: number, step: Step): ReturnType<Step> {
  const limit = new AbortController();
  const cancel = the.io.clock.setTimeout?.(() => limit.abort(), limitMs);
  const { signal, release } = linkedSignal([the.io.signal, limit.signal]);
  const over = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () =>
      reject(
        new Fault('timeout', `It took longer than ${limitMs / 1000} s.`, {
          hint: '--timeout gives it more.',
        }),
      ),
    );
  });
  try {
    // A step that hears no signal must not hold up the rest.
    return await Promise.race([step(the, signal), over]);
  } finally {
    cancel?.();
    release();
  }
}

type Found = Pick<NonNullable<Diagnosis['fault']>, 'code' | 'message' | 'hint'>;

function faultOf(error: unknown): Found {
  if (!isFault(error)) throw error;
  const hint = 'hint' in error ? error.hint : undefined;
  const whole = error.message;
  // A FederationError's message ends with its hint.
  const message = hint !== undefined && whole.endsWith(hint) ? whole.slice(0, -hint.length).trimEnd() : whole;
  return { code: error.code, message, ...(hint === undefined ? {} : { hint }) };
}

const placeIn = (
  error: unknown,
): { readonly host?: string | undefined; readonly line?: number | undefined } =>
  error instanceof Fault ? { host: error.host, line: error.line } : {};

const isFault = (
  error: unknown,
): error is Fault | FederationError | OptionError | TokenVerificationError | UsageError =>
  error instanceof Fault ||
  FederationError.isInstance(error) ||
  ConfigError.isInstance(error) ||
  OptionError.isInstance(error) ||
  TokenVerificationError.isInstance(error) ||
  (error instanceof UsageError && error.option !== '--policy');
