/** Runs a program once: without a shell or input, with limited output, and killed when its signal aborts. */

import { FederationError, OptionError } from '@credex/core';
import { ONCE, ownCopy, ownEnvironment, shown } from '@credex/core/driver';
import { nodeModule } from '../platform/node-module.js';

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string | undefined;
  /** `undefined`: the environment of this process. */
  readonly env: Readonly<Record<string, string>> | undefined;
}

const MAX_OUTPUT_BYTES = 65_536;
const MAX_STDERR_BYTES = 8_192;

/**
 * Returns the output of the program.
 * @throws OptionError if `cwd` is not a folder; FederationError `no_subject_token` if there is no such program,
 *   `unknown` if it fails, `invalid_response` if it prints too much; the reason of the signal if that aborts
 */
export async function runCommand(run: Command, signal: AbortSignal): Promise<string> {
  const { spawn } = nodeModule('node:child_process');
  signal.throwIfAborted();
  const { command, args, cwd, env } = run;
  if (cwd !== undefined) await assertFolder(cwd);
  const options = {
    cwd,
    // A copy without a prototype: Node passes inherited properties of the environment to the child as well.
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
      const stderrText = collect(child.stderr, MAX_STDERR_BYTES, () => undefined);
      child.on('error', (cause) => reject(notStarted(run, cause)));
      child.on('close', (code, killedBy) => {
        if (code === 0) fulfil(printed());
        else
          reject(
            failed(
              run,
              code === null ? `was killed by ${killedBy}` : `exited with code ${code}`,
              stderrText(),
            ),
          );
      });
    });
  } finally {
    // No-op if it has exited; otherwise kill it without waiting for its children, which may keep its pipes open.
    child.kill('SIGKILL');
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

/** Node reports a missing `cwd` like a missing program, which a chain of sources would skip. So it is checked first. */
async function assertFolder(path: string): Promise<void> {
  const { stat } = nodeModule('node:fs/promises');
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  throw new OptionError('invalid_option', 'cwd', undefined, '`cwd` must be an existing folder.');
}

/** The first `most` bytes as text; `onMore` once there are more. */
function collect(stream: NodeJS.ReadableStream, maxBytes: number, onExceeded: () => void): () => string {
  const chunks: Uint8Array[] = [];
  let size = 0;
  stream.on('data', (chunk: Uint8Array) => {
    if (size <= maxBytes) chunks.push(chunk);
    size += chunk.byteLength;
    if (size > maxBytes) onExceeded();
  });
  return () => Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8');
}

function notStarted(run: Command, cause: Error): FederationError {
  const absent = (cause as { code?: unknown }).code === 'ENOENT';
  return new FederationError({
    code: absent ? 'no_subject_token' : 'unknown',
    provider: 'command',
    message: `The program ${shown(run.command)} could not be started.`,
    hint: absent
      ? 'Check that the program is installed and on PATH.'
      : 'Check that this process has permission to run the program.',
    cause,
  });
}

function failed(run: Command, how: string, stderrText: string): FederationError {
  return new FederationError({
    code: 'unknown',
    provider: 'command',
    message: `The program ${shown(run.command)} ${how}.`,
    serverMessage: stderrText.trim() === '' ? undefined : stderrText,
    hint: 'Run the program by hand with the same arguments and environment to see its error.',
  });
}

function tooMuch(run: Command): FederationError {
  return new FederationError({
    code: 'invalid_response',
    provider: 'command',
    message: `The program ${shown(run.command)} printed more than ${MAX_OUTPUT_BYTES} bytes.`,
    hint: 'Make the program print only the token.',
  });
}
