import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { holdSignals, startGroup } from './child-group.js';

vi.setConfig({ testTimeout: 30_000 });

const clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout(run: () => void, ms: number) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
const { signal } = new AbortController();
const io = { clock, signal };
const env = { PATH: process.env['PATH'] };

const isAlive = (pid: number): boolean => {
  try {
    // A process that has ended, and that no process has waited for, is a zombie.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

/** The program writes the ids of its processes to a file descriptor that is a file here, because its output is credex's own. */
async function started(program: string, use: (pids: () => readonly number[]) => Promise<void>) {
  const { mkdtempSync, rmSync } = await import('node:fs');
  const { join } = await import('node:path');
  const { tmpdir } = await import('node:os');
  const cwd = mkdtempSync(join(tmpdir(), 'credex-group-'));
  const group = startGroup(io, { file: 'sh', args: ['-c', program], env, cwd, isTerminal: true });
  const pids = (): readonly number[] => {
    try {
      return readFileSync(join(cwd, 'pids'), 'utf8').trim().split('\n').map(Number);
    } catch {
      return [];
    }
  };
  try {
    await use(pids);
    return group;
  } finally {
    void group.ended.finally(() => rmSync(cwd, { recursive: true }));
  }
}

const lines = (count: number) => async (pids: () => readonly number[]) =>
  vi.waitFor(() => expect(pids()).toHaveLength(count), { timeout: 20_000, interval: 10 });

test('a program that ignores the first Ctrl-C is killed by the second', async () => {
  let seen: readonly number[] = [];
  const group = await started(
    `trap 'echo 1 >> pids' INT; echo $$ >> pids; while true; do sleep 0.1; done`,
    async (pids) => {
      await lines(1)(pids);
      seen = pids();
    },
  );
  group.end('SIGINT');
  group.end('SIGINT');
  expect(await group.ended).toBe(137);
  expect(seen.map(isAlive)).toEqual([false]);
});

test('what the program started ends with it, and the exit code is the one of the program', async () => {
  let seen: readonly number[] = [];
  const group = await started('sleep 600 & echo $! >> pids; read line; exit "$line"', async (pids) => {
    await lines(1)(pids);
    seen = pids();
  });
  group.type('5\n');
  expect(await group.ended).toBe(5);
  expect(seen.map(isAlive)).toEqual([false]);
});

test('no listener for a signal is left', async () => {
  const before = process.listenerCount('SIGINT');
  const group = startGroup(io, { file: 'true', args: [], env, cwd: '/', isTerminal: false });
  expect(process.listenerCount('SIGINT')).toBe(before + 1);
  expect(await group.ended).toBe(0);
  expect(process.listenerCount('SIGINT')).toBe(before);
});

test('a signal that comes while no program runs is kept and reported', () => {
  const before = process.listenerCount('SIGTERM');
  const held = holdSignals();
  expect([held.exitCode(), held.signal.aborted]).toEqual([undefined, false]);
  process.emit('SIGTERM', 'SIGTERM');
  process.emit('SIGINT', 'SIGINT');
  expect([held.exitCode(), held.signal.aborted]).toEqual([143, true]);
  held.release();
  expect(process.listenerCount('SIGTERM')).toBe(before);
});

test('a program that does not exist is an error with the exit code of shells', async () => {
  const group = startGroup(io, { file: 'no-such-program', args: [], env, cwd: '/', isTerminal: false });
  await expect(group.ended).rejects.toMatchObject({ exit: 127, code: 'unknown_command' });
});
