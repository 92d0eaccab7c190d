/** Used in a way that can't work: exit code 2, unless it names another. */

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
  | PolicyFileErrorCode;

/**
 * `message`: a line; a list holds one line each. `option`: as it is typed, `--team`. `hint`: what to do. Neither message nor
 * hint holds a secret, or a raw character of what others wrote.
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

/** One of several, as it stands under `error.problems` in the document of `--json`. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly option?: string | undefined;
  readonly hint?: string | undefined;
}

/** More than one thing is missing or wrong: all of it, one line each. */
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
