/** Prints an error for people or scripts: message, hint and code. Never a stack or a secret. */

import { cleanServerText } from '@credex/core/failure';
import { EXIT, exitCodeOf } from './exit-codes.js';
import type { Output } from './output.js';
import { bad, dim } from './text.js';
import { SeveralProblems } from './usage-error.js';
import type { Problem } from './usage-error.js';
import { visibleJson } from './visible.js';

/** Our error classes, compared as text: two copies of a package make two classes. */
const CODED = new Set([
  'FederationError',
  'OptionError',
  'ConfigError',
  'TokenVerificationError',
  'UsageError',
]);
const DEEPEST = 5;

/** The member `error` in the JSON document of a failed command. */
export interface ReportedError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** As typed (`--team`), or an option of the package that refused (`roleArn`). */
  readonly option?: string;
  readonly environmentVariable?: string;
  readonly provider?: string;
  readonly retryable?: boolean;
  /** The claims that were presented to a cloud; never the token. */
  readonly presented?: unknown;
  /** Set if several things are missing or wrong. */
  readonly problems?: readonly Problem[];
  /** With `--verbose`: the causes of the error, outermost first, redacted. */
  readonly causes?: readonly string[];
}

export function reportError(error: unknown, output: Output, isVerbose: boolean, signal: AbortSignal): number {
  if (signal.aborted && !isCoded(error)) return EXIT.interrupted;
  const reported = reportedError(error, isVerbose);
  // With --json a failed command prints one document as well. People read stderr.
  if (output.isJson) output.raw(`${visibleJson({ error: reported })}\n`);
  else tell(reported, output);
  return isCoded(error) ? exitCodeOf(error) : EXIT.internal;
}

function reportedError(error: unknown, isVerbose: boolean): ReportedError {
  const causes = isVerbose ? { causes: causesOf(error) } : {};
  if (!isCoded(error)) {
    const said = error instanceof Error ? `${error.name}: ${cleanServerText(error.message)}` : typeof error;
    return {
      code: 'internal',
      message: `credex failed because of a defect: ${said}`,
      hint: 'Run the command again with --verbose, and report its output as an issue of credex.',
      ...causes,
    };
  }
  const { hint } = error;
  // A FederationError's message ends with its hint.
  const message =
    hint !== undefined && error.message.endsWith(hint)
      ? error.message.slice(0, -hint.length).trimEnd()
      : error.message;
  return {
    code: error.code,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(error.option === undefined ? {} : { option: error.option }),
    ...(error.environmentVariable === undefined ? {} : { environmentVariable: error.environmentVariable }),
    ...(error.provider === undefined ? {} : { provider: error.provider }),
    ...(error.retryable === undefined ? {} : { retryable: error.retryable }),
    ...(error.presented === undefined ? {} : { presented: error.presented }),
    ...(error instanceof SeveralProblems ? { problems: error.problems } : {}),
    ...causes,
  };
}

/** Our errors escape external text when they are created, so a newline in a message is ours. */
function tell({ message, hint, code, causes }: ReportedError, output: Output): void {
  const [first, ...more] = message.split('\n');
  output.note(bad('error:'), ` ${first ?? ''} `, dim(`(${code})`));
  for (const line of more) output.note(line);
  if (hint !== undefined) output.note(`  ${hint}`);
  for (const cause of causes ?? []) output.note(dim(`  cause: ${cause}`));
}

interface Coded extends Error {
  readonly code: string;
  readonly hint?: string | undefined;
  readonly option?: string | undefined;
  readonly environmentVariable?: string | undefined;
  readonly provider?: string | undefined;
  readonly retryable?: boolean | undefined;
  readonly presented?: object | undefined;
  readonly exit?: number | undefined;
}

function isCoded(error: unknown): error is Coded {
  return (
    error instanceof Error && CODED.has(error.name) && typeof (error as Partial<Coded>).code === 'string'
  );
}

function causesOf(error: unknown): string[] {
  const causes: string[] = [];
  let cause = (error as { cause?: unknown } | null | undefined)?.cause;
  while (cause instanceof Error && causes.length < DEEPEST) {
    causes.push(cleanServerText(`${cause.name}: ${cause.message}`));
    ({ cause } = cause);
  }
  return causes;
}
