/**
 * Runs a program that prints a token, without a shell or input, with limited output, and killed when its signal aborts;
 * and parses its output.
 */

import type { Credential, FederationErrorCode, FederationErrorInit } from '@credex/core';
import { FederationError, OptionError } from '@credex/core';
import { ONCE, ownCopy, ownEnvironment, parseJson, rememberedToken, shown } from '@credex/core/internal';
import { readableToken } from '@credex/core/on-demand';
import { nodeModule } from '../platform/runtime.js';

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string | undefined;
  /** `undefined`: the environment of this process. */
  readonly env: Readonly<Record<string, string>> | undefined;
}

export function commandError(
  code: FederationErrorCode,
  message: string,
  hint: string | undefined,
  more?: Pick<FederationErrorInit, 'cause' | 'serverCode' | 'serverMessage'>,
): FederationError {
  return new FederationError({ code, provider: 'command', message, hint, ...more });
}

const ONLY_THE_TOKEN = 'Make the program print only the token.';

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
  const program = `The program ${shown(command)}`;
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
      const printed = collect(child.stdout, MAX_OUTPUT_BYTES, () => {
        const message = `${program} printed more than ${MAX_OUTPUT_BYTES} bytes.`;
        reject(commandError('invalid_response', message, ONLY_THE_TOKEN));
      });
      const stderrText = collect(child.stderr, MAX_STDERR_BYTES, () => undefined);
      child.on('error', (cause) => reject(notStarted(program, cause)));
      child.on('close', (code, killedBy) => {
        if (code === 0) return fulfil(printed());
        const how = code === null ? `was killed by ${killedBy}` : `exited with code ${code}`;
        const hint = 'Run the program by hand with the same arguments and environment to see its error.';
        const serverMessage = stderrText().trim() === '' ? undefined : stderrText();
        reject(commandError('unknown', `${program} ${how}.`, hint, { serverMessage }));
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

/** The first `maxBytes` as text. Calls `onExceeded` if there are more. */
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

function notStarted(program: string, cause: Error): FederationError {
  const message = `${program} could not be started.`;
  return (cause as { code?: unknown }).code === 'ENOENT'
    ? commandError('no_subject_token', message, 'Check that the program is installed and on PATH.', { cause })
    : commandError('unknown', message, 'Check that this process has permission to run the program.', {
        cause,
      });
}

export interface CommandToken extends Credential {
  readonly jwt: string;
}

const TOKEN_TYPES: readonly unknown[] = [
  'urn:ietf:params:oauth:token-type:jwt',
  'urn:ietf:params:oauth:token-type:id_token',
];

/**
 * The token in the output of a program: the JWT alone, or JSON in the format of Google's executable-sourced credentials
 * (AIP-4117): `{ version: 1, success: true, token_type, id_token, expiration_time }`.
 *
 * @throws FederationError `invalid_response` or `invalid_subject_token`; `unknown` if the program reports a failure
 */
export function parseCommandOutput(output: string): CommandToken {
  const text = output.trim();
  if (!text.startsWith('{')) return tokenOf(text, undefined);
  const { version, success, code, message, token_type, id_token, expiration_time } = parse(text);
  if (version !== 1) throw unclear('its `version` is not 1');
  if (success === false)
    throw commandError('unknown', 'The program reported a failure.', undefined, {
      serverCode: typeof code === 'string' ? code : undefined,
      serverMessage: typeof message === 'string' ? message : undefined,
    });
  if (success !== true) throw unclear('its `success` is neither true nor false');
  if (!TOKEN_TYPES.includes(token_type))
    throw unclear('its `token_type` is not that of a JWT or an ID token');
  if (typeof id_token !== 'string') throw unclear('it has no `id_token`');
  if (expiration_time !== undefined && !(typeof expiration_time === 'number' && expiration_time > 0))
    throw unclear('its `expiration_time` is not in epoch seconds');
  return tokenOf(id_token, expiration_time);
}

function tokenOf(jwt: string, expirationTime: number | undefined): CommandToken {
  let expiresAt: number;
  try {
    ({ expiresAt } = readableToken(rememberedToken(jwt)));
  } catch {
    throw commandError(
      'invalid_subject_token',
      'The output of the program is not a readable JWT with an `exp` claim.',
      'Make the program print only the token to standard output. Messages belong on standard error.',
    );
  }
  return { jwt, expiresAt: Math.min(expiresAt, (expirationTime ?? Infinity) * 1000) };
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return parseJson(text) as Record<string, unknown>;
  } catch {
    throw unclear('it is not JSON');
  }
}

function unclear(why: string): FederationError {
  return commandError(
    'invalid_response',
    `The output of the program could not be parsed: ${why}.`,
    "Make the program print a JWT, or JSON in the format of Google Cloud's executable-sourced credentials.",
  );
}
