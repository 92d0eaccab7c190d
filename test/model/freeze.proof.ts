import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtCore } from './core-copy.js';
import { seededRandom } from './simulation.js';

/**
 * A platform freezes an instance between requests, sockets and timers and all. Here it is done to a real process:
 * SIGSTOP in the middle of an exchange, ten minutes on the wall clock, SIGCONT.
 */

const RUNS = 200;
const TEN_MINUTES = 600_000;

/** What became of the connection meanwhile. */
const FATES = ['answered', 'closed', 'silent'] as const;

interface Word {
  readonly what: 'ready' | 'settled' | 'rest';
  readonly run?: string;
  readonly caller?: string;
  readonly serial?: number;
  readonly error?: string;
  readonly flights?: number;
}

const folder = mkdtempSync(join(tmpdir(), 'credex-freeze-'));
const offsetFile = join(folder, 'offset');
let child: ChildProcess;
const words: Word[] = [];
const requests = new Map<string, ServerResponse[]>();
let wake = (): void => undefined;

const server = createServer((request, response) => {
  const run = (request.url ?? '').slice(1);
  const sofar = requests.get(run) ?? [];
  requests.set(run, [...sofar, response]);
  // The first is the one to freeze in; whoever asks after it is answered.
  if (sofar.length > 0) answer(response, sofar.length + 1);
  wake();
});

function answer(response: ServerResponse, serial: number): void {
  response.end(JSON.stringify({ serial }));
}

beforeAll(async () => {
  writeFileSync(join(folder, 'core.mjs'), await builtCore());
  setOffset(0);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  child = fork(fileURLToPath(new URL('freeze-child.mjs', import.meta.url)), [
    pathToFileURL(join(folder, 'core.mjs')).href,
    `http://127.0.0.1:${port}/`,
    offsetFile,
  ]);
  child.on('message', (word: Word) => {
    words.push(word);
    wake();
  });
  child.on('exit', () => wake());
  await until(() => words.some(({ what }) => what === 'ready'));
});

afterAll(() => {
  child.kill('SIGKILL');
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

describe('an instance that is frozen in the middle of an exchange', () => {
  it(`serves the next caller by exactly one exchange, in ${RUNS} freezes`, async () => {
    const random = seededRandom(20);
    const began = performance.now();
    const fates = new Map<string, number>();
    let wall = 0;
    for (let index = 0; index < RUNS; index++) {
      const run = `run-${index}`;
      const fate = FATES[Math.floor(random() * FATES.length)] as (typeof FATES)[number];
      const atOnce = random() < 0.5;
      fates.set(fate, (fates.get(fate) ?? 0) + 1);
      const context = `${run}, ${fate}, the next call ${atOnce ? 'waits at the thaw' : 'comes after it'}`;

      child.send({ what: 'call', run, caller: 'frozen' });
      await until(() => requests.get(run)?.length === 1);
      const [first] = requests.get(run) as [ServerResponse];
      await freeze();
      if (fate === 'answered') answer(first, 1);
      if (fate === 'closed') first.destroy();
      wall += TEN_MINUTES;
      setOffset(wall);
      if (atOnce) child.send({ what: 'call', run, caller: 'next' });
      child.kill('SIGCONT');
      if (!atOnce) {
        // Something of the thawed process itself has been heard, or it is known to say nothing.
        if (fate !== 'silent') await until(() => settled(run).length === 1);
        child.send({ what: 'call', run, caller: 'next' });
      }
      await until(() => settled(run).some(({ caller }) => caller === 'next'));
      const next = settled(run).find(({ caller }) => caller === 'next');
      expect(next, context).toMatchObject({ serial: 2 });
      await until(() => settled(run).length === 2);
      // The first caller waits in the same thawed process: it gets the same.
      const frozen = settled(run).find(({ caller }) => caller === 'frozen');
      expect(frozen, context).toMatchObject({ serial: 2 });
      expect(requests.get(run), context).toHaveLength(2);
      first.destroy();
    }
    child.send({ what: 'end' });
    await until(() => words.some(({ what }) => what === 'rest'));
    expect(words.find(({ what }) => what === 'rest')).toMatchObject({ refreshes: 0 });
    const told = [...fates].map(([fate, count]) => `${count} ${fate}`).join(', ');
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    console.log(`${RUNS} freezes (${told}) in ${seconds} s: one exchange after each, no refresh left`);
  }, 120_000);
});

function settled(run: string): Word[] {
  return words.filter((word) => word.what === 'settled' && word.run === run);
}

function setOffset(ms: number): void {
  writeFileSync(offsetFile, String(ms));
}

/** Stops the child and waits until the system says that it stands still. */
async function freeze(): Promise<void> {
  child.kill('SIGSTOP');
  const state = (): string | undefined =>
    /^State:\s+(\w)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1];
  while (state() !== 'T') await new Promise((resolve) => setImmediate(resolve));
}

/** Waits for words of the child and of the server; ends where the child does. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    if (child.exitCode !== null) throw new Error(`The child ended with ${child.exitCode}.`);
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
}
