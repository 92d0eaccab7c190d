/** The thread that `explainApart` starts: one explanation, then its end. */

import { parentPort, workerData } from 'node:worker_threads';
import type { ExplainInput } from './explain.js';
import { explain } from './explain.js';
import type { Outcome, Refused } from './explain-apart.js';
import { PolicyFileError } from './policy-file-error.js';

const outcome: Outcome = await explain(workerData as ExplainInput).then(
  (explanation) => ({ explanation }),
  (error: unknown) =>
    error instanceof PolicyFileError
      ? { refused: refusedBy(error) }
      : { failed: error instanceof Error ? `${error.name}: ${error.message}` : String(error) },
);
parentPort?.postMessage(outcome);

/** What a clone of an error would lose. */
function refusedBy({ code, option, message, hint, line, column }: PolicyFileError): Refused {
  return { code, option, message, hint, line, column };
}
