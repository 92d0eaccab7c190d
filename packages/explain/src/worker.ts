/**
 * The code of a web worker: posts an `ExplainOutcome` for each `ExplainInput` that it receives, in order. Whoever starts the
 * worker sets a limit of time, and terminates it. Outside of a worker, importing this module does nothing.
 *
 * @example
 * const worker = new Worker(new URL('@credex/explain/worker', import.meta.url), { type: 'module' });
 * const timer = setTimeout(() => worker.terminate(), 10_000);
 * worker.postMessage({ cloud: 'aws', policy, claims });
 */
import type { ExplainInput } from './explain.js';
import { explainOutcome } from './outcome.js';

export type { ExplainInput } from './explain.js';
export type { ExplainOutcome } from './outcome.js';

if ('WorkerGlobalScope' in globalThis)
  globalThis.addEventListener('message', ({ data }: MessageEvent<ExplainInput>) => {
    globalThis.postMessage(explainOutcome(data));
  });
