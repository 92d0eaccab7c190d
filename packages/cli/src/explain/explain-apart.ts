/** An explanation in a thread of its own, with limits of time and memory: a policy is written by others. */

import { Worker } from 'node:worker_threads';
import type { Clock } from '@credex/core';
import type { ExplainInput } from './explain.js';
import type { Explanation } from './explanation.js';
import { PolicyFileError } from './policy-file-error.js';

/** A PolicyFileError as data. */
export type Refused = Pick<PolicyFileError, 'code' | 'option' | 'message' | 'hint' | 'line' | 'column'>;

/** What the thread says at its end. */
export type Outcome =
  { readonly explanation: Explanation } | { readonly refused: Refused } | { readonly failed: string };

/** No policy that a cloud keeps takes a tenth of either. */
const LIMIT_MS = 10_000;
const LIMIT_MB = 256;

/**
 * As `explain`. The thread ends with `signal`, in milliseconds, whatever it does.
 * @throws PolicyFileError, `policy_too_costly` where a limit is reached; the signal's reason
 */
export async function explainApart(
  input: ExplainInput,
  clock: Pick<Clock, 'setTimeout'>,
  signal: AbortSignal,
): Promise<Explanation> {
  signal.throwIfAborted();
  const worker = new Worker(new URL(import.meta.resolve('#explain-worker')), {
    workerData: input,
    // None of the variables that change how Node starts.
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: LIMIT_MB, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
  });
  let stop: (() => void) | undefined;
  let abort = (): void => undefined;
  try {
    const outcome = await new Promise<Outcome>((resolve, reject) => {
      abort = () => reject(signal.reason as Error);
      signal.addEventListener('abort', abort);
      stop = clock.setTimeout?.(() => reject(tooCostly()), LIMIT_MS);
      worker.once('message', resolve);
      worker.once('error', (error: NodeJS.ErrnoException) =>
        reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooCostly() : error),
      );
      worker.once('exit', () => reject(new Error('The explanation ended without an answer.')));
    });
    if ('explanation' in outcome) return outcome.explanation;
    if ('failed' in outcome) throw new Error(outcome.failed);
    throw revived(outcome.refused);
  } finally {
    stop?.();
    signal.removeEventListener('abort', abort);
    await worker.terminate();
  }
}

function revived({ code, option, message, hint, line, column }: Refused): PolicyFileError {
  const place = line === undefined || column === undefined ? {} : { line, column };
  return new PolicyFileError(code, option, message, { ...(hint === undefined ? {} : { hint }), ...place });
}

function tooCostly(): PolicyFileError {
  return new PolicyFileError(
    'policy_too_costly',
    '--policy',
    `The policy takes more than ${LIMIT_MS / 1_000} s or ${LIMIT_MB} MB to judge. No verdict is given.`,
  );
}
