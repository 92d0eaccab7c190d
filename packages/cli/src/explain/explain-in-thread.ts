/** An explanation in a separate thread with limits of time and memory, because others wrote the policy. */

import { Worker } from 'node:worker_threads';
import type { Clock } from '@credex/core';
import { explanationOf, PolicyFileError } from '@credex/explain';
import type { ExplainInput, ExplainOutcome, Explanation } from '@credex/explain';

/** No policy that a cloud keeps takes a tenth of either. */
const LIMIT_MS = 10_000;
const LIMIT_MB = 256;

/**
 * As `explain`. The thread is terminated when `signal` aborts.
 * @throws PolicyFileError, `policy_too_costly` at a limit; the signal's reason
 */
export async function explainInThread(
  input: ExplainInput,
  clock: Pick<Clock, 'setTimeout'>,
  signal: AbortSignal,
): Promise<Explanation> {
  signal.throwIfAborted();
  const worker = new Worker(new URL(import.meta.resolve('@credex/explain/worker-node')), {
    workerData: input,
    // Without the variables that change how Node starts.
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: LIMIT_MB, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
  });
  let stop: (() => void) | undefined;
  let abort = (): void => undefined;
  try {
    const outcome = await new Promise<ExplainOutcome>((resolve, reject) => {
      abort = () => reject(signal.reason as Error);
      signal.addEventListener('abort', abort);
      stop = clock.setTimeout?.(() => reject(tooCostly()), LIMIT_MS);
      worker.once('message', resolve);
      worker.once('error', (error: NodeJS.ErrnoException) =>
        reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooCostly() : error),
      );
      worker.once('exit', () => reject(new Error('The thread ended without an explanation.')));
    });
    return explanationOf(outcome);
  } finally {
    stop?.();
    signal.removeEventListener('abort', abort);
    await worker.terminate();
  }
}

function tooCostly(): PolicyFileError {
  return new PolicyFileError(
    'policy_too_costly',
    'policy',
    `The evaluation of \`policy\` takes more than ${LIMIT_MS / 1_000} s or ${LIMIT_MB} MB. No verdict is given.`,
  );
}
