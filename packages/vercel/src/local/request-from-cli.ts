/** Requests a development token from the CLI: `vercel project token {id} --format=json` prints `{ token }`. */

import type { ExecFileOptionsWithStringEncoding } from 'node:child_process';
import type { Clock } from '@credex/core';
import { ONCE, ownCopy, ownEnvironment, parseJson, shown } from '@credex/core/internal';
import type { FailureInit } from './failure.js';
import { codeOf, failure } from './failure.js';
import type { CliProgram } from './find-cli.js';
import type { LinkedProject } from './linked-project.js';
import { teamOf } from './linked-project.js';
import type { Node } from './node.js';

/** A token has about 2,000 characters; longer output is not a token. */
const MAX_OUTPUT_BYTES = 65_536;

export interface CliCall {
  readonly node: Node;
  readonly program: CliProgram;
  readonly project: LinkedProject;
  /** The directory of the CLI's login, if an option names it. */
  readonly configDirectory: string | undefined;
  readonly timeoutMs: number;
  readonly clock: Clock | undefined;
  readonly signal: AbortSignal;
}

/** Returns the printed token without validation; the caller checks its claims against the project. */
export async function requestFromCli(call: CliCall): Promise<unknown> {
  const { project, program, configDirectory, timeoutMs } = call;
  const team = teamOf(project.ownerId);
  const args = [
    'project',
    'token',
    project.projectId,
    '--format=json',
    // The CLI does not accept a user as a scope.
    ...(team === undefined ? [] : ['--scope', team]),
    ...(configDirectory === undefined ? [] : ['--global-config', configDirectory]),
  ];
  const run = await execute(call, [...program.args, ...args]);
  if (call.signal.aborted) throw call.signal.reason;
  const byHand = `Run \`vercel ${args.slice(0, 3).join(' ')}\` in ${shown(project.directory)} to see its error.`;
  const fail = (init: Pick<FailureInit, 'code' | 'message'> & Partial<FailureInit>): Error =>
    failure({ hint: byHand, serverMessage: run.stderrText === '' ? undefined : run.stderrText, ...init });

  if (run.overdue)
    throw fail({
      code: 'timeout',
      message: `${program.shown} did not finish within ${timeoutMs} ms and was killed.`,
    });
  if (run.error === undefined) {
    const token = tokenOf(run.output);
    if (token !== undefined) return token;
    // The output may be an unexpected token, so none of it is shown.
    throw fail({
      code: 'invalid_response',
      message: `${program.shown} did not print a token.`,
      hint: `${byHand} To update an old CLI, run \`npm install --global vercel@latest\`.`,
      serverMessage: undefined,
    });
  }
  if (codeOf(run.error) === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
    throw fail({
      code: 'invalid_response',
      message: `${program.shown} printed more than ${MAX_OUTPUT_BYTES} bytes.`,
    });
  if (run.exitCode === undefined)
    throw fail({
      code: 'no_subject_token',
      message: `${program.shown} could not be run (${codeOf(run.error)}).`,
      hint: 'Run `npm install --global vercel` to reinstall it.',
      cause: run.error,
    });
  throw fail({
    message: `${program.shown} could not get a token for the project in ${project.source} (exit code ${run.exitCode}).`,
    ...adviceOn(run.stderrText),
  });
}

/** Guesses the cause from the CLI's message, which has changed over time. The error shows the message as well. */
function adviceOn(stderrText: string): Pick<FailureInit, 'code'> & Partial<FailureInit> {
  const says = (pattern: RegExp): boolean => pattern.test(stderrText);
  if (says(/unknown or unexpected option|unknown option|invalid number of arguments|invalid subcommand/i))
    return {
      code: 'invalid_request',
      hint: 'The Vercel CLI is too old. Run `npm install --global vercel@latest`.',
    };
  if (says(/oidc/i))
    return {
      code: 'no_subject_token',
      hint: 'Enable OIDC federation in the project settings, then run `vercel env pull .env.local`.',
    };
  if (says(/scope|not authorized|permission|forbidden/i))
    return {
      code: 'access_denied',
      hint: 'Run `vercel login` as a member of the team, or `vercel link` to link the directory to another project.',
    };
  if (says(/credentials|log ?in|token is not valid|authenticat/i))
    return { code: 'no_subject_token', hint: 'Run `vercel login`.' };
  if (says(/no such project|not found|could not find/i))
    return {
      code: 'target_not_found',
      hint: 'Run `vercel link` to link the directory to a project that exists.',
    };
  return { code: 'no_subject_token' };
}

/** JSON with `token`, or the bare token of a CLI that ignores `--format`. */
function tokenOf(output: string): string | undefined {
  const text = output.trim();
  try {
    const parsed = parseJson(text) as { readonly token?: unknown } | null;
    return typeof parsed?.token === 'string' ? parsed.token : undefined;
  } catch {
    return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text) ? text : undefined;
  }
}

interface Run {
  readonly output: string;
  readonly stderrText: string;
  readonly error: Error | undefined;
  /** `undefined` if the program was not started, or was killed by a signal. */
  readonly exitCode: number | undefined;
  readonly overdue: boolean;
}

/** Runs the CLI without a shell or input, with limited time and output. */
async function execute(call: CliCall, args: readonly string[]): Promise<Run> {
  const { node, program, project, timeoutMs, clock, signal } = call;
  const own = new AbortController();
  const stop = (): void => own.abort();
  signal.addEventListener('abort', stop, ONCE);
  let overdue = false;
  const late = (): void => {
    overdue = true;
    stop();
  };
  const cancel = clock?.setTimeout?.(late, timeoutMs) ?? systemTimeout(late, timeoutMs);
  try {
    return await new Promise<Run>((resolve) => {
      const child = node.childProcess.execFile(
        program.command,
        [...args],
        ownCopy<ExecFileOptionsWithStringEncoding>({
          encoding: 'utf8',
          cwd: project.directory,
          env: ownEnvironment(),
          maxBuffer: MAX_OUTPUT_BYTES,
          signal: own.signal,
          killSignal: 'SIGKILL',
          windowsHide: true,
        }),
        (error, output, stderrText) => {
          const code: unknown = error?.code;
          const exitCode = typeof code === 'number' ? code : undefined;
          resolve({ output, stderrText, error: error ?? undefined, exitCode, overdue });
        },
      );
      // Closes the input, so that the CLI does not wait for an answer to a prompt.
      child.stdin?.end();
    });
  } catch (error) {
    return { output: '', stderrText: '', error: error as Error, exitCode: undefined, overdue };
  } finally {
    cancel();
    signal.removeEventListener('abort', stop);
  }
}

function systemTimeout(run: () => void, ms: number): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}
