// Several processes of cold instances over one Redis: used by the proofs and by `npm run bench:store`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('fleet-child.mjs', import.meta.url));

/**
 * @param {{ instances: number, exchangeMs: number, port: number, key: string, ioredis: string, waitForLeaderMs?: number, withStore: boolean }} settings
 */
export async function startProcess(settings) {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(settings)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = [];
  const waiting = new Map();
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (text) => {
    const line = JSON.parse(text);
    lines.push(line);
    waiting.get(line.type)?.(line);
  });
  // After its last line was read.
  const ended = once(reader, 'close');
  /** The first line of a type. */
  const line = (type) =>
    Promise.race([
      new Promise((resolve) => {
        const found = lines.find((one) => one.type === type);
        if (found !== undefined) resolve(found);
        else waiting.set(type, resolve);
      }),
      ended.then(() => lines.find((one) => one.type === type)),
    ]);
  await line('ready');
  return {
    go: () => void child.stdin.write('go\n'),
    line,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Starts `processes` of them at the same time; their calls. */
export async function coldFleet(processes, settings) {
  const running = [];
  // A few at a time, since each takes a processor to start.
  for (let from = 0; from < processes; from += 4)
    running.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(4, processes - from) }, () => startProcess(settings)),
      )),
    );
  for (const one of running) one.go();
  const done = await Promise.all(running.map((one) => one.line('done')));
  return done.flatMap(({ calls }) => calls);
}
