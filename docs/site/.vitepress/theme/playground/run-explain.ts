/** Runs `explain` in a worker, which is ended when it takes too long. */

import { explanationOf } from '@credex/explain';
import type { Explanation, ExplainInput, ExplainOutcome } from '@credex/explain';

const LIMIT_MS = 10_000;

/**
 * The explanations of the inputs, in their order.
 *
 * @throws PolicyFileError as `explain` does; Error after 10 seconds
 */
export function runExplain(inputs: readonly ExplainInput[]): Promise<readonly Explanation[]> {
  const worker = new Worker(new URL('./explain.worker.ts', import.meta.url), { type: 'module' });
  return new Promise<readonly Explanation[]>((resolve, reject) => {
    const found: Explanation[] = [];
    const timer = setTimeout(
      () => reject(new Error('The policy takes longer than 10 seconds to evaluate.')),
      LIMIT_MS,
    );
    const stop = (error: unknown) => {
      clearTimeout(timer);
      reject(error);
    };
    worker.addEventListener('error', () => stop(new Error('The evaluator could not be loaded.')));
    worker.addEventListener('message', ({ data }: MessageEvent<ExplainOutcome>) => {
      try {
        found.push(explanationOf(data));
      } catch (error) {
        stop(error);
      }
      if (found.length < inputs.length) return;
      clearTimeout(timer);
      resolve(found);
    });
    for (const input of inputs) worker.postMessage(input);
  }).finally(() => worker.terminate());
}
