/** Runs the steps, each with a time limit, up to the first fault. */

import { linkedSignal } from '@credex/core/internal';
import { FederationError, OptionError } from '@credex/core';
import { TokenVerificationError } from '@credex/verify';
import { ConfigError } from '@credex/config';
import type { Output } from '../output.js';
import { EXIT, exitCodeOf } from '../exit-codes.js';
import { UsageError } from '../usage-error.js';
import type { DoctorContext, Step } from './context.js';
import { FAULT_EXITS, Fault, STEPS } from './fault.js';
import type { StepId } from './fault.js';
import { remedyFor } from './remedies.js';
import * as localSteps from './local-steps.js';
import * as remoteSteps from './remote-steps.js';
import { store } from './store-step.js';

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

const RUN: Readonly<Record<StepId, Step>> = { ...localSteps, ...remoteSteps, store };

/** The diagnosis, and the exit code of doctor. */
export interface Diagnosed {
  readonly diagnosis: Diagnosis;
  readonly exit: number;
}

/** @throws errors that are no fault of the configuration or the cloud: a defect, Ctrl-C, or wrong use of doctor itself */
export async function diagnose(context: DoctorContext, limitMs: number, output: Output): Promise<Diagnosed> {
  const steps: StepReport[] = [];
  let fault: Diagnosis['fault'];
  let exit: number = EXIT.ok;
  for (const [id, title] of Object.entries(STEPS) as [StepId, string][]) {
    // Only for those who have a store.
    if (id === 'store' && context.options.store === undefined) continue;
    if (fault !== undefined) {
      steps.push({ id, title, status: 'not-reached' });
      continue;
    }
    const began = context.io.clock.monotonic();
    const ms = (): number => Math.round(context.io.clock.monotonic() - began);
    const done = output.progress(title);
    try {
      const { says, warnings = [], skipped = false } = await withLimit(context, limitMs, RUN[id]);
      steps.push({ id, title, status: skipped ? 'skipped' : 'passed', ms: ms(), says, warnings });
    } catch (error) {
      context.io.signal.throwIfAborted();
      const found = faultOf(error);
      exit = exitOf(id, error);
      fault = { step: id, ...found, command: remedyFor({ step: id, ...found, ...placeIn(error) }, context) };
      steps.push({ id, title, status: 'failed', ms: ms(), says: found.message });
    } finally {
      done();
    }
  }
  const diagnosis = {
    isWell: fault === undefined,
    ...(context.name === undefined ? {} : { name: context.name }),
    ...(context.entry === undefined ? {} : { provider: context.entry.provider }),
    steps,
    ...(fault === undefined ? {} : { fault }),
  };
  return { diagnosis, exit };
}

/** Faults of the configuration are usage errors. Other errors have the exit code that they have in any command. */
function exitOf(step: StepId, error: unknown): number {
  if (step === 'configuration') return EXIT.usage;
  if (error instanceof Fault) return FAULT_EXITS.get(error.code) ?? EXIT.no;
  return isFault(error) ? exitCodeOf(error) : EXIT.internal;
}

async function withLimit(context: DoctorContext, limitMs: number, step: Step): ReturnType<Step> {
  const limit = new AbortController();
  const cancel = context.io.clock.setTimeout?.(() => limit.abort(), limitMs);
  const { signal, release } = linkedSignal([context.io.signal, limit.signal]);
  const over = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () =>
      reject(
        new Fault('timeout', `The step took longer than ${limitMs / 1000} s.`, {
          hint: 'Pass --timeout to give each step more time.',
        }),
      ),
    );
  });
  try {
    // A step that ignores its signal must not block the rest.
    return await Promise.race([step(context, signal), over]);
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

/** A file that is missing or malformed is wrong use of doctor, not a fault of what it checks. */
const POLICY_OPTIONS: ReadonlySet<string | undefined> = new Set(['--policy', '--hop-policy']);

const isFault = (
  error: unknown,
): error is Fault | FederationError | OptionError | TokenVerificationError | UsageError =>
  error instanceof Fault ||
  FederationError.isInstance(error) ||
  ConfigError.isInstance(error) ||
  OptionError.isInstance(error) ||
  TokenVerificationError.isInstance(error) ||
  (error instanceof UsageError && !POLICY_OPTIONS.has(error.option));
