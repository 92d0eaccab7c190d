/**
 * The code of a `node:worker_threads` worker: posts the `ExplainOutcome` of its `workerData`, an `ExplainInput`, and ends.
 * Whoever starts the worker sets limits of time and memory, and terminates it.
 *
 * @example
 * const worker = new Worker(new URL(import.meta.resolve('@credex/explain/worker-node')), {
 *   workerData: { cloud: 'aws', policy, claims },
 *   resourceLimits: { maxOldGenerationSizeMb: 256 },
 * });
 * const timer = setTimeout(() => void worker.terminate(), 10_000);
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { ExplainInput } from './explain.js';
import { explainOutcome } from './outcome.js';

export type { ExplainInput } from './explain.js';
export type { ExplainOutcome } from './outcome.js';

// Without a parent this module was imported by a program, not started as a worker.
if (parentPort !== null) parentPort.postMessage(explainOutcome(workerData as ExplainInput));
