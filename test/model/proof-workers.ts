/** Runs the shares of a long proof in threads: as many at once as there are cores, two at most. */

import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { rolldown } from 'rolldown';
import type { Done, Task } from './proof-worker.js';

const CORE = fileURLToPath(new URL('../../packages/core/src/', import.meta.url));
const WORKER = fileURLToPath(new URL('proof-worker.ts', import.meta.url));

/** @throws Error with what the first share that failed said */
export async function inWorkers(tasks: readonly Task[]): Promise<Exclude<Done, { failed: string }>[]> {
  const script = await bundled();
  const done: Exclude<Done, { failed: string }>[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < tasks.length) {
      const index = next++;
      const result = await run(script, tasks[index] as Task);
      if ('failed' in result) throw new Error(result.failed);
      done[index] = result;
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, lane));
  return done;
}

/** A thread has no test runner that reads TypeScript: it gets one module, built in memory. */
async function bundled(): Promise<URL> {
  const bundle = await rolldown({
    input: WORKER,
    platform: 'node',
    external: ['proxy-agent'],
    resolve: {
      alias: {
        '@credex/core/driver': `${CORE}driver.ts`,
        '@credex/core/internal': `${CORE}internal.ts`,
        '@credex/core': `${CORE}index.ts`,
      },
    },
  });
  const { output } = await bundle.generate({ format: 'es', codeSplitting: false });
  await bundle.close();
  return new URL(`data:text/javascript;base64,${Buffer.from(output[0].code).toString('base64')}`);
}

function run(script: URL, task: Task): Promise<Done> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(script, { workerData: task });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`A worker ended with ${code} and said nothing.`)));
  });
}
