/** One run of a program: no shell, no input, so much output and no more, ended with its signal. */

import { FederationError, OptionError } from '@credex/core';
import { ONCE, ownCopy, ownEnvironment, shown } from '@credex/core/driver';
import { nodeModule } from './node-module.js';

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string | undefined;
  /** `undefined`: this process's own. */
  readonly env: Readonly<Record<string, string>> | undefined;
}

const MAX_OUTPUT_BYTES = 65_536;
const MAX_COMPLAINT_BYTES = 8_192;

/**
 * What the program prints.
 * @throws OptionError where `cwd` is no folder; FederationError `no_subject_token` where there is no such program, `unknown` where it fails,
 *   `invalid_response` where it prints too much; the signal's reason where that fires
 */
export async function runCommand(run: Command, signal: AbortSignal): Promise<string> {
  const { spawn } = nodeModule('node:child_process');
  signal.throwIfAborted();
  const { command, args, cwd, env } = run;
  if (cwd !== undefined) await assertFolder(cwd);
  const options = {
    cwd,
    // Node gives a child what the environment inherits, too.
    env: ownCopy(env ?? ownEnvironment()) as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'],
    shell: false,
    windowsHide: true,
  };
  const child = spawn(command, [...args], ownCopy(options));
  try {
    return await new Promise<string>((fulfil, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), ONCE);
      const printed = collect(child.stdout, MAX_OUTPUT_BYTES, () => reject(tooMuch(run)));
      const complaint = collect(child.stderr, MAX_COMPLAINT_BYTES, () => undefined);
      child.on('error', (cause) => reject(notStarted(run, cause)));
      child.on('close', (code, killedBy) => {
        if (code === 0) fulfil(printed());
        else
          reject(
            failed(run, code === null ? `was ended by ${killedBy}` : `ended with code ${code}`, complaint()),
          );
      });
    });
  } finally {
    // A program that ended is not struck; one that goes on is not waited for, nor are those that hold its pipes.
    child.kill('SIGKILL');
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

/** The error of a folder that isn't there is that of a program that isn't there, whose place would be vacant. */
async function assertFolder(path: string): Promise<void> {
  const { stat } = nodeModule('node:fs/promises');
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  throw new OptionError('invalid_option', 'cwd', undefined, '`cwd` must be a folder that is there.');
}

/** The first `most` bytes as text; `onMore` once there are more. */
function collect(stream: NodeJS.ReadableStream, most: number, onMore: () => void): () => string {
  const chunks: Uint8Array[] = [];
  let size = 0;
  stream.on('data', (chunk: Uint8Array) => {
    if (size <= most) chunks.push(chunk);
    size += chunk.byteLength;
    if (size > most) onMore();
  });
  return () => Buffer.concat(chunks).subarray(0, most).toString('utf8');
}

function notStarted(run: Command, cause: Error): FederationError {
  const absent = (cause as { code?: unknown }).code === 'ENOENT';
  return new FederationError({
    code: absent ? 'no_subject_token' : 'unknown',
    provider: 'command',
    message: `The program ${shown(run.command)} could not be started.`,
    hint: absent ? 'Check that it is installed, and on PATH.' : 'Check that this process may run it.',
    cause,
  });
}

function failed(run: Command, how: string, complaint: string): FederationError {
  return new FederationError({
    code: 'unknown',
    provider: 'command',
    message: `The program ${shown(run.command)} ${how}.`,
    serverMessage: complaint.trim() === '' ? undefined : complaint,
    hint: 'Run it by hand, with the same arguments and environment.',
  });
}

function tooMuch(run: Command): FederationError {
  return new FederationError({
    code: 'invalid_response',
    provider: 'command',
    message: `The program ${shown(run.command)} printed more than ${MAX_OUTPUT_BYTES} bytes.`,
    hint: 'It must print the token and nothing else.',
  });
}
