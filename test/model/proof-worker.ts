/** One share of a long proof, in its own thread. */

import { parentPort, workerData } from 'node:worker_threads';
import type { Exploration, Findings } from './explorer.js';
import { explore } from './explorer.js';
import { quickProcess } from './quick-process.js';
import type { Interleaved } from './interleavings.js';
import { interleaveMany } from './interleavings.js';
import { realCore } from './explorer-harness.js';
import type { StoreExploration, StoreFindings } from './store-explorer.js';
import { exploreStore } from './store-explorer.js';

export type Task =
  | { readonly explore: Exploration }
  | { readonly exploreStore: StoreExploration }
  | { readonly interleave: { readonly seed: number; readonly count: number } };

export type Done =
  | { readonly findings: Findings; readonly seconds: number }
  | { readonly storeFindings: StoreFindings; readonly seconds: number }
  | { readonly interleaved: Interleaved; readonly seconds: number }
  | { readonly failed: string };

quickProcess();

async function work(task: Task): Promise<Done> {
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1_000;
  try {
    if ('explore' in task) {
      const findings = await explore(realCore, task.explore);
      return { findings, seconds: seconds() };
    }
    if ('exploreStore' in task) {
      const storeFindings = await exploreStore(realCore, task.exploreStore);
      return { storeFindings, seconds: seconds() };
    }
    const { seed, count } = task.interleave;
    const interleaved = await interleaveMany(realCore, seed, count);
    return { interleaved, seconds: seconds() };
  } catch (thrown) {
    return { failed: (thrown as Error).message };
  }
}

parentPort?.postMessage(await work(workerData as Task));
