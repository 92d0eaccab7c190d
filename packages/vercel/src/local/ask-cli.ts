/** A development token from the CLI itself: `vercel project token {id} --format=json`, which prints `{ token }`. */

import type { ExecFileOptionsWithStringEncoding } from 'node:child_process';
import type { Clock } from '@credex/core';
import { ONCE, ownCopy, ownEnvironment, parseJson, shown } from '@credex/core/driver';
import type { FailureInit } from './failure.js';
import { codeOf, failure } from './failure.js';
import type { CliProgram } from './find-cli.js';
import { teamOf } from './ids.js';
import type { LinkedProject } from './linked-project.js';
import type { Node } from './node.js';

/** A token has 2,000 characters; what says more is no token. */
const MAX_OUTPUT_BYTES = 65_536;

export interface CliCall {
  readonly node: Node;
  readonly program: CliProgram;
  readonly project: LinkedProject;
  /** Where the CLI's login is, where an option says so. */
  readonly configDirectory: string | undefined;
  readonly timeoutMs: number;
  readonly clock: Clock | undefined;
  readonly signal: AbortSignal;
}

/** The token as it was printed; the caller holds its claims against the project. */
export async function askCli(call: CliCall): Promise<unknown> {
  const { project, program, configDirectory, timeoutMs } = call;
  const team = teamOf(project.ownerId);
  const args = [
    'project',
    'token',
    project.projectId,
    '--format=json',
    // The CLI takes no person for a scope.
    ...(team === undefined ? [] : ['--scope', team]),
    ...(configDirectory === undefined ? [] : ['--global-config', configDirectory]),
  ];
  const run = await execute(call, [...program.args, ...args]);
  if (call.signal.aborted) throw call.signal.reason;
  const byHand = `Run \`vercel ${args.slice(0, 3).join(' ')}\` in ${shown(project.directory)} to see what it says.`;
  const fail = (init: Pick<FailureInit, 'code' | 'message'> & Partial<FailureInit>): Error =>
    failure({ hint: byHand, serverMessage: run.complaint === '' ? undefined : run.complaint, ...init });

  if (run.overdue)
    throw fail({
      code: 'timeout',
      message: `${program.shown} did not end within ${timeoutMs} ms and was stopped.`,
    });
  if (run.error === undefined) {
    const token = tokenOf(run.output);
    if (token !== undefined) return token;
    // What it printed may be a token, if an unexpected one: not a word of it is shown.
    throw fail({
      code: 'invalid_response',
      message: `${program.shown} printed no token.`,
      hint: `${byHand} An old CLI is renewed by \`npm install --global vercel@latest\`.`,
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
      hint: 'Run `npm install --global vercel` to install it anew.',
      cause: run.error,
    });
  throw fail({
    message: `${program.shown} could not get a token for the project of ${project.saidBy} (exit code ${run.exitCode}).`,
    ...adviceOn(run.complaint),
  });
}

/** What the CLI's own words ask for; they have changed, so that each is one guess, and the words are shown too. */
function adviceOn(complaint: string): Pick<FailureInit, 'code'> & Partial<FailureInit> {
  const says = (pattern: RegExp): boolean => pattern.test(complaint);
  if (says(/unknown or unexpected option|unknown option|invalid number of arguments|invalid subcommand/i))
    return {
      code: 'invalid_request',
      hint: 'Run `npm install --global vercel@latest`: this CLI is too old.',
    };
  if (says(/oidc/i))
    return {
      code: 'no_subject_token',
      hint: 'Turn on OIDC federation in the settings of the project, then run `vercel env pull .env.local`.',
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

/** JSON with `token`, or the bare token of a CLI that heeds no format. */
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
  readonly complaint: string;
  readonly error: Error | undefined;
  /** `undefined` where it was not started, or was ended by a signal. */
  readonly exitCode: number | undefined;
  readonly overdue: boolean;
}

/** No shell, no input to wait for, so long and so much and no more. */
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
        (error, output, complaint) => {
          const code: unknown = error?.code;
          const exitCode = typeof code === 'number' ? code : undefined;
          resolve({ output, complaint, error: error ?? undefined, exitCode, overdue });
        },
      );
      // A question would be waited for: there is nobody to answer.
      child.stdin?.end();
    });
  } catch (error) {
    return { output: '', complaint: '', error: error as Error, exitCode: undefined, overdue };
  } finally {
    cancel();
    signal.removeEventListener('abort', stop);
  }
}

function systemTimeout(run: () => void, ms: number): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}
