/** The result of an explanation as plain data, for workers: it survives a structured clone and JSON. */

import { explain } from './explain.js';
import type { ExplainInput } from './explain.js';
import type { Explanation } from './findings.js';
import { PolicyFileError } from './policy-file-error.js';

/** What a worker posts for one `ExplainInput`. */
export type ExplainOutcome =
  | { readonly explanation: Explanation }
  /** The members of the `PolicyFileError` that `explain` threw. */
  | {
      readonly refused: Pick<PolicyFileError, 'code' | 'input' | 'message' | 'hint' | 'line' | 'column'>;
    }
  /** `explain` failed in a way it should not. */
  | { readonly failed: string };

/** As `explain`, without throwing. */
export function explainOutcome(input: ExplainInput): ExplainOutcome {
  try {
    return { explanation: explain(input) };
  } catch (error) {
    if (!(error instanceof PolicyFileError)) return { failed: String(error) };
    const { code, input: name, message, hint, line, column } = error;
    return { refused: { code, input: name, message, hint, line, column } };
  }
}

/**
 * The explanation that a worker posted.
 *
 * @throws PolicyFileError as `explain` does; Error if the worker failed
 * @example
 * const worker = new Worker(new URL('@credex/explain/worker', import.meta.url), { type: 'module' });
 * worker.onmessage = ({ data }) => console.log(explanationOf(data).summary);
 * worker.postMessage({ cloud: 'aws', policy, claims });
 */
export function explanationOf(outcome: ExplainOutcome): Explanation {
  if ('explanation' in outcome) return outcome.explanation;
  if ('failed' in outcome) throw new Error(outcome.failed);
  const { code, input, message, ...more } = outcome.refused;
  throw new PolicyFileError(code, input, message, more);
}
