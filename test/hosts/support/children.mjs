// Child processes with a time limit. Each is the leader of a process group, so that what it started ends with it.
import { spawn } from 'node:child_process';

const running = new Set();

function killGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Ends every child that is still running. */
export function endChildren() {
  for (const child of running) killGroup(child);
}

function spawned(command, args, { cwd, env, input }) {
  const child = spawn(command, args, {
    cwd,
    env,
    detached: true,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  running.add(child);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8');
    child[name].on('data', (text) => {
      output[name] += text;
    });
  }
  if (input !== undefined) child.stdin.end(input);
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: -1, message: error.message }));
    child.once('close', (code, signal) =>
      resolve({ code: code ?? -1, message: signal === null ? '' : `It was ended by ${signal}.` }),
    );
  }).finally(() => {
    running.delete(child);
    killGroup(child);
  });
  return { child, output, ended };
}

const said = (command, args) => [command, ...args].join(' ');
const tail = ({ stdout, stderr }) => `${stdout}\n${stderr}`.trim().slice(-4_000);

/**
 * Runs a command to its end.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, input?: string, limitMs?: number }} options
 * @returns {Promise<{ code: number, stdout: string, stderr: string }>} `code` is -1 where it was killed.
 */
export async function run(command, args, { limitMs = 120_000, ...options }) {
  const { child, output, ended } = spawned(command, args, options);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    killGroup(child);
  }, limitMs);
  const { code, message } = await ended;
  clearTimeout(timer);
  const why = late ? `It was ended after ${limitMs} ms.` : message;
  return { code, stdout: output.stdout, stderr: `${output.stderr}${why}` };
}

/** As `run`; throws with the output where the command fails. */
export async function succeed(command, args, options) {
  const ended = await run(command, args, options);
  if (ended.code !== 0) throw new Error(`${said(command, args)} ended with ${ended.code}:\n${tail(ended)}`);
  return ended;
}

/**
 * Starts a server and waits until its output matches `ready`.
 * @param {{ cwd?: string, env?: Record<string, string>, ready: RegExp, limitMs?: number }} options
 * @returns {Promise<{ match: RegExpMatchArray, output: { stdout: string, stderr: string }, stop(): Promise<void>, end(signal: string): Promise<void> }>}
 */
export async function serve(command, args, { ready, limitMs = 60_000, ...options }) {
  const { child, output, ended } = spawned(command, args, options);
  let timer;
  const match = await new Promise((resolve, reject) => {
    const fail = (why) => reject(new Error(`${said(command, args)} ${why}:\n${tail(output)}`));
    const look = () => {
      const found = ready.exec(output.stdout) ?? ready.exec(output.stderr);
      if (found !== null) resolve(found);
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    timer = setTimeout(() => {
      killGroup(child);
      fail(`did not print ${ready} in ${limitMs} ms`);
    }, limitMs);
    void ended.then(({ code }) => fail(`ended with ${code}`));
  }).finally(() => clearTimeout(timer));
  return {
    match,
    output,
    async stop() {
      killGroup(child);
      await ended;
    },
    /** As Ctrl-C does, for a server that ends what it started. It is killed where that takes too long. */
    async end(signal) {
      const killed = setTimeout(() => killGroup(child), 30_000);
      if (child.pid !== undefined) process.kill(-child.pid, signal);
      await ended;
      clearTimeout(killed);
    },
  };
}
