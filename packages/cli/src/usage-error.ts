/** Wrong use of the command line: exit code 2, unless another one is given. */

import { errorLine } from '@credex/core/internal';
import type { PolicyFileErrorCode } from '@credex/explain';
import { EXIT } from './exit-codes.js';

export type UsageErrorCode =
  | 'unknown_command'
  | 'invalid_argument'
  | 'missing_argument'
  | 'conflicting_arguments'
  | 'unreadable_file'
  | 'missing_package'
  | 'untrusted_configuration'
  | 'several_problems'
  | 'cancelled'
  | PolicyFileErrorCode;

/**
 * `message`: one line, or a list of lines. `option`: as it is typed, `--team`. `hint`: what to do. Message and hint contain no
 * secret, and external text only escaped.
 */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code: UsageErrorCode;
  readonly option: string | undefined;
  readonly hint: string | undefined;
  readonly exit: number;

  constructor(
    code: UsageErrorCode,
    message: string | readonly string[],
    more: {
      readonly option?: string;
      readonly hint?: string;
      readonly cause?: unknown;
      readonly exit?: number;
    } = {},
  ) {
    const lines = typeof message === 'string' ? [message] : message;
    super(lines.map(errorLine).join('\n'), more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.option = more.option;
    this.hint = more.hint === undefined ? undefined : errorLine(more.hint);
    this.exit = more.exit ?? EXIT.usage;
  }
}

/** One item of `error.problems` in the document of `--json`. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly option?: string | undefined;
  readonly hint?: string | undefined;
}

/** Several things are missing or wrong: one line for each. */
export class SeveralProblems extends UsageError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const lines = problems.map(({ message, hint }) => `  ${[message, hint].filter(Boolean).join(' ')}`);
    super('several_problems', [`${problems.length} things are missing or wrong:`, ...lines]);
    this.problems = problems.map(({ code, message, option, hint }) => ({
      code,
      message,
      ...(option === undefined ? {} : { option }),
      ...(hint === undefined ? {} : { hint }),
    }));
  }
}
